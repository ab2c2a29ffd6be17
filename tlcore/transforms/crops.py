"""The geometry of RandomResizedCrop: its settings, and its real effect on images of given sizes.

As in torchvision: ten attempts to place a box of the drawn area and ratio, then a crop of the centre.
Needs neither images nor torch. N images, D draws of each, A attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.transforms.geometry import Bounds, Integers, fallback_boxes
from tlcore.transforms.spec import CenterCrop, Operation, RandomCrop, RandomResizedCrop, Resize

ATTEMPTS = 10

Floats: TypeAlias = npt.NDArray[np.floating]


@dataclass(frozen=True)
class CropSummary:
    """Summary of draws. Fractions in 0-1; ratios are width / height."""

    median_area: float
    middle_area: Bounds
    """The 90 % interval of the kept areas, from the 5 % to the 95 % quantile."""
    median_ratio: float
    fell_back: float
    """Fraction of the draws in which no box fitted."""
    outside_scale: float
    """Fraction of the draws that keep less or more of the area than requested."""


def sample_crops(
    heights_px: Integers, widths_px: Integers, scale: Bounds, ratio: Bounds, draws: int, seed: int
) -> pd.DataFrame:
    """One row per draw: `draws` boxes on each image.

    Columns: `image` (position in the arguments), `top`, `left`, `height`, `width` in px, `image_height`,
    `image_width`, `area` (kept fraction of the image), `ratio` (width / height of the box), `attempts`, `fell_back`.
    """
    generator = np.random.default_rng(seed)
    heights, widths = (np.repeat(np.asarray(sides, dtype=np.int64), draws) for sides in (heights_px, widths_px))
    shape = (len(heights), ATTEMPTS)
    areas_NA = _uniform(generator, scale, shape)
    ratios_NA = np.exp(_uniform(generator, (np.log(np.float32(ratio[0])), np.log(np.float32(ratio[1]))), shape))
    box_heights, box_widths, attempts = place_boxes(heights, widths, areas_NA, ratios_NA, ratio)
    fell_back = attempts == 0
    free_y, free_x = heights - box_heights, widths - box_widths
    return pd.DataFrame(
        {
            "image": np.repeat(np.arange(len(heights_px)), draws),
            "top": np.where(fell_back, free_y // 2, generator.integers(0, free_y + 1)),
            "left": np.where(fell_back, free_x // 2, generator.integers(0, free_x + 1)),
            "height": box_heights,
            "width": box_widths,
            "image_height": heights,
            "image_width": widths,
            "area": box_heights * box_widths / (heights * widths),
            "ratio": box_widths / box_heights,
            "attempts": np.where(fell_back, ATTEMPTS, attempts),
            "fell_back": fell_back,
        }
    )


def sizes_before_crop(
    operations: Sequence[Operation], heights_px: Integers, widths_px: Integers
) -> tuple[RandomResizedCrop, Integers, Integers] | None:
    """The first RandomResizedCrop, with the image sizes that reach it. None if there is none."""
    heights, widths = heights_px, widths_px
    for operation in operations:
        if isinstance(operation, RandomResizedCrop):
            return operation, heights, widths
        if isinstance(operation, Resize) and isinstance(operation.size, int):
            shorter = np.minimum(heights, widths)  # the other side is rounded down
            heights, widths = operation.size * heights // shorter, operation.size * widths // shorter
        elif isinstance(operation, Resize | CenterCrop | RandomCrop):
            size = operation.size
            height, width = (size, size) if isinstance(size, int) else size
            heights, widths = np.full_like(heights, height), np.full_like(widths, width)
    return None


def place_boxes(
    heights: Integers, widths: Integers, areas_NA: Floats, ratios_NA: Floats, ratio: Bounds
) -> tuple[Integers, Integers, Integers]:
    """Height and width of each box, and the first attempt that fitted, from 1; 0 if none did.

    `areas_NA` and `ratios_NA` are the values drawn in each attempt: fractions of the image's area, and width / height.
    """
    target_NA = (heights * widths)[:, None] * areas_NA.astype(np.float64)
    ratios_NA = ratios_NA.astype(np.float64)
    box_widths_NA = np.rint(np.sqrt(target_NA * ratios_NA)).astype(np.int64)
    box_heights_NA = np.rint(np.sqrt(target_NA / ratios_NA)).astype(np.int64)
    fits_NA = (
        (box_widths_NA > 0)
        & (box_widths_NA <= widths[:, None])
        & (box_heights_NA > 0)
        & (box_heights_NA <= heights[:, None])
    )
    fits, first, rows = fits_NA.any(axis=1), fits_NA.argmax(axis=1), np.arange(len(heights))
    fallback_heights, fallback_widths = fallback_boxes(heights, widths, ratio)
    return (
        np.where(fits, box_heights_NA[rows, first], fallback_heights),
        np.where(fits, box_widths_NA[rows, first], fallback_widths),
        np.where(fits, first + 1, 0),
    )


def coverage(crops: pd.DataFrame, cells: int = 24) -> npt.NDArray[np.float64]:
    """How often each part of an image is seen: (cells, cells), rows from the top, fractions of the draws in 0-1.

    `crops` is the result of `sample_crops`; images of all sizes are laid over each other.
    """
    rows = _cell_shares(crops["top"], crops["height"], crops["image_height"], cells)
    columns = _cell_shares(crops["left"], crops["width"], crops["image_width"], cells)
    seen: npt.NDArray[np.float64] = rows.T @ columns / len(crops)
    return seen


def summarise_crops(crops: pd.DataFrame, scale: Bounds) -> CropSummary:
    low, middle, high = crops["area"].quantile([0.05, 0.5, 0.95])
    # a box has whole pixels: less than a pixel per side outside of the limits counts as requested
    slack = (crops["height"] + crops["width"]) / (crops["image_height"] * crops["image_width"])
    outside = (crops["area"] < scale[0] - slack) | (crops["area"] > scale[1] + slack)
    return CropSummary(
        median_area=float(middle),
        middle_area=(float(low), float(high)),
        median_ratio=float(crops["ratio"].median()),
        fell_back=float(crops["fell_back"].mean()),
        outside_scale=float(outside.mean()),
    )


def _uniform(generator: np.random.Generator, bounds: Bounds, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """In float32, as torchvision draws."""
    low, high = np.float32(bounds[0]), np.float32(bounds[1])
    return generator.random(shape, dtype=np.float32) * (high - low) + low


def _cell_shares(starts: pd.Series, lengths: pd.Series, sides: pd.Series, cells: int) -> npt.NDArray[np.float64]:
    """The fraction of each cell along one side that each box covers, shape (boxes, cells)."""
    start, end = (starts / sides).to_numpy() * cells, ((starts + lengths) / sides).to_numpy() * cells
    edges = np.arange(cells, dtype=np.float64)
    shares: npt.NDArray[np.float64] = np.clip(end[:, None] - edges, 0, 1) - np.clip(start[:, None] - edges, 0, 1)
    return shares
