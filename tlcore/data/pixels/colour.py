"""Convert pixels of any kind to 8-bit RGB, in bands of rows.

A program that prepares images without this project, such as an exported script, must do the same as `to_rgb`: divide
16-bit grey by 257 (by 4095 / 255 if all values fit into 12 bits), scale floats by their range, blend transparent
pixels with white, and convert everything else as Pillow does.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

_BAND_PIXELS = 4_000_000
WHITE_16_BIT, WHITE_12_BIT = 65535, 4095

Scale = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Maps the values of a grey image to 0-255."""


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """The image as RGB; with a factor, averaged down so that each side is divided by it, rounded up.

    Transparent pixels are blended with white. 16-bit grey: 65535 is white; if no value exceeds 4095, as in 12-bit data
    in a 16-bit file, 4095 is white. Wider integers have no agreed white, so their lowest to highest value becomes black
    to white. Floats: 0 to 1 is black to white, else 0 to 255, else their own range; NaN is black.
    """
    if factor == 1 and image.mode == "RGB" and not image.has_transparency_data:
        return image
    convert = _conversion(image)
    bands = list(_bands(image, factor))
    if len(bands) == 1:
        return _reduced(convert(image), factor)
    width, height = image.size
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top, bottom in bands:
        result.paste(_reduced(convert(image.crop((0, top, width, bottom))), factor), (0, top // factor))
    return result


def rows_of(image: Image.Image) -> npt.NDArray[np.uint8]:
    """An RGB image as writable uint8 of shape (H, W, 3), copied in bands so that it is not in memory three times."""
    bands = list(_bands(image))
    if len(bands) == 1:
        return np.array(image)
    width, height = image.size
    pixels_HWC = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands:
        pixels_HWC[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels_HWC


def _bands(image: Image.Image, factor: int = 1) -> Iterator[tuple[int, int]]:
    """First row and end row of each band. Each band but the last has a multiple of `factor` rows."""
    width, height = image.size
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    return ((top, min(top + rows, height)) for top in range(0, height, rows))


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    return image if factor == 1 else image.reduce(factor)


def _conversion(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """A function that converts parts of this image to RGB. It reads the whole image if values depend on its range."""
    if image.mode == "F" or image.mode.startswith("I"):
        scale = _float_scale(image) if image.mode == "F" else _integer_scale(image)
        return lambda part: Image.fromarray(_to_uint8(scale(np.asarray(part).astype(np.float64)))).convert("RGB")
    if image.has_transparency_data:
        return _on_white
    return lambda part: part.convert("RGB")


def _integer_scale(image: Image.Image) -> Scale:
    low, high = _extent(image)
    if low < 0 or high > WHITE_16_BIT:
        return _stretching(low, high)
    if high <= WHITE_12_BIT:
        return lambda values: values * (255 / WHITE_12_BIT)
    return lambda values: values / (WHITE_16_BIT / 255)


def _float_scale(image: Image.Image) -> Scale:
    low, high = _extent(image)
    scale: Scale = (
        _stretching(low, high) if low < 0 or high > 255 else lambda values: values * 255 if high <= 1 else values
    )
    return lambda values: scale(_finite(values))


def _extent(image: Image.Image) -> tuple[float, float]:
    """The lowest and the highest value; NaN and infinity count as 0."""
    width = image.width
    low, high = np.inf, -np.inf
    for top, bottom in _bands(image):
        values = _finite(np.asarray(image.crop((0, top, width, bottom))))
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    return low, high


def _finite(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0) if values.dtype.kind == "f" else values


def _stretching(low: float, high: float) -> Scale:
    """Scale from the lowest to the highest value; an image with a single value becomes black."""
    return lambda values: (values - low) / max(high - low, 1e-300) * 255


def _to_uint8(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.asarray(np.rint(values), dtype=np.uint8)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":  # Pillow converts premultiplied grey only to LA
        image = image.convert("LA")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
