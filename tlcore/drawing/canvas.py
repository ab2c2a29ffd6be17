"""Paint shaded parts onto an image: each has an outline, a colour, markings, and a roundness that catches light."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from tlcore.drawing.shapes import Outline, rotate

Colour = tuple[float, float, float]
"""Red, green and blue in 0-1."""
Pixels = npt.NDArray[np.float32]
"""Shape (H, W, 3), values in 0-1."""

_FINER = 4  # masks are drawn this many times finer, then averaged


@dataclass(frozen=True)
class Part:
    outline: Outline
    colour: Colour
    relief: float = 0.5
    """How round it looks; 0: flat."""
    gloss: float = 0.0
    """Strength of the highlight, 0-1."""
    opacity: float = 1.0
    marks: Sequence[tuple[Outline, Colour]] = field(default=())
    """Painted onto the part, and only there."""


@dataclass(frozen=True)
class Placement:
    """Where on the image, how large, and in which attitude a drawn thing is."""

    x: float
    y: float
    """Its origin, in px."""
    size: float
    """Pixels per unit."""
    turn: float = 0.0
    """Radians."""
    squash: float = 1.0
    """Foreshortening along `squash_turn`: 1 as seen from straight above."""
    squash_turn: float = 0.0

    def __call__(self, outline: Outline) -> Outline:
        """Units to px."""
        seen = rotate(rotate(outline, self.turn), -self.squash_turn) * (self.squash, 1.0)
        return rotate(seen, self.squash_turn) * self.size + (self.x, self.y)


@dataclass(frozen=True)
class Light:
    turn: float
    """Direction it comes from, radians."""
    strength: float = 1.0
    """Contrast of the shading."""
    shadow: float = 0.4
    """Darkness of cast shadows, 0-1."""

    @staticmethod
    def any(random: Random) -> "Light":
        return Light(random.uniform(0, 2 * math.pi), random.uniform(0.5, 1.2), random.uniform(0.1, 0.6))


def draw(pixels: Pixels, parts: Sequence[Part], place: Placement, light: Light, *, lift: float = 0.06) -> None:
    """Paint the parts in their order onto `pixels`, in place, above a soft shadow. `lift` is the height, in units."""
    outlines = [place(part.outline) for part in parts]
    if light.shadow and lift:
        _cast_shadow(pixels, parts, outlines, place.size * lift, light)
    for part, outline in zip(parts, outlines, strict=True):
        _paint(pixels, part, outline, place, light)


def _cast_shadow(
    pixels: Pixels, parts: Sequence[Part], outlines: Sequence[Outline], height_px: float, light: Light
) -> None:
    away = np.array([-math.cos(light.turn), -math.sin(light.turn)]) * height_px
    blur_px = 1 + height_px / 3
    box = _bounds(np.concatenate(outlines) + away, pixels.shape, margin=2 * blur_px + 2)
    if box is None:
        return
    left, top, right, bottom = box
    mask = Image.new("L", (right - left, bottom - top))
    pen = ImageDraw.Draw(mask)
    for part, outline in zip(parts, outlines, strict=True):
        moved = outline + (away - (left, top))
        pen.polygon(moved.ravel().tolist(), fill=int(255 * min(1.0, part.opacity + 0.1)))
    soft = mask.filter(ImageFilter.GaussianBlur(blur_px))
    dark = 1 - light.shadow * np.asarray(soft, dtype=np.float32) / 255
    pixels[top:bottom, left:right] *= dark[..., None]


def _paint(pixels: Pixels, part: Part, outline: Outline, place: Placement, light: Light) -> None:
    box = _bounds(outline, pixels.shape, margin=1)
    if box is None:
        return
    left, top, right, bottom = box
    coverage = _mask(outline, box)
    colour = np.array(part.colour, dtype=np.float32).reshape(1, 1, 3)
    if part.marks:
        colour = np.repeat(np.repeat(colour, bottom - top, axis=0), right - left, axis=1)
    for marking, tint in part.marks:
        share = (np.asarray(_mask(place(marking), box), dtype=np.float32) / 255)[..., None]
        colour += (np.array(tint, dtype=np.float32) - colour) * share
    if part.relief:
        colour = _shade(colour, coverage, outline, part, light)
    alpha = (np.asarray(coverage, dtype=np.float32) * (part.opacity / 255))[..., None]
    area = pixels[top:bottom, left:right]
    area += (colour - area) * alpha


def _shade(colour: Pixels, coverage: Image.Image, outline: Outline, part: Part, light: Light) -> Pixels:
    """Brighter where the part, taken as a cushion, faces the light; with a highlight for glossy ones."""
    extent = outline.max(axis=0) - outline.min(axis=0)
    soft_px = max(0.6, 0.22 * float(min(extent)))
    height = np.asarray(coverage.filter(ImageFilter.GaussianBlur(soft_px)), dtype=np.float32) / np.float32(255)
    facing = np.zeros_like(height)
    facing[:, 1:-1] = (height[:, :-2] - height[:, 2:]) * np.float32(math.cos(light.turn) * soft_px)
    facing[1:-1] += (height[:-2] - height[2:]) * np.float32(math.sin(light.turn) * soft_px)
    # the middle of the cushion is nearer to the sky than its rim
    towards_sky = 1 - np.float32(0.45 * part.relief) * (1 - height)
    shaded: Pixels = colour * ((1 + np.float32(part.relief * light.strength * 1.4) * facing) * towards_sky)[..., None]
    if part.gloss:
        bright = np.clip(facing - 0.18, 0, None) * height
        shaded += (part.gloss * light.strength * 3.2 * bright)[..., None]
    return shaded


def _mask(outline: Outline, box: tuple[int, int, int, int]) -> Image.Image:
    """Coverage of each pixel of the box by the outline, 0-255."""
    left, top, right, bottom = box
    mask = Image.new("L", ((right - left) * _FINER, (bottom - top) * _FINER))
    inside = (outline - (left, top)) * _FINER
    ImageDraw.Draw(mask).polygon(inside.ravel().tolist(), fill=255)
    return mask.reduce(_FINER)


def _bounds(outline: Outline, shape: tuple[int, ...], margin: float) -> tuple[int, int, int, int] | None:
    """The box of pixels around an outline, cut to the image: left, top, right, bottom. None where it is outside."""
    low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
    left, top = max(0, math.floor(low[0])), max(0, math.floor(low[1]))
    right, bottom = min(shape[1], math.ceil(high[0]) + 1), min(shape[0], math.ceil(high[1]) + 1)
    return (left, top, right, bottom) if left < right and top < bottom else None
