"""Birds, and animals with fur: faces, from above, from the side."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    WHITE,
    any_colour,
    eyes,
    paired,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import (
    arc,
    ellipse,
    fuzzy,
    jointed,
    polygon,
    smooth,
    symmetric,
    tube,
)
from tlcore.drawing.textures import darker, tinted


def _eye(x: float, y: float, radius: float) -> list[Part]:
    return [
        Part(ellipse(x, y, radius, radius), WHITE, 0.3),
        Part(ellipse(x, y, radius * 0.55, radius * 0.55), BLACK, 0),
    ]


def cat(random: Random) -> list[Part]:
    """A face: pointed ears, slit eyes, whiskers, tabby lines."""
    colour = tinted(
        random, random.choice(((0.75, 0.5, 0.25), (0.3, 0.28, 0.27), (0.6, 0.58, 0.55), (0.85, 0.8, 0.7))), 0.1
    )
    iris, dark = random.choice(((0.6, 0.75, 0.2), (0.85, 0.65, 0.15), (0.4, 0.65, 0.8))), darker(colour, 0.45)
    face = fuzzy(random, ellipse(0, 0, 0.42, 0.36, points=48), 0.025)
    ear = Part(
        polygon((0.12, -0.26), (0.34, -0.58), (0.42, -0.08)),
        colour,
        0.4,
        marks=[(polygon((0.2, -0.26), (0.32, -0.48), (0.36, -0.15)), (0.8, 0.55, 0.52))],
    )
    whiskers = [Part(tube([(0.1, 0.14), (0.55, 0.14 + dy)], 0.01), WHITE, 0) for dy in (-0.1, 0.0, 0.09)]
    tabby = [(tube([(x, -0.4), (x * 0.7, -0.18)], [0.05, 0.01]), dark) for x in (-0.12, 0, 0.12)]
    tabby += [(tube([(side * 0.45, y), (side * 0.28, y)], [0.05, 0.01]), dark) for side in (-1, 1) for y in (0.0, 0.1)]
    eye = Part(
        ellipse(0.16, -0.03, 0.085, 0.065),
        iris,
        0.2,
        0.3,
        marks=[(ellipse(0.16, -0.03, random.uniform(0.015, 0.05), 0.07), BLACK)],
    )
    muzzle = Part(ellipse(0.075, 0.15, 0.1, 0.075), darker(colour, 1.5), 0.5)
    return [
        *paired(ear),
        Part(face, colour, 0.6, marks=tabby if random.random() < 0.7 else ()),
        *paired(eye, muzzle, *whiskers),
        Part(polygon((-0.05, 0.07), (0.05, 0.07), (0, 0.13)), (0.75, 0.4, 0.4), 0.4),
    ]


def owl(random: Random) -> list[Part]:
    """Two discs for eyes, a hooked beak, tufts, a barred breast."""
    colour = tinted(
        random, random.choice(((0.5, 0.36, 0.22), (0.6, 0.58, 0.55), (0.35, 0.3, 0.28), (0.88, 0.86, 0.82))), 0.08
    )
    iris, disc = random.choice(((0.95, 0.75, 0.1), (0.9, 0.45, 0.1), (0.2, 0.14, 0.1))), darker(colour, 1.45)
    body = symmetric([(0, -0.46), (0.26, -0.42), (0.33, -0.1), (0.27, 0.36), (0, 0.5)])
    flecks = [
        (ellipse(x + (0.05 if row % 2 else 0), 0.1 + row * 0.08, 0.018, 0.03), darker(colour, 0.5))
        for row in range(5)
        for x in (-0.2, -0.1, 0.0, 0.1, 0.2)
    ]
    tuft = Part(polygon((0.08, -0.42), (0.3, -0.58), (0.27, -0.34)), darker(colour, 0.8), 0.3)
    wing = Part(smooth([(0.28, -0.12), (0.4, 0.15), (0.24, 0.42), (0.24, 0.1)]), darker(colour, 0.7), 0.5)
    rays = [
        (tube([(0.145, -0.22), (0.145 + 0.16 * math.cos(a), -0.22 + 0.16 * math.sin(a))], 0.008), colour)
        for a in (index * 0.42 for index in range(15))
    ]
    eye = [
        Part(ellipse(0.145, -0.22, 0.155, 0.155), disc, 0.4, marks=rays),
        Part(ellipse(0.145, -0.22, 0.075, 0.075), iris, 0.2, 0.4, marks=[(ellipse(0.145, -0.22, 0.04, 0.04), BLACK)]),
    ]
    return [
        *paired(tuft),
        Part(body, colour, 0.6, marks=flecks),
        *paired(wing, *eye),
        Part(symmetric([(0, -0.2), (0.04, -0.16), (0, -0.05)]), (0.3, 0.25, 0.15), 0.6),
    ]


def hedgehog(random: Random) -> list[Part]:
    """From the side: a dome of spines over a pointed pale face."""
    spine, skin = tinted(random, (0.4, 0.32, 0.25), 0.12), tinted(random, (0.8, 0.68, 0.52), 0.08)
    needles = []
    for row, reach in enumerate((0.42, 0.34, 0.25, 0.15)):
        for index in range(15 - 2 * row):
            a = math.pi * (1.0 + (index + 0.5 * (row % 2)) / (14 - 2 * row)) + random.uniform(-0.05, 0.05)
            root = (0.05 + reach * 0.9 * math.cos(a), 0.1 + reach * 0.75 * math.sin(a))
            needles.append(
                Part(
                    tube(jointed(*root, (a - 0.3, 0.12)), [0.03, 0.004]),
                    darker(spine, random.choice((0.7, 1.0, 1.6))),
                    0.2,
                )
            )
    face = smooth([(-0.28, -0.08), (-0.4, 0.05), (-0.58, 0.14), (-0.35, 0.2), (0.0, 0.22), (0.3, 0.2), (0.0, 0.0)])
    feet = [Part(ellipse(x, 0.22, 0.06, 0.03), darker(skin, 0.7), 0.3) for x in (-0.25, -0.12, 0.2, 0.32)]
    dome = smooth([(-0.36, 0.1), (-0.25, -0.18), (0.05, -0.28), (0.36, -0.12), (0.44, 0.16), (0, 0.2)])
    return [
        *feet,
        Part(dome, darker(spine, 0.5), 0.6),
        Part(face, skin, 0.5, marks=[(ellipse(-0.38, 0.08, 0.022, 0.022), BLACK)]),
        *needles,
        Part(ellipse(-0.57, 0.13, 0.03, 0.028), BLACK, 0.5, 0.6),
    ]


def rabbit(random: Random) -> list[Part]:
    """From the side, sitting: long ears, round back, a tuft for a tail."""
    colour = tinted(random, random.choice(((0.55, 0.42, 0.3), (0.85, 0.83, 0.8), (0.4, 0.38, 0.37))), 0.08)
    body = fuzzy(
        random, smooth([(-0.15, 0.0), (0.1, -0.15), (0.34, 0.06), (0.36, 0.36), (0.0, 0.42), (-0.18, 0.36)]), 0.02
    )
    ears = [
        Part(smooth([(-0.2, -0.18), (-0.24 + lean, -0.5), (-0.14 + lean, -0.58), (-0.08, -0.2)]), tint, 0.5)
        for lean, tint in ((0.18, darker(colour, 0.8)), (random.uniform(-0.05, 0.1), colour))
    ]
    return [
        Part(fuzzy(random, ellipse(0.38, 0.3, 0.08, 0.08), 0.1), WHITE, 0.5),
        *ears,
        Part(body, colour, 0.6, marks=[(tube(arc(0.16, 0.24, 0.15, 2.6, 5.5), 0.015), darker(colour, 0.6))]),
        Part(ellipse(0.08, 0.41, 0.17, 0.04), darker(colour, 0.9), 0.4),
        Part(ellipse(-0.15, 0.36, 0.05, 0.1), colour, 0.4),
        Part(
            ellipse(-0.22, -0.1, 0.16, 0.13, 0.3),
            colour,
            0.7,
            marks=[(ellipse(-0.26, -0.13, 0.024, 0.028), BLACK), (ellipse(-0.37, -0.06, 0.025, 0.02), (0.8, 0.5, 0.5))],
        ),
    ]


def bird_above(random: Random) -> list[Part]:
    """Gliding: broad fingered wings, a fan for a tail, a beak."""
    colour, tip = any_colour(random, high=0.85), any_colour(random, low=0.1, high=0.9)
    sweep, reach = random.uniform(-0.08, 0.2), random.uniform(0.5, 0.7)
    feathers = [
        Part(
            tube(
                [(0.1 + reach * t * 0.8, -0.1 + sweep * t), (0.12 + reach * (t + 0.08), 0.17 + sweep * t - 0.2 * t)],
                [0.08, 0.05],
            ),
            darker(tip, 0.8 + 0.4 * (index % 2)),
            0.3,
        )
        for index, t in enumerate(n / 8 for n in range(9))
    ]
    arm = Part(
        smooth(
            [
                (0.0, -0.2),
                (reach * 0.5, -0.22 + sweep * 0.4),
                (reach, -0.1 + sweep),
                (reach * 0.5, 0.0 + sweep * 0.5),
                (0, 0.05),
            ]
        ),
        colour,
        0.5,
    )
    tail = [
        Part(
            tube([(0, 0.2), (0.3 * math.sin(a), 0.2 + 0.33 * math.cos(a))], [0.04, 0.07]),
            darker(tip, 0.9 + 0.25 * (i % 2)),
            0.3,
        )
        for i, a in enumerate((-0.45, 0.45, -0.22, 0.22, 0))
    ]
    body = symmetric([(0, -0.38), (0.08, -0.3), (0.11, -0.05), (0.06, 0.25), (0, 0.3)])
    return [
        *tail,
        *paired(*feathers, arm),
        Part(symmetric([(0, -0.48), (0.035, -0.38), (0, -0.34)]), (0.8, 0.55, 0.15), 0.4),
        Part(body, colour, 0.7, marks=eyes(0.06, -0.31, 0.016)),
    ]


def bird_side(random: Random) -> list[Part]:
    """Perched: round breast, folded wing, thin legs, beak."""
    colour, breast = any_colour(random), any_colour(random, low=0.5)
    wing_tint, tail = darker(colour, random.choice((0.6, 1.3))), random.uniform(0.3, 0.5)
    body = smooth(
        [
            (-0.32, -0.22),
            (-0.2, -0.38),
            (-0.04, -0.3),
            (0.2, -0.02),
            (0.3, 0.2),
            (0.02, 0.22),
            (-0.2, 0.12),
            (-0.3, -0.08),
        ]
    )
    wing = smooth([(-0.1, -0.12), (0.1, -0.08), (0.42, 0.2), (0.1, 0.14), (-0.06, 0.06)])
    quills = [
        (tube([(-0.05, -0.08 + i * 0.05), (0.4, 0.12 + i * 0.04)], 0.012), darker(wing_tint, 0.6)) for i in range(4)
    ]
    legs = [
        Part(tube(jointed(x, 0.18, (1.7, 0.16), (1.4, 0.08), (2.9, 0.07)), 0.018), (0.5, 0.35, 0.25), 0.2)
        for x in (0.0, 0.07)
    ]
    return [
        Part(tube([(0.2, 0.1), (0.2 + tail, 0.28)], [0.1, 0.06]), darker(colour, 0.7), 0.4),
        *legs,
        Part(
            polygon((-0.31, -0.27), (-0.47, -0.2 + random.uniform(-0.03, 0.03)), (-0.31, -0.19)), (0.75, 0.5, 0.15), 0.4
        ),
        Part(body, colour, 0.7, marks=[(ellipse(-0.18, 0.05, 0.2, 0.18), breast)]),
        Part(wing, wing_tint, 0.5, marks=quills),
        *_eye(-0.22, -0.27, 0.03),
    ]


BEASTS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        cat,
        owl,
        hedgehog,
        rabbit,
        bird_above,
        bird_side,
    )
}
