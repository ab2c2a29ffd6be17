"""Flowers, mushrooms and what is neither leaf nor fruit."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    any_colour,
    around,
    curve,
    lengthways,
    paired,
    placed,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import blob, ellipse, polygon, smooth, symmetric, tube
from tlcore.drawing.subjects.materials import any_leaf_colour
from tlcore.drawing.textures import darker, tinted


def daisy(random: Random) -> list[Part]:
    """Many thin petals around a domed heart."""
    colour, count = any_colour(random, low=0.7), random.randint(12, 22)
    petal = Part(
        symmetric([(0, -0.5), (0.05, -0.42), (0.055, -0.25), (0, -0.1)]),
        colour,
        0.3,
        marks=[(tube([(0, -0.1), (0, -0.48)], 0.01), darker(colour, 0.8))],
    )
    heart = tinted(random, random.choice(((0.85, 0.65, 0.1), (0.4, 0.25, 0.1))), 0.06)
    return [
        *around([petal], count),
        Part(
            ellipse(0, 0, 0.15, 0.15), heart, 0.9, marks=spots(random, 16, 0.013, darker(heart, 0.6), rx=0.13, ry=0.13)
        ),
    ]


def sunflower(random: Random) -> list[Part]:
    """A large seeded disc within two rows of short pointed petals."""
    colour, count = (
        tinted(random, random.choice(((0.95, 0.75, 0.1), (0.9, 0.5, 0.1), (0.7, 0.25, 0.1))), 0.06),
        random.randint(13, 18),
    )
    petal = Part(symmetric([(0, -0.52), (0.07, -0.38), (0.05, -0.24), (0, -0.2)]), colour, 0.4)
    seeds = [
        (
            ellipse(
                0.021 * math.sqrt(n) * 1.75 * math.cos(n * 2.39996),
                0.021 * math.sqrt(n) * 1.75 * math.sin(n * 2.39996),
                0.014,
                0.014,
                points=7,
            ),
            (0.5, 0.35, 0.15),
        )
        for n in range(4, 55)
    ]
    return [
        *around([petal], count, 0.2),
        *around(placed([petal], size=0.9), count),
        Part(ellipse(0, 0, 0.27, 0.27), (0.2, 0.12, 0.06), 0.6, marks=seeds),
    ]


def tulip(random: Random) -> list[Part]:
    """A cup of three petals on a stem with long leaves."""
    colour, green = any_colour(random, low=0.5), any_leaf_colour(random)
    side = smooth([(0.0, 0.0), (0.17, -0.06), (0.2, -0.3), (0.13, -0.5), (0.04, -0.25)])
    middle = symmetric([(0, -0.48), (0.09, -0.3), (0.1, -0.1), (0, 0.0)])
    leaf = tube(
        curve((0, 0.5), (0.14, 0.25), (random.uniform(0.18, 0.32), random.uniform(-0.05, 0.15))), [0.05, 0.09, 0.01]
    )
    return [
        Part(tube([(0, -0.02), (0, 0.54)], 0.035), green, 0.5),
        *paired(Part(leaf, green, 0.4), Part(side, darker(colour, 0.85), 0.5)),
        Part(middle, colour, 0.5, marks=lengthways((-0.04, 0, 0.04), 0.008, darker(colour, 0.8))),
    ]


def rose(random: Random) -> list[Part]:
    """Petals wound around each other, seen from above."""
    colour, parts = any_colour(random, low=0.5), []
    for ring, (far, size, count) in enumerate(((0.28, 0.22, 5), (0.2, 0.19, 5), (0.12, 0.15, 4), (0.05, 0.1, 3))):
        petal = [Part(blob(random, 0, 0, size, 0.1), darker(colour, 0.8 + 0.1 * ring), 0.9)]
        parts += around(petal, count, ring * 0.7 + random.uniform(-0.2, 0.2), far)
    spiral = curve(*[(0.016 * n * math.cos(n), 0.016 * n * math.sin(n)) for n in range(7)])
    return [
        *around([Part(symmetric([(0, -0.54), (0.08, -0.4), (0, -0.2)]), any_leaf_colour(random), 0.4)], 5, 0.6),
        *parts,
        Part(tube(spiral, 0.03), darker(colour, 0.6), 0.3),
    ]


def cactus(random: Random) -> list[Part]:
    """A ribbed column with raised arms and thorns."""
    green = tinted(random, (0.25, 0.45, 0.25), 0.12)
    parts = []
    for side in (-1, 1)[: random.randint(1, 2)]:
        y, rise = random.uniform(-0.02, 0.18), random.uniform(0.2, 0.34)
        parts.append(
            Part(
                tube(
                    curve((0, y), (side * 0.2, y), (side * 0.26, y - 0.1), (side * 0.26, y - rise)),
                    [0.12, 0.12, 0.11, 0.08],
                ),
                green,
                0.7,
                marks=[
                    (
                        tube(curve((0, y), (side * 0.2, y), (side * 0.26, y - 0.1), (side * 0.26, y - rise)), 0.012),
                        darker(green, 0.6),
                    )
                ],
            )
        )
    thorns = [
        (tube([(x, y), (x + 0.02, y - 0.025)], 0.008), darker(green, 2.2))
        for x in (-0.09, -0.03, 0.03, 0.09)
        for y in (-0.4, -0.28, -0.16, -0.04, 0.08, 0.2, 0.32)
    ]
    body = symmetric([(0, -0.5), (0.1, -0.44), (0.13, 0), (0.12, 0.4), (0, 0.42)])
    pot = Part(
        polygon((-0.2, 0.34), (0.2, 0.34), (0.15, 0.55), (-0.15, 0.55)), tinted(random, (0.65, 0.35, 0.22), 0.15), 0.5
    )
    return [
        *parts,
        Part(body, green, 0.8, marks=[*lengthways((-0.06, 0, 0.06), 0.012, darker(green, 0.6)), *thorns]),
        pot,
    ]


def toadstool(random: Random) -> list[Part]:
    """From the side: a dotted hat, gills, a stem with a skirt."""
    colour, pale = any_colour(random, low=0.4), tinted(random, (0.9, 0.86, 0.76), 0.06)
    wide, high = random.uniform(0.3, 0.46), random.uniform(0.3, 0.44)
    hat = smooth(
        [(-wide, 0), (-wide * 0.75, -high * 0.75), (0, -high), (wide * 0.75, -high * 0.75), (wide, 0), (0, 0.05)]
    )
    stem = Part(
        smooth([(-0.07, -0.02), (0.07, -0.02), (0.08, 0.35), (0.12, 0.5), (-0.12, 0.5), (-0.08, 0.35)]), pale, 0.7
    )
    gills = [
        (tube([(x, -0.05), (x * 0.3, 0.2)], 0.01), darker(pale, 0.6)) for x in (i * wide / 5 for i in range(-5, 6))
    ]
    ring = Part(polygon((-0.08, 0.14), (0.08, 0.14), (0.13, 0.22), (-0.13, 0.22)), pale, 0.4)
    dots = spots(random, random.randint(6, 12), 0.04, pale, y=-high * 0.45, rx=wide * 0.8, ry=high * 0.45)
    return [
        stem,
        ring,
        Part(ellipse(0, 0.01, wide * 0.96, 0.08), darker(pale, 0.85), 0.3, marks=gills),
        Part(hat, colour, 0.8, 0.4, marks=dots),
    ]


def mushroom_gills(random: Random) -> list[Part]:
    """A mushroom from below: rays around the cut stem."""
    pale, count = tinted(random, (0.82, 0.74, 0.62), 0.1), random.randint(24, 40)
    rays = [
        (tube([(0, 0), (0.45 * math.cos(a), 0.45 * math.sin(a))], 0.009), darker(pale, 0.55))
        for a in (6.2832 * i / count for i in range(count))
    ]
    return [
        Part(blob(random, 0, 0, 0.48, 0.06, 12), darker(pale, 0.8), 0.6),
        Part(ellipse(0, 0, 0.42, 0.42), pale, 0.3, marks=rays),
        Part(
            ellipse(0, 0, 0.11, 0.11), darker(pale, 1.15), 0.8, marks=[(ellipse(0, 0, 0.07, 0.07), darker(pale, 1.3))]
        ),
    ]


def pine_cone(random: Random) -> list[Part]:
    """Rows of overlapping woody scales."""
    colour, parts = tinted(random, (0.42, 0.28, 0.17), 0.1), []
    for row in range(9):
        y, count = -0.36 + row * 0.09, 5
        wide = 0.3 * math.sin(0.45 + row * 0.27)
        for index in range(count):
            x = wide * ((index + (0.5 if row % 2 else 0)) / (count - 0.5) * 2 - 1)
            scale = symmetric([(0, -0.07), (0.055, 0.0), (0.03, 0.065), (0, 0.085)], per_segment=3)
            parts += placed([Part(scale, darker(colour, random.uniform(0.8, 1.4)), 0.8)], x, y)
    core = Part(symmetric([(0, -0.46), (0.2, -0.25), (0.28, 0.1), (0, 0.48)]), darker(colour, 0.4), 0.5)
    return [core, *parts[::-1]] if random.random() < 0.5 else [core, *parts]


BLOSSOMS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        daisy,
        sunflower,
        tulip,
        rose,
        cactus,
        toadstool,
        mushroom_gills,
        pine_cone,
    )
}
