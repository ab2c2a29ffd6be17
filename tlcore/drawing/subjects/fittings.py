"""Made of many like pieces: chains, combs, zips."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    any_colour,
    around,
    paired,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import arc, ellipse, hoop, polygon, rectangle, slab, smooth, tube
from tlcore.drawing.subjects.materials import any_metal
from tlcore.drawing.textures import darker


def zip_fastener(random: Random) -> list[Part]:
    """Two tapes, interlocking teeth, a slider, open above."""
    tape, metal, split = any_colour(random), any_metal(random), random.uniform(-0.25, 0.1)
    half, teeth = [], 22
    for index in range(teeth):
        y = -0.5 + index / teeth
        gap = max(0.0, split - y) * 0.45
        half.append((gap, y))
    parts: list[Part] = []
    for side in (-1, 1):
        parts.append(Part(tube([(side * (gap + 0.09), y) for gap, y in half], 0.16), tape, 0.15))
        parts += [
            Part(rectangle(side * (gap + 0.008), y + (0.0 if side > 0 else 0.022), 0.06, 0.02), metal, 0.3, 0.4)
            for gap, y in half
        ]
    return [
        *parts,
        Part(slab(0, split, 0.14, 0.14, 3), darker(metal, 0.8), 0.7, 0.5),
        Part(slab(0, split + 0.13, 0.06, 0.2, 3), metal, 0.6, 0.6),
    ]


def chain(random: Random) -> list[Part]:
    """Links, flat and on edge by turns."""
    metal, links, bow = any_metal(random), random.randint(4, 7), random.uniform(-0.2, 0.2)
    parts = []
    for index in range(links):
        t = (index + 0.5) / links
        x, y, size = bow * math.sin(math.pi * t), -0.5 + t, 0.68 / links
        if index % 2:
            parts.append(Part(slab(x, y, 0.06, 2 * size, 3), darker(metal, 0.85), 0.6, 0.5))
        else:
            parts.insert(0, Part(hoop(slab(x, y, size * 1.3, 2 * size, 3), 0.055), metal, 0.6, 0.6))
    return parts


def comb(random: Random) -> list[Part]:
    """A spine with many thin teeth."""
    colour, teeth = any_colour(random), random.randint(14, 24)
    prongs = [
        Part(
            tube([(-0.46 + 0.92 * i / (teeth - 1), -0.1), (-0.46 + 0.92 * i / (teeth - 1), 0.22)], [0.026, 0.012]),
            colour,
            0.3,
        )
        for i in range(teeth)
    ]
    return [
        *prongs,
        Part(
            smooth([(-0.5, -0.04), (-0.48, -0.16), (0, -0.16 - random.uniform(0, 0.12)), (0.48, -0.16), (0.5, -0.04)]),
            darker(colour, 1.1),
            0.6,
            0.5,
        ),
    ]


def propeller(random: Random) -> list[Part]:
    """Two to five twisted blades on a hub."""
    colour, tip = any_colour(random), any_colour(random)
    blade = Part(
        smooth([(-0.03, -0.05), (-0.11, -0.3), (-0.06, -0.52), (0.05, -0.5), (0.07, -0.25), (0.04, -0.05)]),
        colour,
        0.7,
        0.4,
        marks=[(rectangle(0, -0.48, 0.4, 0.07), tip)],
    )
    return [*around([blade], random.randint(2, 5)), Part(ellipse(0, 0, 0.1, 0.1), darker(colour, 0.7), 0.9, 0.6)]


def anchor(random: Random) -> list[Part]:
    """A ring, a crossbar and two flukes."""
    metal = any_colour(random, high=0.6)
    fluke = Part(polygon((0.3, 0.16), (0.42, 0.1), (0.44, 0.28), (0.26, 0.26)), metal, 0.4)
    return [
        Part(hoop(ellipse(0, -0.42, 0.08, 0.08), 0.04), metal, 0.4),
        Part(tube(arc(0, 0.08, 0.36, 0.35, 2.79), [0.04, 0.09, 0.04]), metal, 0.5),
        *paired(fluke),
        Part(tube([(0, -0.34), (0, 0.46)], 0.07), metal, 0.6, 0.3),
        Part(slab(0, -0.22, random.uniform(0.35, 0.5), 0.06), metal, 0.5),
    ]


FITTINGS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        zip_fastener,
        chain,
        comb,
        propeller,
        anchor,
    )
}
