"""Crabs, lobsters and shrimps, told apart by claws, legs and shells."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    WHITE,
    any_colour,
    contrasting,
    curve,
    eyes,
    paired,
    placed,
    spots,
)
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import arc, ellipse, jointed, smooth, symmetric, tube
from tlcore.drawing.textures import darker


def _claw(colour: Colour, x: float, y: float, size: float, turn: float) -> list[Part]:
    """A pincer: a palm and two fingers, opening upwards."""
    palm = smooth([(0, 0.1), (0.34, -0.1), (0.3, -0.5), (0.02, -0.6), (-0.3, -0.45), (-0.3, -0.1)])
    finger = smooth([(0.02, -0.45), (0.32, -0.5), (0.34, -0.85), (0.14, -1.12), (0.14, -0.75)])
    thumb = smooth([(-0.06, -0.5), (-0.26, -0.45), (-0.27, -0.8), (-0.06, -1.05), (-0.1, -0.75)])
    teeth = [(tube([(0.2, y_), (0.1, y_)], 0.03), WHITE) for y_ in (-0.7, -0.82, -0.94)]
    parts = [
        Part(finger, darker(colour, 0.8), 0.6, 0.4, marks=teeth),
        Part(thumb, darker(colour, 0.8), 0.6, 0.4),
        Part(palm, colour, 0.7, 0.4),
    ]
    return placed(parts, x, y, size, turn)


def _crab(random: Random, shell: list[tuple[float, float]], claw: float, reach: float, legs: int = 4) -> list[Part]:
    """Body of any breadth from its right half, claws before, walking legs at the sides."""
    colour = any_colour(random)
    broad = max(x for x, _ in shell)
    limbs = []
    for index in range(legs):
        angle = -0.35 + index * 1.1 / (legs - 1) + random.uniform(-0.1, 0.1)
        leg = jointed(
            broad * 0.7, -0.04 + index * 0.07, (angle, reach * 0.55), (angle + random.uniform(0.5, 0.9), reach * 0.5)
        )
        limbs.append(Part(tube(leg, [0.07, 0.05, 0.008]), darker(colour, 0.85), 0.5))
    arm = jointed(broad * 0.7, -0.1, (-0.4, 0.16), (-1.5, 0.1))
    pincer = _claw(colour, *arm[-1], claw * random.uniform(0.85, 1.15), random.uniform(-0.6, -0.1))
    marks = [
        *spots(random, random.randint(0, 14), 0.02, contrasting(random, colour), rx=broad * 0.8, ry=0.16),
        (tube(arc(0, -0.12, 0.13, 0.5, 2.6), 0.016), darker(colour, 0.6)),
    ]
    stalks = [
        Part(tube([(0.07, -0.14), (0.1, -0.27)], 0.025), colour, 0.3),
        Part(ellipse(0.1, -0.28, 0.025, 0.025), BLACK, 0.3, 0.6),
    ]
    return [
        *paired(*limbs, Part(tube(arm, [0.07, 0.09]), colour, 0.5), *pincer, *stalks),
        Part(symmetric(shell), colour, 0.8, random.uniform(0.1, 0.7), marks=marks),
    ]


def shore_crab(random: Random) -> list[Part]:
    """A broad shell with a toothed front edge."""
    wide = random.uniform(0.3, 0.36)
    shell = [(0, -0.18), (wide * 0.5, -0.22), (wide, -0.1), (wide * 0.6, 0.16), (0, 0.22)]
    return _crab(random, shell, 0.2, random.uniform(0.36, 0.46))


def fiddler_crab(random: Random) -> list[Part]:
    """One claw enormous, the other tiny."""
    shell = [(0, -0.16), (0.2, -0.16), (0.24, -0.06), (0.14, 0.14), (0, 0.17)]
    small = _crab(random, shell, 0.1, 0.34)
    colour, side = any_colour(random, low=0.6), random.choice((-1, 1))
    arm = Part(tube([(side * 0.2, -0.1), (side * 0.36, -0.2), (side * 0.3, -0.32)], [0.08, 0.1]), colour, 0.5)
    return [*small, arm, *_claw(colour, side * 0.3, -0.32, random.uniform(0.38, 0.5), -side * random.uniform(0.3, 1.0))]


def hermit_crab(random: Random) -> list[Part]:
    """Claws and eyes that look out of a pointed coiled shell."""
    colour, shell = any_colour(random), any_colour(random, low=0.5)
    whorl = smooth([(-0.22, -0.1), (0.2, -0.14), (0.26, 0.1), (0.1, 0.4), (0.0, 0.6), (-0.16, 0.3)])
    lines = [
        (tube(curve((-0.35, y - 0.06), (0.0, y + 0.05), (0.35, y - 0.06)), 0.02), darker(shell, 0.55))
        for y in (0.05, 0.2, 0.33, 0.44, 0.52)
    ]
    limbs = [
        Part(tube(jointed(0.1, -0.12, (a, 0.2), (a - 0.8, 0.22)), [0.07, 0.05, 0.01]), colour, 0.5) for a in (-0.1, 0.3)
    ]
    feelers = [Part(tube(curve((0.04, -0.22), (0.12, -0.45), (0.3, -0.6)), 0.01), darker(colour, 0.7), 0)]
    stalks = [
        Part(tube([(0.04, -0.18), (0.07, -0.34)], 0.025), colour, 0.3),
        Part(ellipse(0.07, -0.35, 0.028, 0.03), BLACK, 0.3),
    ]
    pincers = [*_claw(colour, 0.2, -0.16, 0.22, 0.3), *_claw(colour, -0.18, -0.14, random.uniform(0.26, 0.34), -0.2)]
    return [*paired(*limbs, *feelers), *pincers, *paired(*stalks), Part(whorl, shell, 0.9, 0.3, marks=lines)]


def lobster(random: Random) -> list[Part]:
    """A long jointed body that ends in a fan, two big claws, whips in front."""
    colour, claw = any_colour(random), random.uniform(0.17, 0.24)
    rings = []
    for index in range(6, -1, -1):
        y, broad = 0.02 + index * 0.062, 0.11 - index * 0.009
        rings.append(Part(ellipse(0, y, broad, 0.05), darker(colour, 0.85 + 0.12 * (index % 2)), 0.7, 0.3))
    fan = [
        Part(tube([(0, 0.42), (0.26 * math.sin(a), 0.42 + 0.18 * math.cos(a))], [0.04, 0.12]), darker(colour, 0.8), 0.5)
        for a in (0.0, 0.55, 1.1)
    ]
    legs = [
        Part(
            tube(jointed(0.06, -0.12 + i * 0.06, (-0.4 + i * 0.35, 0.2), (0.3 + i * 0.3, 0.16)), [0.03, 0.008]),
            colour,
            0.4,
        )
        for i in range(4)
    ]
    arm = jointed(0.07, -0.2, (-0.6, 0.16), (-1.5, 0.12))
    whip = Part(
        tube(
            curve((0.03, -0.32), (0.18, -0.55), (random.uniform(0.3, 0.6), random.uniform(-0.6, -0.2))), [0.014, 0.006]
        ),
        colour,
        0,
    )
    head = symmetric([(0, -0.42), (0.06, -0.32), (0.12, -0.1), (0.1, 0.04), (0, 0.06)])
    marks = [(tube(arc(0, -0.16, 0.09, 0.3, 2.8), 0.014), darker(colour, 0.55)), *eyes(0.06, -0.32, 0.02)]
    return [
        *paired(whip, *fan),
        *paired(
            *legs, Part(tube(arm, [0.04, 0.06]), colour, 0.5), *_claw(colour, *arm[-1], claw, random.uniform(-0.3, 0.2))
        ),
        *rings,
        Part(head, colour, 0.8, 0.4, marks=marks),
    ]


def shrimp(random: Random) -> list[Part]:
    """From the side: a curled translucent body of rings, swimming legs inside, long whips."""
    colour, curl = any_colour(random, low=0.55), random.uniform(2.6, 3.8)
    spine = arc(0, 0, 0.3, -2.4, -2.4 + curl, 30)
    rings = [
        (tube([(x * 0.6, y * 0.6), (x * 1.5, y * 1.5)], 0.016), darker(colour, 0.6)) for x, y in spine[8::3].tolist()
    ]
    legs = [
        Part(
            tube(curve((x * 0.85, y * 0.85), (x * 0.5 - 0.03, y * 0.5), (x * 0.3, y * 0.35 + 0.05)), [0.03, 0.01]),
            darker(colour, 0.8),
            0.3,
        )
        for x, y in spine[5:22:2].tolist()
    ]
    (x0, y0), (x1, y1) = spine[0].tolist(), spine[-1].tolist()
    whips = [
        Part(tube(curve((x0, y0), (x0 - 0.1, y0 - 0.2 + d), (x0 + 0.2 + d, y0 - 0.35)), 0.009), darker(colour, 0.7), 0)
        for d in (-0.06, 0.06, 0.16)
    ]
    fan = [
        Part(tube(jointed(x1, y1, (curl - 2.4 + 1.57 + a, 0.16)), [0.03, 0.08]), darker(colour, 0.8), 0.4, 0, 0.8)
        for a in (-0.5, 0.0, 0.5)
    ]
    return [
        *whips,
        *legs,
        *fan,
        Part(tube(spine, [0.06, 0.2, 0.2, 0.17, 0.13, 0.05]), colour, 0.6, 0.4, 0.88, marks=rings),
        Part(ellipse(x0 * 0.95 + 0.04, y0 * 0.98 - 0.03, 0.028, 0.028), BLACK, 0.4, 0.6),
    ]


CRUSTACEANS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        shore_crab,
        fiddler_crab,
        hermit_crab,
        lobster,
        shrimp,
    )
}
