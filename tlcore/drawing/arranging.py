"""Parts in pairs, in circles and in rows; eyes, spots and bands. What is drawn with them is in the other modules."""

import colorsys
import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import Outline, blob, ellipse, mirror, rotate, smooth, tube

Mark = tuple[Outline, Colour]
Point = tuple[float, float]

BLACK: Colour = (0.05, 0.05, 0.06)
WHITE: Colour = (0.94, 0.93, 0.90)


def any_colour(random: Random, *, low: float = 0.3, high: float = 0.98) -> Colour:
    """Any hue; `low` and `high` bound its brightness."""
    return colorsys.hsv_to_rgb(random.random(), random.uniform(0.05, 0.95), random.uniform(low, high))


def contrasting(random: Random, colour: Colour) -> Colour:
    """Another colour, clearly darker or lighter."""
    bright = sum(colour) / 3
    return any_colour(random, low=0.02, high=0.25) if bright > 0.4 else any_colour(random, low=0.75, high=1.0)


def placed(parts: Sequence[Part], x: float = 0.0, y: float = 0.0, size: float = 1.0, turn: float = 0.0) -> list[Part]:
    """Turned around the origin, scaled, then moved."""

    def there(outline: Outline) -> Outline:
        moved: Outline = rotate(outline, turn) * size + (x, y)
        return moved

    return [
        replace(part, outline=there(part.outline), marks=[(there(mark), tint) for mark, tint in part.marks])
        for part in parts
    ]


def paired(*parts: Part) -> list[Part]:
    """Each part and its mirror image."""
    mirrored = [
        replace(part, outline=mirror(part.outline), marks=[(mirror(mark), tint) for mark, tint in part.marks])
        for part in parts
    ]
    return [*parts, *mirrored]


def around(parts: Sequence[Part], count: int, start: float = 0.0, radius: float = 0.0) -> list[Part]:
    """Copies in a circle around the origin, each `radius` further out (upwards, before it is turned)."""
    outer = placed(parts, 0, -radius)
    return [part for index in range(count) for part in placed(outer, turn=start + 2 * math.pi * index / count)]


def curve(*points: Point) -> Outline:
    """A smooth open line."""
    return smooth(points, closed=False)


def eyes(x: float, y: float, radius: float, ring: Colour | None = None) -> list[Mark]:
    """Two, at both sides of the middle."""
    marks: list[Mark] = []
    for side in (-1, 1):
        if ring is not None:
            marks.append((ellipse(side * x, y, radius, radius, points=14), ring))
        inner = radius if ring is None else radius * 0.55
        marks.append((ellipse(side * x, y, inner, inner, points=12), BLACK))
    return marks


def spots(
    random: Random, count: int, radius: float, colour: Colour, *, x: float = 0.0, y: float = 0.0, rx: float, ry: float
) -> list[Mark]:
    """Scattered over an ellipse."""
    marks = []
    for _ in range(count):
        angle, far = random.uniform(0, 2 * math.pi), math.sqrt(random.random())
        size = radius * random.uniform(0.6, 1.3)
        marks.append(
            (blob(random, x + rx * far * math.cos(angle), y + ry * far * math.sin(angle), size, 0.15, 7), colour)
        )
    return marks


def bands(top: float, bottom: float, count: int, width: float, colour: Colour, *, bow: float = 0.0) -> list[Mark]:
    """Across, evenly from `top` to `bottom`; `bow` is how far their middle hangs down."""
    marks = []
    for index in range(count):
        y = top + (bottom - top) * (index + 0.5) / count
        marks.append(
            (tube([(-0.7, y), (-0.35, y + bow * 0.75), (0, y + bow), (0.35, y + bow * 0.75), (0.7, y)], width), colour)
        )
    return marks


def lengthways(xs: Sequence[float], width: float, colour: Colour) -> list[Mark]:
    """Straight lines from top to bottom."""
    return [(tube([(x, -0.8), (x, 0.8)], width), colour) for x in xs]
