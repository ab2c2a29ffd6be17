"""Textures that fill the image: each gives a height or a tone in 0-1 for coordinates that count its own cells."""

import math
from collections.abc import Callable
from random import Random

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.float64]
"""Shape (H, W)."""
Surface = Callable[[Random, Grid, Grid], Grid]


def _soft(field: Grid, sharpness: float) -> Grid:
    """A step at 0 with a slope."""
    return np.clip(field * sharpness + 0.5, 0, 1)


def _grain(random: Random, x: Grid, y: Grid) -> Grid:
    """Smooth noise with bumps of about one cell."""
    lattice = np.frombuffer(random.randbytes(4096), dtype=np.uint8).reshape(64, 64) / 255
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = x - column, y - row
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    left, right, above, below = column & 63, (column + 1) & 63, row & 63, (row + 1) & 63
    top = lattice[above, left] * (1 - u) + lattice[above, right] * u
    mixed: Grid = top * (1 - v) + (lattice[below, left] * (1 - u) + lattice[below, right] * u) * v
    return mixed


def _layers(random: Random, x: Grid, y: Grid) -> Grid:
    parts = [_grain(random, x * 2**octave, y * 2**octave) * (0.55**octave) for octave in range(4)]
    return sum(parts[1:], parts[0]) / 2.0


def _cells(random: Random, x: Grid, y: Grid, roughness: float = 0.9) -> tuple[Grid, Grid, Grid]:
    """Distances to the nearest and second nearest of scattered points, and a tone for each cell."""
    shift = np.frombuffer(random.randbytes(3 * 4096), dtype=np.uint8).reshape(3, 64, 64) / 255
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    near, second = np.full(x.shape, 9), np.full(x.shape, 9)
    tone = np.zeros(x.shape)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            there = ((row + down) & 63, (column + across) & 63)
            dx = column + across + 0.5 + (shift[0][there] - 0.5) * roughness - x
            dy = row + down + 0.5 + (shift[1][there] - 0.5) * roughness - y
            distance = np.sqrt(dx * dx + dy * dy)
            closer = distance < near
            second = np.where(closer, near, np.minimum(second, distance))
            tone, near = np.where(closer, shift[2][there], tone), np.where(closer, distance, near)
    return near, second, tone


def _within(x: Grid) -> Grid:
    """Position in the cell, -0.5 to 0.5."""
    return x - np.floor(x) - 0.5


def _wave(x: Grid) -> Grid:
    """0-1 and back once a cell."""
    return 0.5 + 0.5 * np.sin(x * (2 * math.pi))


def stripes(random: Random, x: Grid, y: Grid) -> Grid:
    return _soft(_wave(x) - random.uniform(0.3, 0.7), random.choice((1, 6)))


def zebra(random: Random, x: Grid, y: Grid) -> Grid:
    return _soft(_wave(x * 0.8 + 2 * _grain(random, x / 3, y / 3)) - 0.5, 5)


def zigzag(random: Random, x: Grid, y: Grid) -> Grid:
    return _soft(_wave(x + np.abs(_within(y)) * random.uniform(0.8, 2)) - 0.5, 6)


def waves(random: Random, x: Grid, y: Grid) -> Grid:
    return _wave(x + (random.uniform(0.2, 0.5)) * np.sin(y * 2.5))


def dots(random: Random, x: Grid, y: Grid) -> Grid:
    across = _within(x + (np.floor(y) % 2) * random.choice((0.0, 0.5)))
    return _soft(random.uniform(0.2, 0.38) - np.sqrt(across**2 + _within(y) ** 2), 12)


def ringlets(random: Random, x: Grid, y: Grid) -> Grid:
    distance = np.sqrt(_within(x) ** 2 + _within(y) ** 2)
    return _soft(0.1 - np.abs(distance - random.uniform(0.25, 0.36)), 14)


def checks(random: Random, x: Grid, y: Grid) -> Grid:
    return (np.floor(x) + np.floor(y)) % 2


def plaid(random: Random, x: Grid, y: Grid) -> Grid:
    broad, thin = random.uniform(0.15, 0.35), random.uniform(0.03, 0.08)
    bars = [
        _soft(broad - np.abs(_within(t)), 20) * 0.35 + _soft(thin - np.abs(_within(t + 0.5)), 20) * 0.15 for t in (x, y)
    ]
    return bars[0] + bars[1]


def bricks(random: Random, x: Grid, y: Grid) -> Grid:
    across, down = _within(x / 2 + (np.floor(y) % 2) / 2), _within(y)
    joint = np.minimum((0.5 - np.abs(across)) * 2, 0.5 - np.abs(down))
    _, _, tone = _cells(random, np.floor(x / 2 + (np.floor(y) % 2) / 2), np.floor(y), 0)
    return _soft(joint - random.uniform(0.04, 0.1), 14) * (0.6 + 0.4 * tone)


def scales(random: Random, x: Grid, y: Grid) -> Grid:
    """Rows of overlapping tongues."""
    height = np.zeros(x.shape)
    for behind in (0, 1):
        row = np.floor(y) - behind
        across, down = _within(x + (row % 2) / 2), y - row
        edge = 1.45 - across**2 * 2.6 - down
        height = np.where(edge > 0, np.clip(1.1 - down * 0.5 - np.exp(-edge * 14), 0, 1), height)
    return height


