"""Outlines as (N, 2) arrays of x and y, in units of the drawn thing: about 1 from end to end, y pointing down."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, points: int = 28) -> Outline:
    """Centre, radii, and a turn in radians."""
    angles = [2 * math.pi * index / points for index in range(points)]
    around = np.array([(rx * math.cos(angle), ry * math.sin(angle)) for angle in angles])
    placed: Outline = rotate(around, turn) + np.array([x, y])
    return placed


def polygon(*points: tuple[float, float]) -> Outline:
    return np.array(points, dtype=np.float64)


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """Around the centre (x, y)."""
    half_w, half_h = width / 2, height / 2
    return polygon(
        (x - half_w, y - half_h), (x + half_w, y - half_h), (x + half_w, y + half_h), (x - half_w, y + half_h)
    )


def star(x: float, y: float, outer: float, inner: float, tips: int, turn: float = 0.0) -> Outline:
    """Radii of tips and notches; the first tip points up."""
    corners = []
    for index in range(2 * tips):
        radius, angle = (outer, inner)[index % 2], turn + math.pi * index / tips - math.pi / 2
        corners.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return np.array(corners)


def smooth(points: Sequence[tuple[float, float]], *, closed: bool = True, per_segment: int = 6) -> Outline:
    """A Catmull-Rom spline through the points."""
    known = np.array(points, dtype=np.float64)
    p0, p1, p2, p3 = _neighbours(known, closed)
    t = (np.arange(per_segment) / per_segment)[None, :, None]
    linear, square, cube = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * p1 - p0 - 3 * p2 + p3
    curve = 0.5 * (2 * p1 + (linear + (square + cube * t) * t) * t)
    line: Outline = curve.reshape(-1, 2)
    return line if closed else np.concatenate([line, known[-1:]])


def _neighbours(known: Outline, closed: bool) -> tuple[Outline, ...]:
    """For each segment the point before it, its two ends and the point after it, each of shape (segments, 1, 2)."""
    if closed:
        ring = [np.roll(known, shift, axis=0) for shift in (1, 0, -1, -2)]
    else:
        padded = np.concatenate([known[:1], known, known[-1:]])
        ring = [padded[start : len(padded) - 3 + start] for start in range(4)]
    return tuple(points[:, None] for points in ring)


def tube(centre: Sequence[tuple[float, float]] | Outline, widths: float | Sequence[float]) -> Outline:
    """A line with a width: legs, stems, antennae. Several widths are spread evenly from its start to its end."""
    line = np.asarray(centre, dtype=np.float64)
    given = [widths] * 2 if isinstance(widths, int | float) else list(widths)
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(given)), given) / 2
    along = np.gradient(line, axis=0)
    length = np.sqrt((along**2).sum(1, keepdims=True))
    along = along / np.where(length == 0, 1, length)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    return np.concatenate([line + across, (line - across)[::-1]])


def blob(random: Random, x: float, y: float, radius: float, roughness: float = 0.2, bumps: int = 9) -> Outline:
    """A roundish shape of its own."""
    corners = []
    for index in range(bumps):
        angle, reach = 2 * math.pi * index / bumps, radius * (1 + random.uniform(-roughness, roughness))
        corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return smooth(corners, per_segment=4)


def fuzzy(random: Random, outline: Outline, amount: float) -> Outline:
    """The same outline with a hairy edge; `amount` in units."""
    middle = outline.mean(axis=0)
    reach = np.array([1 + amount * random.uniform(-1, 1.6) for _ in range(len(outline))])[:, None]
    moved: Outline = middle + (outline - middle) * reach
    return moved


def mirror(outline: Outline) -> Outline:
    """Left for right."""
    return outline * (-1.0, 1.0)


def rotate(outline: Outline, turn: float) -> Outline:
    """Around the origin, by radians."""
    cos, sin = math.cos(turn), math.sin(turn)
    turned = np.empty_like(outline)
    turned[:, 0] = outline[:, 0] * cos - outline[:, 1] * sin
    turned[:, 1] = outline[:, 0] * sin + outline[:, 1] * cos
    return turned


def symmetric(half: Sequence[tuple[float, float]], *, per_segment: int = 6) -> Outline:
    """A smooth shape from its right half, given from the point at the top to the one at the bottom, both at x = 0."""
    return smooth([*half, *[(-x, y) for x, y in half[-2:0:-1]]], per_segment=per_segment)


def slab(x: float, y: float, width: float, height: float, corner: float = 5.0, points: int = 28) -> Outline:
    """Between an ellipse (corner 2) and a rectangle (corner above 10)."""
    angles = [2 * math.pi * (index + 0.5) / points for index in range(points)]
    bend = 2 / corner
    return np.array(
        [
            (
                x + math.copysign(abs(math.cos(a)) ** bend, math.cos(a)) * width / 2,
                y + math.copysign(abs(math.sin(a)) ** bend, math.sin(a)) * height / 2,
            )
            for a in angles
        ]
    )


def arc(x: float, y: float, radius: float, start: float, end: float, points: int = 20) -> Outline:
    """The line on a circle from one angle to another, radians, 0 to the right and clockwise; centre line of a tube."""
    steps = [start + (end - start) * index / (points - 1) for index in range(points)]
    return np.array([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in steps])


def jointed(x: float, y: float, *steps: tuple[float, float]) -> list[tuple[float, float]]:
    """The corners of a limb: from its root, each step an angle in radians (0 to the right) and a length."""
    corners = [(x, y)]
    for angle, length in steps:
        corners.append((corners[-1][0] + length * math.cos(angle), corners[-1][1] + length * math.sin(angle)))
    return corners


def hoop(line: Outline, width: float) -> Outline:
    """A closed line with a width: rims, frames, links."""
    along = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-9)
    outer, inner = line + across * width / 2, line - across * width / 2
    return np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])
