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
