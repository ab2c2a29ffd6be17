"""Estimate from an image's header what decoding it would cost in memory and time, before anything is decoded.

A file of a few bytes can claim any size, so there are limits on size, bytes, passes and slow decoders.
"""

import math
import re
import struct
from collections.abc import Mapping

from PIL import Image

from tlcore.errors import ImageTooCostly

MAX_PIXELS = 100_000_000
"""An image that claims more is rejected."""
MAX_UNPACKED_BYTES = 320_000_000
"""Most memory that the decoder may use for pixels and its own buffers: 80 megapixels of 4 bytes."""
MAX_HEIF_BYTES = 400_000_000
"""The same for HEIF: phones take photographs of 48 megapixels in it, which need 390 MB."""
MAX_RATIO = 100
"""Longer side / shorter side. With its shorter side resized to 256 px, a strip of 1 x 65500 would be 12.9 GB."""
WHOLE_PIXELS = 50_000_000
"""A larger image is reduced to half its size or less. Up to this size, all pixels of the file are kept."""

MAX_SCANNED_PIXELS = 2_000_000_000
"""Limit on pixels times passes of a progressive JPEG, which usually has about ten: 0.6 s for a thousand million."""
MAX_SLOW_VALUES = 2_000_000
"""Most numbers that Pillow reads with Python code: about 2 s."""

_SLOW_DECODERS = {"ppm_plain": "plain text", "ppm": "an unusual highest value", "bmp_rle": "run lengths"}
_SCAN = b"\xff\xda"  # cannot occur inside a scan
# bytes per pixel in Pillow's memory; other modes take 4
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "LA": 4, "PA": 4, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
_TILE_WIDTH, _TILE_HEIGHT, _STRIP_HEIGHT = 322, 323, 278  # TIFF tags


def check_cost(image: Image.Image, kind: str, data: bytes) -> None:
    """Raises ImageTooCostly, with the reason, if decoding would cost too much. `image` is open and not loaded.

    `kind` is the format, as in `formats.FORMATS`, and `data` the file.
    """
    width, height = max([image.size, *(_coded_sizes(data) if kind == "HEIF" else [])], key=math.prod)
    pixels = width * height
    what = f"{pixels / 1e6:.0f} megapixels ({width} x {height})"
    if pixels > MAX_PIXELS:
        raise ImageTooCostly(f"too large: {what}, and at most {MAX_PIXELS / 1e6:.0f} megapixels are unpacked")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ImageTooCostly(
            f"too long: {width} x {height} px, and at most {MAX_RATIO} times as long as wide is read; cut it into parts"
        )
    kept = pixels // reduction(image.size) ** 2 if kind == "JPEG" else pixels  # a JPEG is decoded at half size
    needed = kept * _PIXEL_BYTES.get(image.mode, 4) + _buffer_bytes(image, kind)
    if kind == "HEIF":  # pixels, and the planes of the decoder with RGB beside them: 7.3 to 8 bytes measured
        needed = 8 * pixels
    allowed = MAX_HEIF_BYTES if kind == "HEIF" else MAX_UNPACKED_BYTES
    if needed > allowed:
        raise ImageTooCostly(
            f"too large: unpacking {what} takes {needed / 1e6:.0f} MB, and at most {allowed / 1e6:.0f} are "
            "allowed; save it smaller"
        )
    slow = _SLOW_DECODERS.get(_decoder(image))
    if slow is not None and pixels * len(image.getbands()) > MAX_SLOW_VALUES:
        raise ImageTooCostly(f"too slow to read: {what} as {kind} with {slow}; save it as PNG")
    scans = data.count(_SCAN) if kind == "JPEG" or image.info.get("compression") == "jpeg" else 1
    if pixels * scans > MAX_SCANNED_PIXELS:
        raise ImageTooCostly(f"too slow to read: {what} in {scans} passes; save it as an ordinary JPEG")


def reduction(size: tuple[int, int]) -> int:
    """The factor by which the sides are divided so that at most WHOLE_PIXELS remain; 1 for ordinary images."""
    width, height = size
    return int(2 ** max(0, math.ceil(math.log2(width * height / WHOLE_PIXELS) / 2)))


def _coded_sizes(data: bytes) -> list[tuple[int, int]]:
    """Width and height of every image in a HEIF file before it is cropped: a crop in the file can hide a huge image.

    The decoder refuses an image that is larger than its `ispe` says.
    """
    return [struct.unpack(">II", match[1]) for match in re.finditer(rb"ispe.{4}(.{8})", data, re.DOTALL)]


def _decoder(image: Image.Image) -> str:
    tiles = getattr(image, "tile", None)
    return str(tiles[0][0]) if tiles else ""


def _buffer_bytes(image: Image.Image, kind: str) -> int:
    """Memory that the decoder needs in addition to Pillow's pixels."""
    width, height = map(int, image.size)
    if kind in ("WEBP", "AVIF"):  # decoded as a whole, then copied
        return 3 * width * height
    if kind == "JPEG" and image.info.get("progressive"):  # all coefficients, 2 bytes each
        layers: list[int] = [layer[1] * layer[2] for layer in getattr(image, "layer", [])] or [1]
        return 2 * width * height * sum(layers) // max(layers)
    if kind == "TIFF" and _decoder(image) == "libtiff":  # a strip or a tile
        tags: Mapping[int, int] = getattr(image, "tag_v2", {})
        rows = min(int(tags.get(_STRIP_HEIGHT, height)), height)
        strip = int(tags.get(_TILE_WIDTH, width)) * int(tags.get(_TILE_HEIGHT, rows))
        return strip * _tiff_bits(image) // 8
    return 0


def _tiff_bits(image: Image.Image) -> int:
    """Bits per pixel in the file."""
    bits = getattr(image, "tag_v2", {}).get(258, (8,))
    bits = bits if isinstance(bits, tuple) else (bits,)
    return int(max(bits)) * max(len(bits), len(image.getbands()))
