"""Where pixels come from: affine maps from the output to the input of an operation, and convex regions.

Points are (x, y) in pixels from the top left corner, measured at edges: an image 4 px wide goes from 0 to 4, and the
centre of its first pixel is 0.5. A map takes points of the output to the points of the input that are shown there.
"""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tlcore.transforms.sizes import Size

Points: TypeAlias = npt.NDArray[np.float64]
"""Shape (N, 2); for a polygon, its corners in order."""
Affine: TypeAlias = npt.NDArray[np.float64]
"""Shape (3, 3), for points (x, y, 1)."""
Bounds: TypeAlias = tuple[float, float]
"""The lowest and the highest value."""
Integers: TypeAlias = npt.NDArray[np.integer]

IDENTITY: Affine = np.eye(3)


def translation(x_px: float, y_px: float) -> Affine:
    return np.array([[1.0, 0.0, x_px], [0.0, 1.0, y_px], [0.0, 0.0, 1.0]])


def scaling(x: float, y: float) -> Affine:
    return np.diag([x, y, 1.0])


def shear(x: float, y: float) -> Affine:
    """Shear about the top left corner: x grows with y by `x`, and y with x by `y`."""
    return np.array([[1.0, x, 0.0], [y, 1.0, 0.0], [0.0, 0.0, 1.0]])


def resizing(source: Size, result: Size) -> Affine:
    """The map of an image that is scaled from one size to another."""
    return scaling(source[1] / result[1], source[0] / result[0])


def rotation(degrees: float, size: Size) -> Affine:
    """The map of an image that is rotated anticlockwise about its centre and keeps its size."""
    angle = math.radians(degrees)
    turn = np.array(
        [[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0], [0.0, 0.0, 1.0]]
    )
    height, width = size
    turned: Affine = translation(width / 2, height / 2) @ turn @ translation(-width / 2, -height / 2)
    return turned


def fallback_boxes(heights: Integers, widths: Integers, ratio: Bounds) -> tuple[Integers, Integers]:
    """Height and width of RandomResizedCrop's box after ten failed attempts: the largest centred box with an allowed
    ratio."""
    lowest, highest = ratio
    shapes = widths / heights
    return (
        np.where(shapes < lowest, np.rint(widths / lowest).astype(np.int64), heights),
        np.where(shapes > highest, np.rint(heights * highest).astype(np.int64), widths),
    )


def map_points(affine: Affine, points: Points) -> Points:
    return points @ affine[:2, :2].T + affine[:2, 2]


def frame(size: Size) -> Points:
    """The corners of an image, clockwise on the screen from the top left."""
    height, width = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)


def intersect(polygon: Points, other: Points) -> Points:
    """The part of a convex polygon inside another one; without corners, shape (0, 2), if there is none.

    Source: Sutherland and Hodgman (1974).
    """
    sign = 1.0 if signed_area(other) >= 0 else -1.0
    for start, end in zip(other, np.roll(other, -1, axis=0), strict=True):
        if len(polygon) == 0:
            break
        edge = end - start
        inside = sign * (edge[0] * (polygon[:, 1] - start[1]) - edge[1] * (polygon[:, 0] - start[0]))
        polygon = _cut(polygon, inside)
    return polygon


def signed_area(polygon: Points) -> float:
    """Area in square px; positive if the corners go clockwise on the screen."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def _cut(polygon: Points, inside: npt.NDArray[np.float64]) -> Points:
    """The part of a convex polygon where `inside` is not negative: one value per corner, linear in between."""
    kept: list[npt.NDArray[np.float64]] = []
    for corner, value, following, next_value in zip(
        polygon, inside, np.roll(polygon, -1, axis=0), np.roll(inside, -1), strict=True
    ):
        if value >= 0:
            kept.append(corner)
        if (value > 0 > next_value) or (value < 0 < next_value):
            kept.append(corner + (following - corner) * (value / (value - next_value)))
    return np.array(kept).reshape(-1, 2)
