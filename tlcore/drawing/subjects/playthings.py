"""What makes music, and a ball; length about 1."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    WHITE,
    any_colour,
    curve,
    paired,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import ellipse, hoop, rectangle, slab, smooth, star, symmetric, tube
from tlcore.drawing.subjects.materials import any_metal, any_wood
from tlcore.drawing.textures import darker


def bell(random: Random) -> list[Part]:
    """A flared skirt, a loop above, a clapper below."""
    metal = any_colour(random) if random.random() < 0.5 else any_metal(random)
    skirt = symmetric([(0, -0.4), (0.15, -0.34), (0.2, 0.0), (random.uniform(0.32, 0.42), 0.3), (0, 0.34)])
    return [
        Part(hoop(ellipse(0, -0.44, 0.07, 0.07), 0.035), darker(metal, 0.7), 0.4),
        Part(ellipse(random.uniform(-0.1, 0.1), 0.38, 0.08, 0.09), darker(metal, 0.5), 0.7, 0.4),
        Part(
            skirt,
            metal,
            0.8,
            0.8,
            marks=[
                (tube(curve((-0.5, 0.2), (0, 0.25), (0.5, 0.2)), 0.025), darker(metal, 0.6)),
                (tube(curve((-0.5, -0.2), (0, -0.16), (0.5, -0.2)), 0.02), darker(metal, 0.6)),
            ],
        ),
    ]


def guitar(random: Random) -> list[Part]:
    """A waisted body with a hole, a fretted neck, strings, pegs."""
    wood, dark = any_colour(random) if random.random() < 0.4 else any_wood(random), darker(any_wood(random), 0.4)
    body = symmetric([(0, -0.02), (0.14, 0.0), (0.16, 0.12), (0.12, 0.2), (0.2, 0.34), (0.16, 0.5), (0, 0.54)])
    frets = [
        (tube([(-0.05, y), (0.05, y)], 0.008), (0.8, 0.8, 0.75)) for y in (-0.36, -0.28, -0.21, -0.14, -0.08, -0.02)
    ]
    pegs = [Part(ellipse(0.07, y, 0.025, 0.015), WHITE, 0.4) for y in (-0.53, -0.48, -0.43)]
    strings = [Part(tube([(x, -0.5), (x, 0.4)], 0.005), WHITE, 0) for x in (-0.018, 0, 0.018)]
    return [
        *paired(*pegs),
        Part(body, wood, 0.7, 0.6, marks=[(ellipse(0, 0.2, 0.08, 0.08), dark), (rectangle(0, 0.4, 0.16, 0.035), dark)]),
        Part(rectangle(0, -0.18, 0.06, 0.52), dark, 0.4, marks=frets),
        Part(slab(0, -0.48, 0.1, 0.16), wood, 0.5),
        *strings,
    ]


def drum(random: Random) -> list[Part]:
    """A cylinder with zigzag cords and a skin."""
    colour, cord = any_colour(random), any_colour(random, low=0.7)
    zigzag = [(-0.45 + index * 0.15, 0.25 if index % 2 else -0.15) for index in range(7)]
    side = smooth([(-0.42, -0.2), (-0.42, 0.25), (-0.2, 0.36), (0.2, 0.36), (0.42, 0.25), (0.42, -0.2)], per_segment=4)
    sticks = [Part(tube([(s * 0.5, -0.5), (s * 0.05, -0.2)], [0.035, 0.03]), any_wood(random), 0.5) for s in (-1, 1)]
    return [
        Part(
            side,
            colour,
            0.7,
            0.3,
            marks=[
                (tube(zigzag, 0.025), cord),
                (tube(curve((-0.5, 0.2), (0, 0.33), (0.5, 0.2)), 0.05), darker(cord, 0.7)),
            ],
        ),
        Part(ellipse(0, -0.2, 0.43, 0.14), darker(cord, 0.7), 0.3, marks=[(ellipse(0, -0.2, 0.39, 0.115), WHITE)]),
        *sticks,
    ]


def football(random: Random) -> list[Part]:
    """A ball of pentagons and seams."""
    pale, ink = any_colour(random, low=0.8), any_colour(random, low=0.02, high=0.35)
    turn = random.uniform(0, 6)
    patches = [(star(0, 0, 0.17, 0.1376, 5, turn), ink)]
    for index in range(5):
        a = turn - math.pi / 2 + index * 2 * math.pi / 5
        patches += [
            (tube([(0.17 * math.cos(a), 0.17 * math.sin(a)), (0.33 * math.cos(a), 0.33 * math.sin(a))], 0.018), ink),
            (ellipse(0.44 * math.cos(a), 0.44 * math.sin(a), 0.09, 0.14, a), ink),
        ]
        b = a + math.pi / 5
        patches += [
            (
                tube(
                    [
                        (0.33 * math.cos(a), 0.33 * math.sin(a)),
                        (0.38 * math.cos(b), 0.38 * math.sin(b)),
                        (0.33 * math.cos(b + b - a), 0.33 * math.sin(b + b - a)),
                    ],
                    0.018,
                ),
                ink,
            )
        ]
    return [Part(ellipse(0, 0, 0.48, 0.48, points=40), pale, 0.9, 0.4, marks=patches)]


PLAYTHINGS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        guitar,
        drum,
        bell,
        football,
    )
}
