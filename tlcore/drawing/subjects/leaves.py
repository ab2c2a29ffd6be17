"""Leaves, each a kind of its own, and trees; upright."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    Mark,
    Point,
    around,
    curve,
    paired,
)
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import blob, fuzzy, polygon, rectangle, smooth, symmetric, tube
from tlcore.drawing.subjects.materials import any_leaf_colour
from tlcore.drawing.textures import darker, tinted


def _veins(colour: Colour, root: Point, ends: list[Point]) -> list[Mark]:
    tint = darker(colour, 1.5)
    return [(tube([root, end], [0.02, 0.006]), tint) for end in ends]


def _stalk(colour: Colour, random: Random, top: float = 0.25, bottom: float = 0.52) -> Part:
    return Part(
        tube(
            curve((0, top), (random.uniform(-0.05, 0.05), (top + bottom) / 2), (random.uniform(-0.1, 0.1), bottom)),
            [0.018, 0.024],
        ),
        darker(colour, 0.75),
        0.4,
    )


def maple_leaf(random: Random) -> list[Part]:
    """Five pointed, toothed lobes from one root."""
    colour, half = any_leaf_colour(random), []
    for angle, far in ((0.0, 0.6), (0.85, random.uniform(0.5, 0.6)), (1.75, random.uniform(0.3, 0.4))):
        for da, share in ((-0.28, 0.62), (-0.16, 0.78), (0.0, 1.0), (0.16, 0.78), (0.28, 0.62), (0.43, 0.38)):
            half.append(((far * share) * math.sin(angle + da), 0.12 - far * share * math.cos(angle + da)))
    half = [(0.0, -0.48), *[corner for corner in half[3:] if corner[0] > 0], (0.0, 0.2)]
    outline = polygon(*half, *[(-x, y) for x, y in half[-2:0:-1]])
    ends = [(0.0, -0.46), (0.4, -0.25), (-0.4, -0.25), (0.33, 0.18), (-0.33, 0.18)]
    return [_stalk(colour, random, 0.1), Part(outline, colour, 0.3, marks=_veins(colour, (0, 0.14), ends))]


def oak_leaf(random: Random) -> list[Part]:
    """Long, with round lobes at both sides."""
    colour, deep, lobes = any_leaf_colour(random), random.uniform(0.45, 0.65), random.randint(3, 5)
    half: list[Point] = [(0, -0.5)]
    for index in range(lobes):
        y, wide = -0.36 + index * 0.68 / lobes, 0.24 * math.sin(0.7 + 2.0 * (index + 0.5) / lobes)
        half += [(wide, y), (wide, y + 0.07), (wide * deep, y + 0.38 / lobes)]
    ends = [(side * 0.2, -0.38 + index * 0.68 / lobes) for index in range(lobes) for side in (-1, 1)]
    veins = [(tube([(0, y + 0.12), (x, y)], [0.014, 0.005]), darker(colour, 1.5)) for x, y in ends]
    return [
        _stalk(colour, random),
        Part(
            symmetric([*half, (0, 0.36)]),
            colour,
            0.35,
            marks=[*veins, (tube([(0, -0.5), (0, 0.4)], [0.006, 0.02]), darker(colour, 1.5))],
        ),
    ]


def fern(random: Random) -> list[Part]:
    """A frond: leaflets in pairs, smaller to the tip."""
    colour, count, lean = any_leaf_colour(random), random.randint(10, 15), random.uniform(0.2, 0.6)
    leaflets = []
    for index in range(count):
        y, far = 0.36 - index * 0.84 / count, 0.34 * (1 - index / count) ** 0.8 * min(1.0, 0.5 + index * 0.25)
        line = curve((0, y), (far * 0.5, y - far * lean * 0.7), (far, y - far * lean))
        leaflets.append(Part(tube(line, [0.03, 0.05, 0.006]), darker(colour, random.uniform(0.85, 1.15)), 0.3))
    return [*paired(*leaflets), Part(tube([(0, 0.52), (0, -0.5)], [0.025, 0.006]), darker(colour, 0.7), 0.3)]


def clover(random: Random) -> list[Part]:
    """Three or four hearts with pale arcs."""
    colour, count = any_leaf_colour(random), random.choice((3, 3, 4))
    heart = smooth(
        [
            (0, 0),
            (0.17, -0.16),
            (0.19, -0.34),
            (0.09, -0.42),
            (0, -0.36),
            (-0.09, -0.42),
            (-0.19, -0.34),
            (-0.17, -0.16),
        ]
    )
    marks = [
        (tube(curve((-0.18, -0.28), (0, -0.16), (0.18, -0.28)), 0.04), darker(colour, 1.6)),
        (tube([(0, 0), (0, -0.36)], 0.008), darker(colour, 1.4)),
    ]
    return [
        _stalk(colour, random, 0, 0.55),
        *around([Part(heart, colour, 0.4, marks=marks)], count, random.uniform(-0.2, 0.2)),
    ]


def ginkgo_leaf(random: Random) -> list[Part]:
    """A fan with a notch and fine rays."""
    colour, spread = any_leaf_colour(random), random.uniform(0.9, 1.25)
    rim = [
        (
            0.55 * math.sin(a) * (0.75 if i == 4 else 1),
            0.12 - 0.58 * math.cos(a) * (0.75 if i == 4 else random.uniform(0.95, 1.05)),
        )
        for i, a in enumerate(spread * (k / 4 - 1) for k in range(9))
    ]
    rays = [
        (tube([(0, 0.14), (x * 1.1, y * 1.1)], 0.006), darker(colour, 0.75))
        for x, y in ((0.55 * math.sin(a), 0.12 - 0.58 * math.cos(a)) for a in (spread * (k / 7 - 1) for k in range(15)))
    ]
    return [_stalk(colour, random, 0.1), Part(smooth([(0, 0.16), *rim]), colour, 0.3, marks=rays)]


def willow_leaf(random: Random) -> list[Part]:
    """Narrow and long, with a saw's edge."""
    colour, wide = any_leaf_colour(random), random.uniform(0.07, 0.12)
    half = [
        (wide * math.sin(math.pi * i / 24) ** 0.8 * (1.15 if i % 2 else 0.95), -0.5 + i * 0.8 / 24)
        for i in range(1, 24)
    ]
    outline = polygon((0, -0.52), *half, (0, 0.3), *[(-x, y) for x, y in half[::-1]])
    veins = [
        (tube([(0, y + 0.05), (side * wide, y - 0.03)], 0.007), darker(colour, 1.4))
        for y in (-0.35, -0.25, -0.15, -0.05, 0.05, 0.15)
        for side in (-1, 1)
    ]
    return [
        _stalk(colour, random, 0.28),
        Part(outline, colour, 0.4, marks=[*veins, (tube([(0, -0.5), (0, 0.3)], 0.016), darker(colour, 1.5))]),
    ]


