"""An evaluation transform with numpy alone: from an RGB image to the numbers that the network gets.

Resizing repeats torch's arithmetic on 8-bit images: an antialiased filter whose weights are whole numbers of 16 bits,
first along the rows, then along the columns, each time rounded to 8 bits. So the pixels are the same to the last bit,
where torch has these kernels (x86 with AVX2, ARM). Source: ATen/native/cpu/UpSampleKernel.cpp.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tlcore.transforms.sizes import Size, center_crop_corner, resized_size, spare_for, unpacked_at, unpacked_size

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Resize:
    size: int | Size
    """The shorter side, or height and width, in px."""
    interpolation: str

    def __call__(self, image_HWC: Pixels) -> Pixels:
        before = (image_HWC.shape[0], image_HWC.shape[1])
        after = resized_size(before, self.size) if isinstance(self.size, int) else self.size
        across = _resized(image_HWC, 1, after[1], self.interpolation)
        return _resized(across, 0, after[0], self.interpolation)


@dataclass(frozen=True)
class CenterCrop:
    size: Size
    """Height and width in px. What is outside of the image is black."""

    def __call__(self, image_HWC: Pixels) -> Pixels:
        height, width = image_HWC.shape[:2]
        top, left = center_crop_corner((height, width), self.size)
        result = np.zeros((*self.size, 3), np.uint8)
        inside = image_HWC[max(top, 0) : top + self.size[0], max(left, 0) : left + self.size[1]]
        above, before = max(-top, 0), max(-left, 0)
        result[above : above + inside.shape[0], before : before + inside.shape[1]] = inside
        return result


@dataclass(frozen=True)
class Transform:
    """Resizing and cropping, then `(x / 255 - mean) / std` per channel. Also says how a JPEG is unpacked for it."""

    operations: tuple[Resize | CenterCrop, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    reduced: bool
    """Whether a large JPEG is unpacked at a fraction of its size."""

    @classmethod
    def parse(cls, text: str) -> "Transform":
        """From the JSON of a transform. Raises ValueError for one that this code does not know."""
        settings = json.loads(text)
        operations = tuple(_operation(settings) for settings in settings["operations"])
        return cls(operations, tuple(settings["mean"]), tuple(settings["std"]), settings.get("decode") == "reduced")

    def reduction(self, size: Size, /) -> int:
        resize = self._first_resize()
        return unpacked_at(spare_for(size, resize)) if self.reduced and resize is not None else 1

    def unpacked_size(self, size: Size, /) -> Size:
        return unpacked_size(size, self.reduction(size), self._first_resize())

    def __call__(self, image: Image.Image) -> npt.NDArray[np.float32]:
        """An RGB image, unpacked for this transform, as float32 of shape (3, H, W)."""
        pixels_HWC: Pixels = np.asarray(image, np.uint8)
        for operation in self.operations:
            pixels_HWC = operation(pixels_HWC)
        values_HWC = pixels_HWC.astype(np.float32) * np.float32(1 / 255)
        values_HWC -= np.array(self.mean, np.float32)
        values_HWC /= np.array(self.std, np.float32)
        return np.ascontiguousarray(values_HWC.transpose(2, 0, 1))

    def _first_resize(self) -> int | Size | None:
        """The size of the Resize that comes first; None if another operation does, which needs all pixels."""
        first = next(iter(self.operations), None)
        return first.size if isinstance(first, Resize) else None


def _operation(settings: dict[str, Any]) -> Resize | CenterCrop:
    name, size = settings["op"], settings["size"]
    both = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    if name == "CenterCrop":
        return CenterCrop(both)
    interpolation = settings.get("interpolation", "bilinear")
    if name != "Resize" or interpolation not in (*_FILTERS, "nearest", "nearest-exact"):
        raise ValueError(f"unknown operation {name} with {interpolation}")
    return Resize(size if isinstance(size, int) else both, interpolation)


def _bilinear(x: Values) -> Values:
    return np.maximum(0.0, 1.0 - np.abs(x))


def _bicubic(x: Values) -> Values:
    """Keys (1981) with a = -0.5, as for antialiased images."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Values) -> Values:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


_FILTERS: dict[str, tuple[Callable[[Values], Values], float]] = {
    "bilinear": (_bilinear, 1.0),
    "bicubic": (_bicubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}
"""Name -> the filter, and how many pixels it reaches to each side."""


def _resized(image_HWC: Pixels, axis: int, after: int, interpolation: str) -> Pixels:
    """The image with `after` px along one axis."""
    before = image_HWC.shape[axis]
    if before == after:
        return image_HWC
    if interpolation not in _FILTERS:
        return np.take(image_HWC, _nearest(before, after, exact=interpolation == "nearest-exact"), axis)
    positions_KN, weights_KN, bits = _taps(before, after, interpolation)
    shape = (-1, 1, 1) if axis == 0 else (-1, 1)
    total: npt.NDArray[np.int32] | None = None
    for positions_N, weights_N in zip(positions_KN, weights_KN, strict=True):
        part = np.take(image_HWC, positions_N, axis).astype(np.int32)
        part *= weights_N.reshape(shape)
        if total is None:
            total = part
            total += 1 << (bits - 1)  # to round
        else:
            total += part
    assert total is not None
    result: Pixels = np.clip(total >> bits, 0, 255).astype(np.uint8)
    return result


def _taps(before: int, after: int, interpolation: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], int]:
    """For each of N pixels of the result K positions in the image and their weights, shapes (K, N), and the number of
    bits behind the binary point of the weights."""
    weigh, reach = _FILTERS[interpolation]
    scale = before / after
    stretch = max(scale, 1.0)  # a smaller image averages over more pixels: that is the antialiasing
    centres_N = scale * (np.arange(after) + 0.5)
    first_N = np.maximum((centres_N - reach * stretch + 0.5).astype(np.int64), 0)
    end_N = np.minimum((centres_N + reach * stretch + 0.5).astype(np.int64), before)
    positions_KN = first_N + np.arange(int((end_N - first_N).max()))[:, None]
    weights_KN = np.where(positions_KN < end_N, weigh((positions_KN - centres_N + 0.5) / stretch), 0.0)
    weights_KN /= weights_KN.sum(0)
    largest = float(weights_KN.max())
    bits = next((bits for bits in range(22) if int(0.5 + largest * (1 << (bits + 1))) >= 1 << 15), 22)
    whole_KN = np.trunc(weights_KN * (1 << bits) + np.where(weights_KN < 0, -0.5, 0.5)).astype(np.int32)
    return np.minimum(positions_KN, before - 1), whole_KN, bits


def _nearest(before: int, after: int, *, exact: bool) -> npt.NDArray[np.int64]:
    """The position in the image of each pixel of the result, in the arithmetic of 32 bits that torch uses."""
    scale = np.float32(before) / np.float32(after)
    places = (np.arange(after, dtype=np.float32) + np.float32(0.5 if exact else 0)) * scale
    positions: npt.NDArray[np.int64] = np.minimum(np.floor(places).astype(np.int64), before - 1)
    return positions
