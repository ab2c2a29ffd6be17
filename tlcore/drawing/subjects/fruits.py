"""Fruit, nuts and roots; the stalk up."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    around,
    curve,
    lengthways,
    placed,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import arc, ellipse, smooth, symmetric, tube
from tlcore.drawing.subjects.materials import any_leaf_colour
from tlcore.drawing.textures import darker, tinted


def acorn(random: Random) -> list[Part]:
    """A smooth nut in a scaly cup."""
    nut, cup = (
        tinted(random, random.choice(((0.6, 0.4, 0.18), (0.45, 0.5, 0.2), (0.4, 0.22, 0.1))), 0.06),
        tinted(random, (0.42, 0.34, 0.24), 0.08),
    )
    wide = random.uniform(0.22, 0.3)
    scales = [
        (tube(arc(x, y, 0.045, 0, 3.14), 0.012), darker(cup, 0.5))
        for row, y in enumerate((-0.34, -0.27, -0.2, -0.13))
        for x in (-0.27 + 0.08 * i + 0.04 * (row % 2) for i in range(8))
    ]
    return [
        Part(tube(curve((0, -0.3), (0.02, -0.45), (random.uniform(-0.1, 0.1), -0.54)), 0.045), darker(cup, 0.8), 0.4),
        Part(
            symmetric([(0, -0.2), (wide * 0.9, -0.14), (wide, 0.1), (wide * 0.6, 0.36), (0.02, 0.45), (0, 0.5)]),
            nut,
            0.8,
            0.7,
            marks=lengthways((-0.12, 0.02, 0.14), 0.008, darker(nut, 0.8)),
        ),
        Part(symmetric([(0, -0.42), (wide * 0.8, -0.34), (wide * 1.2, -0.12), (0, -0.02)]), cup, 0.7, marks=scales),
    ]


def apple(random: Random) -> list[Part]:
    """Round with a dimple, a stalk and one leaf."""
    colour = tinted(random, random.choice(((0.75, 0.12, 0.1), (0.6, 0.7, 0.2), (0.85, 0.7, 0.25))), 0.08)
    body = symmetric([(0, -0.24), (0.14, -0.32), (0.36, -0.2), (0.36, 0.1), (0.2, 0.4), (0, 0.36)])
    flecks = spots(random, 18, 0.008, darker(colour, 1.5), rx=0.3, ry=0.3)
    leaf = Part(
        smooth([(0.02, -0.38), (0.16, -0.52), (0.32, -0.48), (0.18, -0.36)]),
        any_leaf_colour(random),
        0.4,
        marks=[(tube([(0, -0.38), (0.32, -0.48)], 0.012), (0.7, 0.75, 0.4))],
    )
    return [
        Part(body, colour, 0.8, 0.8, marks=[*flecks, (ellipse(0, -0.26, 0.12, 0.035), darker(colour, 0.6))]),
        Part(tube(curve((0, -0.26), (0.02, -0.4), (0.08, -0.5)), [0.025, 0.04]), (0.35, 0.22, 0.12), 0.4),
        leaf,
    ]


def pear(random: Random) -> list[Part]:
    """Narrow above, round below, dotted, with a stalk."""
    colour, waist = (
        tinted(random, random.choice(((0.7, 0.72, 0.25), (0.6, 0.45, 0.2), (0.5, 0.6, 0.25))), 0.08),
        random.uniform(0.12, 0.17),
    )
    body = symmetric([(0, -0.36), (waist * 0.85, -0.28), (waist, -0.08), (0.28, 0.2), (0.18, 0.44), (0, 0.47)])
    return [
        Part(
            tube(curve((0, -0.34), (0.01, -0.45), (random.uniform(-0.08, 0.08), -0.53)), [0.025, 0.035]),
            (0.35, 0.24, 0.13),
            0.4,
        ),
        Part(
            body,
            colour,
            0.8,
            0.4,
            marks=[
                *spots(random, 26, 0.007, darker(colour, 0.6), y=0.15, rx=0.25, ry=0.28),
                (ellipse(0, 0.45, 0.04, 0.02), (0.25, 0.18, 0.1)),
            ],
        ),
    ]


def banana(random: Random) -> list[Part]:
    """A curved fruit with edges and dark ends."""
    colour, bow = tinted(random, random.choice(((0.92, 0.78, 0.2), (0.7, 0.75, 0.25))), 0.06), random.uniform(1.4, 2.0)
    parts = []
    for index in range(random.choice((1, 2, 3))):
        line = arc(0.3 - index * 0.07, 0, 0.45 + 0.06 * index, math.pi - bow / 2, math.pi + bow / 2)
        marks = [
            (tube(line - (0.02, 0), [0.012, 0.012]), darker(colour, 0.75)),
            (tube(line[:2], 0.1), (0.3, 0.2, 0.1)),
            *spots(random, 6, 0.012, (0.35, 0.22, 0.1), x=-0.12, rx=0.05, ry=0.3),
        ]
        parts.append(Part(tube(line, [0.04, 0.13, 0.15, 0.14, 0.1, 0.03, 0.035]), colour, 0.7, 0.2, marks=marks))
    return parts[::-1]


def strawberry(random: Random) -> list[Part]:
    """A cone full of seeds with a green collar."""
    colour, wide = tinted(random, (0.82, 0.14, 0.12), 0.1), random.uniform(0.26, 0.36)
    seeds = [
        (ellipse(x + (0.05 if row % 2 else 0), -0.2 + row * 0.1, 0.011, 0.019, points=8), (0.92, 0.8, 0.4))
        for row in range(7)
        for x in (-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3)
    ]
    body = symmetric([(0, -0.3), (wide * 0.8, -0.28), (wide, -0.1), (wide * 0.6, 0.25), (0, 0.48)])
    sepal = Part(symmetric([(0, -0.24), (0.06, -0.14), (0, 0.0)]), any_leaf_colour(random), 0.3)
    return [
        Part(body, colour, 0.8, 0.6, marks=seeds),
        *placed(around([sepal], random.randint(6, 9)), 0, -0.3),
        Part(tube([(0, -0.3), (0.04, -0.5)], 0.03), (0.35, 0.45, 0.2), 0.4),
    ]


def carrot(random: Random) -> list[Part]:
    """A ringed root with a feathery top."""
    colour, green = (
        tinted(random, random.choice(((0.9, 0.45, 0.1), (0.9, 0.8, 0.5), (0.45, 0.2, 0.35))), 0.06),
        any_leaf_colour(random),
    )
    tops = []
    for _ in range(random.randint(4, 7)):
        x = random.uniform(-0.22, 0.22)
        line = curve((0, -0.16), (x * 0.4, -0.32), (x, random.uniform(-0.58, -0.45)))
        tops += [
            Part(tube(line, 0.02), green, 0.3),
            *(
                Part(ellipse(px + d, py, 0.035, 0.015, d * 9), darker(green, 1.2), 0.2)
                for px, py in line[5::2].tolist()
                for d in (-0.03, 0.03)
            ),
        ]
    rings = [
        (tube([(x, y), (x + random.uniform(0.04, 0.1), y + 0.01)], 0.01), darker(colour, 0.65))
        for x in (-0.11, 0.0)
        for y in (-0.08, 0.02, 0.1, 0.2, 0.3)
    ]
    return [
        *tops,
        Part(
            symmetric([(0, -0.18), (0.1, -0.16), (0.12, -0.05), (0.06, 0.28), (0.01, 0.52), (0, 0.54)]),
            colour,
            0.8,
            0.2,
            marks=rings,
        ),
    ]


def cherries(random: Random) -> list[Part]:
    """Two on long stalks that meet."""
    colour, x = (
        tinted(random, random.choice(((0.7, 0.06, 0.1), (0.35, 0.05, 0.12), (0.9, 0.55, 0.3))), 0.05),
        random.uniform(0.17, 0.26),
    )
    green = any_leaf_colour(random)
    leaf = Part(
        smooth([(0.0, -0.46), (0.18, -0.56), (0.42, -0.48), (0.2, -0.38)]),
        green,
        0.4,
        marks=[(tube([(0, -0.46), (0.42, -0.48)], 0.012), darker(green, 1.5))],
    )
    fruit = [
        Part(
            ellipse(side * x, y, 0.18, 0.17),
            colour,
            0.9,
            0.9,
            marks=[(ellipse(side * x, y - 0.15, 0.05, 0.02), darker(colour, 0.5))],
        )
        for side, y in ((-1, 0.25), (1, random.uniform(0.2, 0.35)))
    ]
    stalks = [
        Part(tube(curve((side * x, 0.14), (side * x * 0.6, -0.15), (0, -0.46)), 0.022), darker(green, 0.9), 0.3)
        for side in (-1, 1)
    ]
    return [leaf, *fruit, *stalks]


def grapes(random: Random) -> list[Part]:
    """A bunch that narrows downwards."""
    colour, parts = random.choice(((0.35, 0.12, 0.35), (0.6, 0.7, 0.3), (0.15, 0.15, 0.35), (0.6, 0.2, 0.25))), []
    colour = tinted(random, colour, 0.06)
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for index in range(count):
            x = (index - (count - 1) / 2) * 0.14 + random.uniform(-0.02, 0.02)
            parts.append(Part(ellipse(x, -0.22 + row * 0.12, 0.085, 0.085), tinted(random, colour, 0.05), 0.9, 0.8))
    return [Part(tube(curve((0, -0.25), (0.02, -0.4), (0.12, -0.5)), 0.035), (0.4, 0.3, 0.15), 0.4), *parts]


def pumpkin(random: Random) -> list[Part]:
    """Wide ribs side by side, a thick stub."""
    colour, squat = (
        tinted(random, random.choice(((0.88, 0.48, 0.1), (0.5, 0.6, 0.3), (0.88, 0.82, 0.6))), 0.07),
        random.uniform(0.28, 0.36),
    )
    ribs = [
        Part(ellipse(x, 0.08, 0.17 - abs(x) * 0.12, squat - abs(x) * 0.18), darker(colour, 1 - 0.3 * abs(x)), 0.9, 0.3)
        for x in (-0.34, 0.34, -0.22, 0.22, -0.11, 0.11, 0.0)
    ]
    return [
        Part(ellipse(0, 0.08, 0.45, squat * 0.8), darker(colour, 0.6), 0.3),
        *ribs,
        Part(smooth([(-0.06, -0.18), (-0.03, -0.34), (0.03, -0.42), (0.1, -0.38), (0.05, -0.2)]), (0.4, 0.4, 0.2), 0.6),
    ]


def pea_pod(random: Random) -> list[Part]:
    """Open, with a row of peas."""
    green, peas = tinted(random, (0.4, 0.58, 0.2), 0.08), random.randint(4, 8)
    pod = symmetric([(0, -0.54), (0.08, -0.42), (0.13, -0.1), (0.13, 0.15), (0.06, 0.42), (0, 0.5)])
    row = [
        Part(
            ellipse(0, -0.36 + 0.72 * (i + 0.5) / peas, 0.085, 0.36 / peas),
            darker(green, random.uniform(1.1, 1.3)),
            0.9,
            0.6,
        )
        for i in range(peas)
    ]
    return [
        Part(tube([(0, 0.46), (0.05, 0.6)], 0.025), green, 0.3),
        Part(
            pod,
            green,
            0.6,
            marks=[(symmetric([(0, -0.48), (0.08, -0.1), (0.07, 0.15), (0, 0.44)]), darker(green, 0.5))],
        ),
        *row,
    ]


FRUITS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        acorn,
        apple,
        pear,
        banana,
        strawberry,
        carrot,
        cherries,
        grapes,
        pumpkin,
        pea_pod,
    )
}