def broadleaf_tree(random: Random) -> list[Part]:
    """A crown of clumps on a forked trunk."""
    green, bark = any_leaf_colour(random), tinted(random, (0.36, 0.26, 0.18), 0.06)
    clumps = [
        Part(
            fuzzy(
                random,
                blob(
                    random, random.uniform(-0.26, 0.26), random.uniform(-0.36, 0.06), random.uniform(0.12, 0.2), 0.2, 11
                ),
                0.08,
            ),
            darker(green, random.uniform(0.7, 1.2)),
            0.7,
        )
        for _ in range(random.randint(7, 10))
    ]
    forks = [Part(tube(curve((0, 0.3), (x * 0.4, 0.15), (x, -0.1)), [0.07, 0.03]), bark, 0.5) for x in (-0.18, 0.16)]
    return [
        *clumps[:3],
        Part(smooth([(-0.05, 0.1), (0.05, 0.1), (0.06, 0.4), (0.12, 0.52), (-0.12, 0.52), (-0.06, 0.4)]), bark, 0.6),
        *forks,
        *clumps[3:],
    ]


def fir_tree(random: Random) -> list[Part]:
    """Tiers of drooping branches to a point."""
    green, tiers = tinted(random, (0.16, 0.34, 0.18), 0.08), random.randint(4, 6)
    parts = [Part(rectangle(0, 0.45, 0.09, 0.18), (0.34, 0.24, 0.16), 0.5)]
    for index in range(tiers):
        low, wide = 0.42 - index * 0.72 / tiers, 0.36 * (1 - index / (tiers + 0.6))
        teeth = [(wide * (1 - 2 * t / 8), low + (0.05 if t % 2 else 0)) for t in range(9)]
        parts.append(Part(polygon((0, low - 0.34), *teeth), darker(green, 0.85 + 0.1 * index), 0.5))
    return parts


LEAVES: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        maple_leaf,
        oak_leaf,
        fern,
        clover,
        ginkgo_leaf,
        willow_leaf,
        broadleaf_tree,
        fir_tree,
    )
}
