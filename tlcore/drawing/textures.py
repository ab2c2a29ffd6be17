"""Random surfaces: noise of several sizes, and palettes that give it the look of earth, bark, leaves or sky."""

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from tlcore.drawing.canvas import Colour, Pixels

Field = npt.NDArray[np.float32]
"""Shape (H, W), values in 0-1."""


def noise(random: Random, height: int, width: int, cell_px: float, stretch: float = 1.0) -> Field:
    """Smooth noise with bumps of about `cell_px`, `stretch` times longer from left to right."""
    rows, columns = max(2, round(height / cell_px) + 1), max(2, round(width / (cell_px * stretch)) + 1)
    lattice = Image.frombytes("L", (columns, rows), random.randbytes(rows * columns))
    grown = lattice.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(grown, dtype=np.float32) / np.float32(255)


def layers(random: Random, height: int, width: int, cell_px: float, octaves: int = 4, stretch: float = 1.0) -> Field:
    """Noise at `cell_px`, half of it, a quarter …, each weaker than the one before; spread over 0-1."""
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        cell = max(1.5, cell_px / 2**octave)
        total += noise(random, height, width, cell, stretch) * np.float32(0.6**octave)
    low, high = float(total.min()), float(total.max())
    return (total - np.float32(low)) / np.float32(max(high - low, 1e-6))


def coloured(field: Field, palette: Sequence[Colour]) -> Pixels:
    """The palette's colours from low to high, blended in between."""
    levels = np.linspace(0, 1, 1024)
    steps = np.linspace(0, 1, len(palette))
    table = np.stack([np.interp(levels, steps, channel) for channel in zip(*palette, strict=True)], axis=1)
    blended: Pixels = table.astype(np.float32)[(field * np.float32(1023)).astype(np.int16)]
    return blended


def blurred(pixels: Pixels, radius_px: float) -> Pixels:
    """Out of focus."""
    image = Image.fromarray(to_bytes(pixels)).filter(ImageFilter.GaussianBlur(radius_px))
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def to_bytes(pixels: Pixels) -> npt.NDArray[np.uint8]:
    return (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)


def tinted(random: Random, colour: Colour, amount: float = 0.12) -> Colour:
    """A colour near by."""
    red, green, blue = (min(1.0, max(0.0, value + random.uniform(-amount, amount))) for value in colour)
    return red, green, blue


def darker(colour: Colour, factor: float) -> Colour:
    """Above 1: lighter."""
    red, green, blue = (min(1.0, value * factor) for value in colour)
    return red, green, blue
