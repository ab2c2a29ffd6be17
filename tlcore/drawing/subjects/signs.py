"""Flat shapes and symbols: filled, bordered or as a line, in two colours."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from tlcore.drawing.arranging import Point, any_colour, around, contrasting, curve
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import Outline, arc, ellipse, hoop, polygon, star, tube


def _sign(random: Random, outline: Outline) -> list[Part]:
    """One shape: filled, filled within a border, or its contour alone."""
    colour, relief = any_colour(random, low=0.15), random.choice((0.0, 0.0, 0.6))
    style = random.choice(("filled", "filled", "bordered", "contour"))
    line = hoop(outline, random.uniform(0.04, 0.09))
    if style == "contour":
        return [Part(line, colour, relief)]
    parts = [Part(outline, colour, relief, random.choice((0.0, 0.6)))]
    return [*parts, Part(line, contrasting(random, colour), 0)] if style == "bordered" else parts


def _strokes(random: Random, *lines: Sequence[Point]) -> list[Part]:
    """Written with a brush: each line is a stroke through its points."""
    colour, width = any_colour(random, low=0.1), random.uniform(0.06, 0.14)
    shake, parts = random.uniform(0, 0.04), []
    for line in lines:
        shaken = [(x + random.uniform(-shake, shake), y + random.uniform(-shake, shake)) for x, y in line]
        drawn = curve(*shaken) if len(shaken) > 3 else shaken
        parts.append(
            Part(tube(drawn, [width * random.uniform(0.6, 1), width, width * random.uniform(0.5, 1)]), colour, 0)
        )
    return parts


def _pointed_star(tips: int, random: Random) -> list[Part]:
    return _sign(random, star(0, 0, 0.5, random.uniform(0.18, 0.3), tips))


def _regular(sides: int, random: Random) -> list[Part]:
    return _sign(
        random,
        polygon(
            *[(0.5 * math.sin(2 * math.pi * i / sides), -0.5 * math.cos(2 * math.pi * i / sides)) for i in range(sides)]
        ),
    )


def heart(random: Random) -> list[Part]:
    wide = random.uniform(0.42, 0.52)
    return _sign(
        random,
        polygon(
            *[
                (
                    wide * math.sin(t) ** 3,
                    -(0.42 * math.cos(t) - 0.16 * math.cos(2 * t) - 0.06 * math.cos(3 * t) - 0.03 * math.cos(4 * t)),
                )
                for t in (i * 2 * math.pi / 40 for i in range(40))
            ]
        ),
    )


def arrow(random: Random) -> list[Part]:
    head, thick, neck = random.uniform(0.2, 0.34), random.uniform(0.05, 0.13), random.uniform(-0.25, 0.0)
    return _sign(
        random,
        polygon((0, -0.5), (head, neck), (thick, neck), (thick, 0.5), (-thick, 0.5), (-thick, neck), (-head, neck)),
    )


def cross(random: Random) -> list[Part]:
    a = random.uniform(0.09, 0.18)
    return _sign(
        random,
        polygon(
            (-a, -0.5),
            (a, -0.5),
            (a, -a),
            (0.5, -a),
            (0.5, a),
            (a, a),
            (a, 0.5),
            (-a, 0.5),
            (-a, a),
            (-0.5, a),
            (-0.5, -a),
            (-a, -a),
        ),
    )


def crescent(random: Random) -> list[Part]:
    bite = random.uniform(0.15, 0.35)
    outer = arc(0, 0, 0.5, 0.7, 2 * math.pi - 0.7, 30)
    inner = [
        (x + (0.38 - x) * bite * 1.6 * math.cos(math.pi * (i / 29 - 0.5)), y * 0.92)
        for i, (x, y) in enumerate(outer[::-1].tolist())
    ]
    return _sign(random, polygon(*outer.tolist(), *inner[1:-1]))


def lightning(random: Random) -> list[Part]:
    lean = random.uniform(-0.05, 0.1)
    return _sign(
        random,
        polygon(
            (0.1 + lean, -0.5),
            (-0.22, 0.06),
            (-0.03, 0.06),
            (-0.12 - lean, 0.5),
            (0.24, -0.1),
            (0.05, -0.1),
            (0.26 + lean, -0.5),
        ),
    )


def ring(random: Random) -> list[Part]:
    radius = random.uniform(0.3, 0.45)
    return [
        Part(
            hoop(ellipse(0, 0, radius, radius, points=48), random.uniform(0.06, 0.25)),
            any_colour(random, low=0.15),
            random.choice((0.0, 0.7)),
            0.4,
        )
    ]


def target(random: Random) -> list[Part]:
    colours, rings = (any_colour(random, low=0.6), any_colour(random, low=0.1, high=0.6)), random.randint(3, 6)
    return [
        Part(ellipse(0, 0, 0.5 - 0.5 * i / rings, 0.5 - 0.5 * i / rings, points=40), colours[i % 2], 0)
        for i in range(rings)
    ]


def spiral(random: Random) -> list[Part]:
    turns = random.uniform(2, 4)
    line = [
        (0.46 * t * math.cos(6.283 * turns * t), 0.46 * t * math.sin(6.283 * turns * t))
        for t in (i / 70 for i in range(1, 71))
    ]
    return [
        Part(tube(line, [0.3 / turns * 0.4, 0.3 / turns]), any_colour(random, low=0.1), random.choice((0.0, 0.7)), 0.4)
    ]


def pinwheel(random: Random) -> list[Part]:
    colours, count = (any_colour(random, low=0.5), any_colour(random)), random.choice((3, 4, 5, 6))
    half = math.tan(math.pi / count / 2)
    wedge = polygon((0, 0), (-0.5 * half, -0.5), (0.5 * half, -0.5))
    turns = (0.0, math.pi / count)
    return [
        part
        for colour, turn in zip(colours, turns, strict=True)
        for part in around([Part(wedge, colour, 0.1)], count, turn)
    ]


def yin_yang(random: Random) -> list[Part]:
    pale, dark = any_colour(random, low=0.75), any_colour(random, low=0.02, high=0.35)
    half = polygon(*arc(0, 0, 0.5, -math.pi / 2, math.pi / 2, 24).tolist())
    return [
        Part(
            ellipse(0, 0, 0.5, 0.5, points=40),
            pale,
            0.2,
            marks=[
                (half, dark),
                (ellipse(0, -0.25, 0.25, 0.25), pale),
                (ellipse(0, 0.25, 0.25, 0.25), dark),
                (ellipse(0, -0.25, 0.07, 0.07), dark),
                (ellipse(0, 0.25, 0.07, 0.07), pale),
            ],
        )
    ]


def letter_k(random: Random) -> list[Part]:
    return _strokes(
        random, [(-0.22, -0.45), (-0.22, 0.45)], [(0.28, -0.45), (-0.18, 0.04)], [(-0.08, -0.06), (0.3, 0.45)]
    )


def letter_r(random: Random) -> list[Part]:
    return _strokes(
        random,
        [(-0.2, -0.45), (-0.2, 0.45)],
        [(-0.2, -0.42), (0.14, -0.4), (0.22, -0.2), (0.1, 0.0), (-0.2, 0.02)],
        [(0.0, 0.02), (0.28, 0.45)],
    )


def digit_8(random: Random) -> list[Part]:
    colour, width = any_colour(random, low=0.1), random.uniform(0.06, 0.12)
    top, low = random.uniform(0.16, 0.2), random.uniform(0.2, 0.27)
    return [Part(hoop(ellipse(0, y, rx, ry), width), colour, 0) for y, rx, ry in ((-0.24, top, 0.21), (0.2, low, 0.25))]


def digit_4(random: Random) -> list[Part]:
    return _strokes(random, [(0.1, -0.48), (-0.28, 0.15)], [(-0.3, 0.15), (0.3, 0.15)], [(0.12, -0.15), (0.12, 0.48)])


def rune(random: Random) -> list[Part]:
    """A stem with twigs at one side, as on rune stones."""
    return _strokes(
        random, [(0, -0.5), (0, 0.5)], [(0, -0.4), (0.26, -0.18)], [(0, -0.1), (0.26, 0.12)], [(0, 0.2), (-0.24, 0.42)]
    )


def asterisk(random: Random) -> list[Part]:
    return around(
        [Part(tube([(0, 0), (0, -0.48)], [0.08, random.choice((0.08, 0.2, 0.02))]), any_colour(random, low=0.1), 0)],
        random.choice((6, 8)),
    )


SIGNS: dict[str, Callable[[Random], list[Part]]] = {
    "five_pointed_star": partial(_pointed_star, 5),
    "eight_pointed_star": partial(_pointed_star, 8),
    "triangle": partial(_regular, 3),
    "hexagon": partial(_regular, 6),
    **{
        entry.__name__: entry
        for entry in (
            heart,
            arrow,
            cross,
            crescent,
            lightning,
            ring,
            target,
            spiral,
            pinwheel,
            yin_yang,
            letter_k,
            letter_r,
            digit_8,
            digit_4,
            rune,
            asterisk,
        )
    },
}