def weave(random: Random, x: Grid, y: Grid) -> Grid:
    """Threads over and under each other."""
    over = (np.floor(x) + np.floor(y)) % 2 == 0
    along, across = np.where(over, _within(x), _within(y)), np.where(over, _within(y), _within(x))
    return np.sqrt(np.clip(0.2 - across**2 * 0.9, 0, 1)) * 2 * (0.6 + 0.4 * np.cos(along * 2.8))


def honeycomb(random: Random, x: Grid, y: Grid) -> Grid:
    a, b = _hexagon(x, y), _hexagon(x + 0.5, y + 0.8660254)
    return _soft(0.5 - random.uniform(0.05, 0.12) - np.minimum(a, b), random.choice((8, 14)))


def _hexagon(x: Grid, y: Grid) -> Grid:
    height = 1.7320508
    across, down = np.abs(_within(x)), np.abs(_within(y / height)) * height
    return np.maximum(across, across * 0.5 + down * 0.8660254)


def cracks(random: Random, x: Grid, y: Grid) -> Grid:
    wobble = _grain(random, x * 2, y * 2) * 0.4
    near, second, tone = _cells(random, x + wobble, y)
    return np.clip((second - near) * 9, 0, 1) * (0.75 + 0.25 * tone)


def pebbles(random: Random, x: Grid, y: Grid) -> Grid:
    near, second, tone = _cells(random, x, y)
    return np.clip((second - near) * 2.2, 0, 1) ** 0.6 * (0.5 + 0.5 * tone)


def mosaic(random: Random, x: Grid, y: Grid) -> Grid:
    near, second, tone = _cells(random, x, y, random.uniform(0.3, 0.9))
    return np.where(second - near < 0.07, 0, 0.2 + 0.8 * tone)


def giraffe(random: Random, x: Grid, y: Grid) -> Grid:
    near, second, _ = _cells(random, x, y, 0.7)
    return _soft(second - near - 0.16, 12)


def leopard(random: Random, x: Grid, y: Grid) -> Grid:
    near, _, _ = _cells(random, x + _grain(random, x * 3, y * 3) * 0.3, y, 0.5)
    broken = _grain(random, x * 3, y * 3) > 0.35
    return np.where((np.abs(near - 0.3) < 0.09) & broken, 0, np.where(near < 0.22, 0.45, 1))


def fur(random: Random, x: Grid, y: Grid) -> Grid:
    lean = _grain(random, x / 4, y / 4) * 3
    return _grain(random, x * 5 + lean, y * 0.9) * 0.6 + _grain(random, x * 10 + lean * 2, y * 2) * 0.4


def marble(random: Random, x: Grid, y: Grid) -> Grid:
    return np.abs(np.sin(x * 0.7 + 5 * _layers(random, x / 2, y / 2))) ** (random.uniform(0.3, 0.6))


def wood_rings(random: Random, x: Grid, y: Grid) -> Grid:
    cx, cy = random.uniform(-3, 3), random.uniform(-3, 3)
    radius = np.sqrt((x - cx) ** 2 + (y - cy) ** 2) + 0.6 * _grain(random, x / 2, y / 2)
    return (_within(radius * 1.3) + 0.5) * (0.8) + 0.2 * _grain(random, x * 6, y * 6)


def knit(random: Random, x: Grid, y: Grid) -> Grid:
    """Columns of V-shaped stitches."""
    across = _within(x)
    slant = _within(y * 1.4 - np.abs(across) * 1.3)
    return np.sqrt(np.clip(0.26 - slant**2, 0, 1)) * 1.9 * np.clip(1.15 - np.abs(np.abs(across) - 0.25) * 2.6, 0, 1)


def clouds(random: Random, x: Grid, y: Grid) -> Grid:
    return np.clip(_layers(random, x / 2, y / 2) * 1.8 - 0.4, 0, 1)


def terrazzo(random: Random, x: Grid, y: Grid) -> Grid:
    near, _, tone = _cells(random, x + _grain(random, x * 2, y * 2) * 0.5, y + _grain(random, x * 2, y * 2) * 0.5)
    return np.where(near < 0.16 + 0.2 * tone, 0.3 + 0.7 * tone, 0.05)


def ripples(random: Random, x: Grid, y: Grid) -> Grid:
    """Circles from two stones in water."""
    total = np.zeros(x.shape)
    for _ in range(2):
        total += _wave(np.sqrt((x - random.uniform(-4, 4)) ** 2 + (y - random.uniform(-4, 4)) ** 2))
    return total / 2


SURFACES: dict[str, Surface] = {
    entry.__name__: entry
    for entry in (
        stripes, zebra, zigzag, waves, dots, ringlets, checks, plaid, bricks, scales, weave, honeycomb, cracks,
        pebbles, mosaic, giraffe, leopard, fur, marble, wood_rings, knit, clouds, terrazzo, ripples,
    )
}  # fmt: skip
