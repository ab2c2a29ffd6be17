"""The sizes that evaluation transforms give: torchvision's rules, and how much smaller a JPEG may be unpacked first.

Plain numbers, with no import of this project, because an exported bundle contains this file.
"""

from typing import Protocol, TypeAlias

Size: TypeAlias = tuple[int, int]
"""Height and width in px, as in the shape of an image."""

SPARE = 2.0
"""A reduced image still has at least so many times the pixels per side that the network gets. On photographs of 12
megapixels, pixels after a Resize then differ by 0.2 to 0.5 of 255 on average, and by 10 at most."""
UNPACKED_AT = (8, 4, 2)
"""The factors by which the decoder of JPEG can divide the sides of an image: it computes fewer values per block."""


class Unpacking(Protocol):
    """What a decoder asks a transform about an upright JPEG of some size."""

    def reduction(self, size: Size, /) -> int:
        """The factor, 1, 2, 4 or 8, by which its sides are divided when it is unpacked."""
        ...

    def unpacked_size(self, size: Size, /) -> Size:
        """Its size after that, with rounded sides."""
        ...


def resized_size(size: Size, shorter_px: int) -> Size:
    """The size after torchvision's Resize of the shorter side; the longer one is rounded down."""
    height, width = size
    if height <= width:
        return shorter_px, int(shorter_px * width / height)
    return int(shorter_px * height / width), shorter_px


def center_crop_corner(size: Size, crop: Size) -> Size:
    """Top and left of torchvision's CenterCrop; negative if it pads with black."""
    top, left = (
        round((inner - outer) / 2) if inner >= outer else -((outer - inner) // 2)
        for inner, outer in zip(size, crop, strict=True)
    )
    return top, left


def spare_for(size: Size, resize: int | Size) -> float:
    """How many times `SPARE` the sides of an image of this size are what a Resize of it makes."""
    height, width = (resize, resize) if isinstance(resize, int) else resize
    return min(size[0] / height, size[1] / width) / SPARE


def unpacked_at(spare: float) -> int:
    """The largest factor of the decoder, or 1, that leaves `SPARE`."""
    return next((factor for factor in UNPACKED_AT if factor <= spare), 1)


def unpacked_size(size: Size, factor: int, resize: int | Size | None) -> Size:
    """The size of an upright JPEG of this size whose sides are divided by `factor`, with rounded sides.

    `resize` is that of the Resize that comes first, if one does. The longer side is rounded so that a Resize of the
    shorter one gives the same size as it would from all pixels: one pixel less would move the crop of the centre
    after it.
    """
    height, width = (-(-side // factor) for side in size)
    if factor == 1 or not isinstance(resize, int):
        return height, width
    wanted = resized_size(size, resize)
    around = [(height, width + by) if width >= height else (height + by, width) for by in (0, -1, 1, -2, 2)]
    return next((near for near in around if resized_size(near, resize) == wanted), (height, width))
