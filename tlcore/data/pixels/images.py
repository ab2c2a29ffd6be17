"""Decode the bytes of an image file of any kind to 8-bit RGB. Reads no files: `sources` does.

The format is recognised by content: real datasets have BMP files named `.jpg`. An exported bundle contains this file,
so it and what it imports need nothing but numpy and Pillow.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO

from PIL import (  # Image.open may use only the plugins that are imported here
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from tlcore.data.pixels.colour import to_rgb
from tlcore.data.pixels.cost import MAX_PIXELS, check_cost, reduction
from tlcore.data.pixels.decoded import Decoded
from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, image_format
from tlcore.errors import ImageTooCostly, UnreadableImage
from tlcore.transforms.sizes import Unpacking

_ORIENTATION = 0x0112  # the EXIF tag of the orientation
_UPRIGHT = {  # EXIF orientation -> the operation that undoes it (EXIF 2.3, table 4.6.4)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_THEIR_SIDE = frozenset(_UPRIGHT[orientation] for orientation in (5, 6, 7, 8))
_NO_IMAGE = f"not an image, or damaged in its first bytes (read are {', '.join(FORMATS)})"

# Unusual metadata makes Pillow warn once per image, and there are thousands. The filter is for the whole process,
# because warnings.catch_warnings is not thread-safe and images are decoded in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


def decode_image(data: bytes) -> Image.Image:
    """Decode the first frame to an upright RGB image; transparent pixels become white.

    Colours as in `colour.to_rgb`. An image of more than `cost.WHOLE_PIXELS` is reduced to half its size or less.
    Raises UnreadableImage, also for an image that would cost too much (see `cost`), before anything is decoded.
    """
    return decode(data).image


def decode(data: bytes, at_least_px: int | None = None, transform: Unpacking | None = None) -> Decoded:
    """As `decode_image`, with details about the file.

    `at_least_px` allows a reduced image whose sides are not below this value (unless they already are in the file), and
    `transform` one as in `TransformSpec.reduction`: a JPEG is then decoded at a half, a quarter or an eighth of its
    size, which is faster.
    """
    with _open(data) as (image, kind):
        size, factor = image.size, 1
        if at_least_px is not None:
            if kind == "JPEG":  # for HEIF it would take a thumbnail in the file, which can show anything
                image.draft(None, (at_least_px, at_least_px))
        else:
            if kind == "JPEG" and transform is not None:
                factor = transform.reduction(_upright(size, _turn(image))[::-1])
            least = max(factor, reduction(size))
            if least > 1 and kind == "JPEG":
                image.draft(None, (image.width // least, image.height // least))
        image.load()
        method = _turn(image)
        rgb = to_rgb(image, reduction(image.size))
        if transform is not None and factor > 1:
            wanted = transform.unpacked_size(_upright(size, method)[::-1])
            rgb = _aligned(rgb, size, factor, _upright(wanted[::-1], method))
        turned = method is not None or (kind == "HEIF" and image.info.get("original_orientation") not in (None, 1))
        return Decoded(rgb if method is None else rgb.transpose(method), kind, turned, len(data))


def _aligned(image: Image.Image, size: tuple[int, int], factor: int, wanted: tuple[int, int]) -> Image.Image:
    """A reduced JPEG without the part of a pixel by which it is too wide and too high. Sizes are (width, height), and
    `size` is that of the file.

    The decoder rounds the sides up. That shrinks an image of 12 megapixels by less than a thousandth, but on sharp
    textures it would be most of the difference to the image that is unpacked in full.
    """
    width, height = size
    if width % factor == 0 and height % factor == 0:  # as from most cameras
        return image
    return image.resize(wanted, Image.Resampling.BICUBIC, box=(0, 0, width / factor, height / factor))


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height of the upright image in px, from its header alone. Raises UnreadableImage."""
    with _open(data) as (image, _):
        return _upright(image.size, _turn(image))


def _upright(size: tuple[int, int], method: Image.Transpose | None) -> tuple[int, int]:
    width, height = size
    return (height, width) if method in _ON_THEIR_SIDE else (width, height)


@contextmanager
def _open(data: bytes) -> Iterator[tuple[Image.Image, str]]:
    """The image before it is decoded, and its format. Any error inside becomes an UnreadableImage."""
    if not data:
        raise UnreadableImage("empty file")
    kind = image_format(data[:HEAD_BYTES])
    if kind is None:
        raise UnreadableImage(_NO_IMAGE)
    if kind == "HEIF":
        _register_heif()
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as image:
            check_cost(image, kind, data)
            yield image, kind
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(_NO_IMAGE) from None
    except Image.DecompressionBombError:
        raise ImageTooCostly(f"too large: at most {MAX_PIXELS / 1e6:.0f} megapixels are unpacked") from None
    except Exception as error:  # damaged files can make Pillow's parsers raise any error
        raise UnreadableImage(_reason(error)) from None


@cache
def _register_heif() -> None:
    """Let Pillow read HEIF. Every process that meets such a file comes through here; others do without the import."""
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:200] or type(error).__name__
    if "truncated" in text.lower() or "unexpected end of file" in text.lower() or isinstance(error, EOFError):
        return "truncated: the file ends before the image does"
    if "Unsupported codec" in text or "Unsupported feature" in text:
        return "coded in a way that is not read here; save it as JPEG"
    if isinstance(error, MemoryError):
        return "too large for the memory of this machine"
    return f"damaged: {text}"


def _turn(image: Image.Image) -> Image.Transpose | None:
    """The operation that undoes the orientation that a camera recorded in EXIF (or TIFF)."""
    if image.format != "TIFF" and not image.info.keys() & {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}:
        return None
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # damaged EXIF with valid pixels: the image is used without rotation
        return None
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
