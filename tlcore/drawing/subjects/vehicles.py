"""What drives, floats and flies."""

import itertools
import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import BLACK, Mark, any_colour, curve, paired
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import ellipse, hoop, polygon, rectangle, slab, smooth, tube
from tlcore.drawing.textures import darker

_GLASS: Colour = (0.25, 0.32, 0.4)


_TYRE: Colour = (0.1, 0.1, 0.11)


def _wheel(x: float, y: float, radius: float) -> list[Part]:
    return [
        Part(ellipse(x, y, radius, radius), _TYRE, 0.4),
        Part(
            ellipse(x, y, radius * 0.55, radius * 0.55),
            (0.66, 0.67, 0.68),
            0.5,
            0.5,
            marks=[(ellipse(x, y, radius * 0.2, radius * 0.2), _TYRE)],
        ),
    ]


def car_above(random: Random) -> list[Part]:
    """A rounded box with windscreens, mirrors, lamps."""
    colour, wide = any_colour(random), random.uniform(0.4, 0.48)
    marks: list[Mark] = [
        (smooth([(-0.16, -0.14), (0.16, -0.14), (0.19, -0.24), (0, -0.27), (-0.19, -0.24)]), _GLASS),
        (smooth([(-0.15, 0.28), (0.15, 0.28), (0.17, 0.36), (-0.17, 0.36)]), _GLASS),
    ]
    marks += [
        (polygon((side * 0.17, -0.13), (side * 0.22, -0.18), (side * 0.22, 0.3), (side * 0.17, 0.25)), _GLASS)
        for side in (-1, 1)
    ]
    marks += [
        (ellipse(side * 0.15, y, 0.05, 0.025), tint)
        for side in (-1, 1)
        for y, tint in ((-0.48, (1.0, 0.95, 0.8)), (0.49, (0.8, 0.1, 0.1)))
    ]
    wheels = [Part(rectangle(wide * 0.48, y, 0.06, 0.16), _TYRE, 0.3) for y in (-0.3, 0.32)]
    mirrors = Part(slab(wide * 0.55, -0.16, 0.1, 0.05), darker(colour, 0.8), 0.4)
    return [*paired(*wheels, mirrors), Part(slab(0, 0, wide, 1.02, 4), colour, 0.6, 0.7, marks=marks)]


def car_side(random: Random) -> list[Part]:
    """Bonnet, cabin with windows, two wheels."""
    colour, roof = any_colour(random), random.uniform(-0.26, -0.2)
    body = smooth(
        [
            (-0.5, 0.1),
            (-0.46, -0.04),
            (-0.26, -0.07),
            (-0.14, roof),
            (0.16, roof),
            (0.3, -0.06),
            (0.47, -0.03),
            (0.5, 0.12),
        ],
        per_segment=4,
    )
    windows = [
        (polygon((-0.2, -0.06), (-0.11, roof + 0.04), (-0.01, roof + 0.04), (-0.01, -0.06)), _GLASS),
        (polygon((0.02, -0.06), (0.02, roof + 0.04), (0.14, roof + 0.04), (0.24, -0.06)), _GLASS),
        (tube([(0.0, -0.06), (0.0, 0.12)], 0.01), darker(colour, 0.6)),
        (ellipse(-0.47, 0.03, 0.03, 0.025), (1, 0.95, 0.75)),
    ]
    return [Part(body, colour, 0.6, 0.6, marks=windows), *_wheel(-0.29, 0.13, 0.11), *_wheel(0.3, 0.13, 0.11)]


def bus(random: Random) -> list[Part]:
    """A long box with a row of windows, in one or two floors."""
    colour, floors, count = any_colour(random), random.choice((1, 1, 2)), random.randint(5, 7)
    top = -0.14 - 0.16 * floors
    panes = [
        (rectangle(-0.43 + (index + 0.5) * 0.86 / count, top + 0.1 + floor * 0.2, 0.68 / count, 0.12), _GLASS)
        for index in range(count)
        for floor in range(floors)
    ]
    stripe = (rectangle(0, 0.07, 1.2, 0.05), any_colour(random))
    return [
        Part(
            slab(0, (top + 0.2) / 2, 1, 0.2 - top, 8),
            colour,
            0.4,
            0.4,
            marks=[*panes, stripe, (rectangle(0.42, 0.05, 0.09, 0.24), _GLASS)],
        ),
        *_wheel(-0.3, 0.2, 0.09),
        *_wheel(0.28, 0.2, 0.09),
    ]


def sailing_boat(random: Random) -> list[Part]:
    """Two sails on a mast over a hull."""
    hull, sail, stripe = any_colour(random), any_colour(random, low=0.7), any_colour(random)
    main = smooth([(0.03, -0.48), (0.2, -0.15), (0.36, 0.18), (0.03, 0.2)], per_segment=4)
    jib = polygon((-0.03, -0.42), (-0.03, 0.18), (-0.34, 0.2))
    marks = [(rectangle(0, y, 1, 0.03), darker(sail, 0.75)) for y in (-0.25, -0.05, 0.1)]
    return [
        Part(tube([(0, -0.54), (0, 0.28)], 0.025), (0.4, 0.28, 0.18), 0.3),
        Part(main, sail, 0.4, marks=marks),
        Part(jib, random.choice((sail, stripe)), 0.4),
        Part(
            smooth([(-0.42, 0.24), (0.46, 0.24), (0.34, 0.42), (-0.28, 0.42)], per_segment=3),
            hull,
            0.6,
            0.4,
            marks=[(rectangle(0, 0.29, 1, 0.035), stripe)],
        ),
    ]


def bicycle(random: Random) -> list[Part]:
    """Two spoked wheels, a frame of triangles."""
    colour, parts = any_colour(random), []
    for x in (-0.32, 0.32):
        parts += [
            Part(
                tube(
                    [
                        (x - 0.2 * math.cos(a), 0.14 - 0.2 * math.sin(a)),
                        (x + 0.2 * math.cos(a), 0.14 + 0.2 * math.sin(a)),
                    ],
                    0.008,
                ),
                (0.6, 0.6, 0.6),
                0,
            )
            for a in (0.3, 0.9, 1.5, 2.1, 2.7)
        ]
        parts.append(Part(hoop(ellipse(x, 0.14, 0.2, 0.2, points=36), 0.035), _TYRE, 0.2))
    frame = [
        [(-0.32, 0.14), (-0.12, -0.16), (0.2, -0.16), (-0.02, 0.16), (-0.32, 0.14)],
        [(-0.14, -0.22), (-0.02, 0.16)],
        [(0.18, -0.26), (0.32, 0.14)],
    ]
    parts += [
        Part(tube([start, end], 0.035), colour, 0.4, 0.4) for line in frame for start, end in itertools.pairwise(line)
    ]
    return [
        *parts,
        Part(slab(-0.15, -0.24, 0.16, 0.04, 3), BLACK, 0.4),
        Part(tube(curve((0.18, -0.27), (0.26, -0.3), (0.24, -0.2)), 0.03), BLACK, 0.3),
        Part(hoop(ellipse(-0.02, 0.16, 0.06, 0.06), 0.02), (0.5, 0.5, 0.5), 0.3),
    ]


VEHICLES: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        car_above,
        car_side,
        bus,
        sailing_boat,
        bicycle,
    )
}
