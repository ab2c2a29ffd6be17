"""Arms, veils and threads: octopus, squid and jellyfish."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    WHITE,
    any_colour,
    around,
    contrasting,
    curve,
    eyes,
    paired,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import arc, ellipse, jointed, smooth, symmetric, tube
from tlcore.drawing.textures import darker


def octopus(random: Random) -> list[Part]:
    """A bulb for a head, eight curling arms with suckers."""
    colour, arms = any_colour(random), []
    for index in range(8):
        angle = math.pi * (0.02 + 0.137 * index) + random.uniform(-0.08, 0.08)
        curl, length = random.choice((-1, 1)) * random.uniform(0.4, 0.9), random.uniform(0.12, 0.16)
        line = jointed(
            0,
            0,
            (angle, 0.18),
            (angle + curl * 0.3, length),
            (angle + curl, length),
            (angle + curl * 2.2, length * 0.8),
            (angle + curl * 3.6, length * 0.6),
        )
        spine = curve(*line)
        suckers = [(ellipse(x, y, 0.014, 0.014, points=8), darker(colour, 1.6)) for x, y in spine[4::2].tolist()]
        arms.append(Part(tube(spine, [0.1, 0.06, 0.012]), darker(colour, 0.9), 0.6, 0.2, marks=suckers))
    head = symmetric([(0, -0.5), (0.18, -0.42), (0.2, -0.2), (0.13, 0.02), (0, 0.06)])
    return [
        *arms,
        Part(
            head,
            colour,
            0.8,
            0.4,
            marks=[
                *eyes(0.11, -0.06, 0.035, WHITE),
                *spots(random, random.randint(4, 16), 0.025, darker(colour, 0.7), y=-0.28, rx=0.16, ry=0.18),
            ],
        ),
    ]


def squid(random: Random) -> list[Part]:
    """A torpedo with an arrow fin, big eyes, arms in a bunch and two long ones."""
    colour = any_colour(random, low=0.5)
    arms = [
        Part(
            tube(curve((x, 0.2), (x * 1.6, 0.36), (x * random.uniform(1.2, 3), 0.5)), [0.04, 0.012]),
            darker(colour, 0.9),
            0.4,
        )
        for x in (-0.07, -0.035, 0, 0.035, 0.07)
    ]
    long = [
        Part(tube(curve((x, 0.2), (x * 4, 0.45), (x * 2, 0.7), (x * 4, 0.8)), [0.025, 0.015, 0.04]), colour, 0.4)
        for x in (-0.05, 0.05)
    ]
    mantle = symmetric([(0, -0.5), (0.1, -0.3), (0.13, 0.0), (0.11, 0.13), (0, 0.15)])
    fin = smooth([(0, -0.5), (0.27, -0.3), (0.1, -0.12)])
    return [
        *long,
        *arms,
        *paired(Part(fin, darker(colour, 0.85), 0.4, 0, 0.85)),
        Part(
            mantle,
            colour,
            0.7,
            0.4,
            marks=spots(random, random.randint(15, 30), 0.014, darker(colour, 0.55), y=-0.15, rx=0.12, ry=0.3),
        ),
        Part(ellipse(0, 0.17, 0.09, 0.07), colour, 0.6, marks=eyes(0.06, 0.17, 0.035, WHITE)),
    ]


def jellyfish(random: Random) -> list[Part]:
    """A clear bell with a scalloped rim, frilled arms, threads."""
    colour, threads = any_colour(random, low=0.6), random.randint(6, 12)
    hanging = []
    for index in range(threads):
        x = -0.28 + 0.56 * index / (threads - 1)
        line = curve((x, -0.08), *[(x + random.uniform(-0.06, 0.06), y) for y in (0.1, 0.26, random.uniform(0.4, 0.6))])
        hanging.append(Part(tube(line, [0.014, 0.005]), darker(colour, 0.8), 0, 0, 0.8))
    frills = [
        Part(
            tube(
                curve(
                    (x, -0.1), *[(x + (0.04 if i % 2 else -0.04), 0.02 + i * 0.08) for i in range(random.randint(4, 6))]
                ),
                [0.09, 0.05, 0.01],
            ),
            darker(colour, 1.1),
            0.4,
            0,
            0.6,
        )
        for x in (-0.09, 0, 0.09)
    ]
    bell = smooth(
        [
            (0, -0.45),
            (0.22, -0.38),
            (0.33, -0.1),
            (0.24, -0.04),
            (0.16, -0.09),
            (0.08, -0.04),
            (0, -0.09),
            (-0.08, -0.04),
            (-0.16, -0.09),
            (-0.24, -0.04),
            (-0.33, -0.1),
            (-0.22, -0.38),
        ]
    )
    ribs = [
        (tube(curve((0, -0.45), (x * 0.8, -0.3), (x, -0.05)), 0.012), darker(colour, 0.7))
        for x in (-0.24, -0.15, -0.05, 0.05, 0.15, 0.24)
    ]
    return [
        *hanging,
        *frills,
        Part(bell, colour, 0.5, 0.6, random.uniform(0.55, 0.8), marks=ribs),
        Part(ellipse(0, -0.26, 0.12, 0.07), darker(colour, 0.7), 0.3, 0, 0.4),
    ]


def moon_jelly(random: Random) -> list[Part]:
    """From above: a clear disc with four rings and a fringe."""
    colour, fringe = any_colour(random, low=0.65), random.randint(30, 50)
    inner = contrasting(random, colour) if random.random() < 0.5 else darker(colour, 0.6)
    hairs = around(
        [Part(tube([(0, 0), (random.uniform(-0.02, 0.02), -random.uniform(0.05, 0.1))], 0.008), colour, 0)],
        fringe,
        radius=0.4,
    )
    rings = around([Part(tube(arc(0, 0, 0.085, -4.0, 0.9), 0.035), inner, 0.3, 0, 0.8)], 4, random.uniform(0, 1), 0.14)
    canals = [
        (
            tube([(0.2 * math.cos(a), 0.2 * math.sin(a)), (0.42 * math.cos(a), 0.42 * math.sin(a))], 0.008),
            darker(colour, 0.75),
        )
        for a in (i * 0.3927 for i in range(16))
    ]
    return [
        *hairs,
        Part(ellipse(0, 0, 0.42, 0.42, points=40), colour, 0.4, 0.5, random.uniform(0.5, 0.75), marks=canals),
        *rings,
    ]


TENTACLED: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        octopus,
        squid,
        jellyfish,
        moon_jelly,
    )
}
