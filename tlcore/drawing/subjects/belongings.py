"""What one wears, plays with or plays on; length about 1."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    any_colour,
    around,
    bands,
    contrasting,
    curve,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import ellipse, polygon, slab, smooth, symmetric, tube
from tlcore.drawing.textures import darker


def button(random: Random) -> list[Part]:
    """A disc with a rim and two or four holes."""
    colour, holes = any_colour(random), random.choice((2, 4, 4))
    eyes = [
        (part.outline, (0.1, 0.09, 0.08))
        for part in around([Part(ellipse(0, 0, 0.05, 0.05), BLACK)], holes, 0.785, random.uniform(0.1, 0.15))
    ]
    return [
        Part(ellipse(0, 0, 0.5, 0.5, points=40), colour, 0.6, random.uniform(0.2, 0.9)),
        Part(ellipse(0, 0, 0.37, 0.37), darker(colour, 0.85), 0.5, 0.4, marks=eyes),
    ]


def die(random: Random) -> list[Part]:
    """A cube seen from a corner, with pips."""
    colour = any_colour(random, low=0.4)
    ink, parts = contrasting(random, colour), []
    corners = [(0.43 * math.cos(a), 0.5 * math.sin(a)) for a in (math.pi / 6 + math.pi / 3 * i for i in range(6))]
    for index, shade in enumerate((1.15, 0.65, 0.9)):
        near, far = corners[(2 * index + 3) % 6], corners[(2 * index + 5) % 6]
        pips = random.choice(
            (
                ((0.5, 0.5),),
                ((0.25, 0.25), (0.75, 0.75)),
                ((0.25, 0.25), (0.5, 0.5), (0.75, 0.75)),
                tuple((u, v) for u in (0.27, 0.73) for v in (0.27, 0.73)),
                tuple((u, v) for u in (0.27, 0.73) for v in (0.22, 0.5, 0.78)),
            )
        )
        dots = [(ellipse(near[0] * u + far[0] * v, near[1] * u + far[1] * v, 0.05, 0.05), ink) for u, v in pips]
        parts.append(
            Part(polygon((0, 0), near, corners[(2 * index + 4) % 6], far), darker(colour, shade), 0.15, 0.2, marks=dots)
        )
    return parts


def shoe(random: Random) -> list[Part]:
    """From the side: sole, toe, laces."""
    colour, sole = any_colour(random), any_colour(random)
    high = random.uniform(-0.3, -0.12)
    upper = smooth(
        [
            (-0.42, high),
            (-0.2, high - 0.02),
            (-0.08, 0.0),
            (0.2, 0.06),
            (0.48, 0.16),
            (0.48, 0.26),
            (-0.44, 0.26),
            (-0.44, 0.0),
        ]
    )
    laces = [
        (tube([(-0.12 + i * 0.09, 0.12 + i * 0.02), (-0.06 + i * 0.09, -0.06 + i * 0.035)], 0.022), sole)
        for i in range(4)
    ]
    return [
        Part(
            upper,
            colour,
            0.6,
            0.3,
            marks=[
                *laces,
                (ellipse(0.46, 0.24, 0.16, 0.14), darker(colour, 1.3)),
                (tube(curve((-0.3, 0.3), (-0.22, 0.05), (-0.5, 0.0)), 0.02), darker(colour, 0.6)),
            ],
        ),
        Part(
            slab(0.02, 0.28, 1.0, 0.1, 4),
            sole,
            0.5,
            marks=[(tube([(-0.5, 0.28), (0.5, 0.28)], 0.012), darker(sole, 0.6))],
        ),
    ]


def hat(random: Random) -> list[Part]:
    """A crown with a band over a brim."""
    colour, ribbon, high = any_colour(random), any_colour(random), random.uniform(0.3, 0.55)
    crown = smooth(
        [
            (-0.22, 0.15),
            (-0.22, 0.1 - high * 0.6),
            (-0.14, 0.15 - high),
            (0.14, 0.15 - high),
            (0.22, 0.1 - high * 0.6),
            (0.22, 0.15),
        ]
    )
    return [
        Part(ellipse(0, 0.16, 0.5, random.uniform(0.08, 0.15)), darker(colour, 0.85), 0.6),
        Part(
            crown,
            colour,
            0.7,
            marks=[(tube(curve((-0.3, 0.03), (0, 0.09), (0.3, 0.03)), random.uniform(0.05, 0.1)), ribbon)],
        ),
    ]


def feather(random: Random) -> list[Part]:
    """A shaft with barbs, split here and there, banded or not."""
    colour, bow = any_colour(random), random.uniform(-0.15, 0.15)
    shaft = curve((0, -0.5), (bow, 0.0), (0, 0.55))
    barbs = [
        (tube([(0, y), (s * 0.2, y - 0.14)], 0.006), darker(colour, 0.7))
        for y in (-0.4 + 0.08 * i for i in range(10))
        for s in (-1, 1)
    ]
    bars = (
        bands(-0.5, 0.3, random.randint(3, 6), 0.06, contrasting(random, colour), bow=0.08)
        if random.random() < 0.5
        else []
    )
    vane = tube(shaft, [0.02, 0.2, 0.26, 0.24, 0.2, 0.16, 0.02, 0.0])
    return [
        Part(vane, colour, 0.35, marks=[*bars, *barbs]),
        Part(tube(shaft, [0.008, 0.024]), darker(colour, 1.6), 0.4),
    ]


def kite(random: Random) -> list[Part]:
    """A diamond in two colours with a cross and a tail of bows."""
    colour, second = any_colour(random, low=0.5), any_colour(random)
    line = curve((0, 0.2), *[(random.uniform(-0.15, 0.15), 0.3 + index * 0.1) for index in range(4)])
    bows = [
        Part(
            polygon((x - 0.05, y - 0.03), (x + 0.05, y + 0.03), (x + 0.05, y - 0.03), (x - 0.05, y + 0.03)), second, 0.2
        )
        for x, y in line[5::5].tolist()
    ]
    sail = Part(
        polygon((0, -0.5), (0.26, -0.2), (0, 0.22), (-0.26, -0.2)),
        colour,
        0.2,
        marks=[
            (polygon((0, -0.5), (0.26, -0.2), (0, -0.2)), second),
            (polygon((0, 0.22), (-0.26, -0.2), (0, -0.2)), second),
            (tube([(0, -0.5), (0, 0.22)], 0.015), BLACK),
            (tube([(-0.3, -0.2), (0.3, -0.2)], 0.015), BLACK),
        ],
    )
    return [Part(tube(line, 0.01), BLACK, 0), *bows, sail]


def balloon(random: Random) -> list[Part]:
    """A shining drop with a knot and a string."""
    colour = any_colour(random, low=0.5)
    string = curve((0, 0.15), *[(random.uniform(-0.06, 0.06), 0.25 + 0.1 * index) for index in range(1, 4)])
    return [
        Part(tube(string, 0.01), (0.3, 0.3, 0.3), 0),
        Part(polygon((-0.04, 0.16), (0, 0.1), (0.04, 0.16)), darker(colour, 0.8), 0.3),
        Part(
            symmetric([(0, -0.52), (0.22, -0.44), (0.28, -0.22), (0.16, 0.04), (0, 0.13)]),
            colour,
            0.9,
            1.0,
            random.uniform(0.85, 1),
        ),
    ]


BELONGINGS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        button,
        die,
        shoe,
        hat,
        feather,
        kite,
        balloon,
    )
}
