"""What flies."""

from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import BLACK, any_colour, around, paired, placed
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import ellipse, polygon, rectangle, slab, smooth, symmetric, tube
from tlcore.drawing.textures import darker, tinted

_GLASS: Colour = (0.25, 0.32, 0.4)


def aeroplane(random: Random) -> list[Part]:
    """From above: swept wings with engines, a tailplane."""
    colour, sweep = any_colour(random, low=0.6), random.uniform(0.1, 0.25)
    wing = polygon((0.03, -0.12), (0.52, -0.05 + sweep), (0.52, 0.03 + sweep), (0.03, 0.1))
    tail = polygon((0.02, 0.36), (0.2, 0.42 + sweep * 0.3), (0.2, 0.48 + sweep * 0.3), (0.02, 0.46))
    flaps = [(tube([(0.05, 0.06), (0.52, 0.0 + sweep)], 0.015), darker(colour, 0.6))]
    engines = [
        Part(slab(x, sweep * x * 2 - 0.1, 0.06, 0.15, 3), darker(colour, 0.7), 0.7)
        for x in random.choice(((0.2,), (0.18, 0.34)))
    ]
    panes = [
        (ellipse(0, -0.44, 0.045, 0.02), _GLASS),
        *(
            (ellipse(side * 0.05, y, 0.008, 0.012), _GLASS)
            for side in (-1, 1)
            for y in (-0.3 + 0.07 * i for i in range(8))
        ),
    ]
    return [
        *paired(*engines, Part(wing, darker(colour, 0.9), 0.3, 0.3, marks=flaps), Part(tail, darker(colour, 0.9), 0.3)),
        Part(
            symmetric([(0, -0.52), (0.055, -0.42), (0.065, 0.0), (0.04, 0.35), (0, 0.52)]),
            colour,
            0.7,
            0.5,
            marks=panes,
        ),
        Part(tube([(0, 0.34), (0, 0.5)], [0.01, 0.03]), any_colour(random), 0.4),
    ]


def helicopter(random: Random) -> list[Part]:
    """From the side: a bubble, a boom, rotors, skids."""
    colour = any_colour(random)
    body = smooth([(-0.4, 0.08), (-0.34, -0.12), (-0.1, -0.2), (0.1, -0.12), (0.14, 0.08), (-0.05, 0.2), (-0.32, 0.2)])
    skids = [Part(tube([(x, 0.15), (x, 0.3)], 0.02), BLACK, 0.2) for x in (-0.26, -0.04)]
    rotor = [
        Part(tube([(-0.14 - reach, -0.33 + tilt), (-0.14 + reach, -0.33 - tilt)], 0.025), (0.2, 0.2, 0.22), 0.2)
        for reach, tilt in ((0.45, random.uniform(-0.04, 0.04)), (0.25, 0.05))
    ]
    rear = around([Part(tube([(0, 0), (0, -0.11)], 0.025), (0.2, 0.2, 0.22), 0.2)], 3, random.uniform(0, 2))
    return [
        Part(
            polygon((0.05, -0.1), (0.48, -0.12), (0.52, -0.22), (0.54, -0.02), (0.08, 0.08)), darker(colour, 0.9), 0.5
        ),
        *placed(rear, 0.5, -0.1),
        *skids,
        Part(tube([(-0.42, 0.28), (-0.34, 0.31), (0.1, 0.31)], 0.025), BLACK, 0.2),
        Part(tube([(-0.14, -0.16), (-0.14, -0.34)], 0.03), BLACK, 0.2),
        Part(
            body,
            colour,
            0.7,
            0.6,
            marks=[
                (smooth([(-0.42, 0.05), (-0.34, -0.14), (-0.18, -0.16), (-0.18, 0.06)]), _GLASS),
                (rectangle(-0.03, 0.0, 0.13, 0.13), _GLASS),
            ],
        ),
        *rotor,
    ]


def rocket(random: Random) -> list[Part]:
    """A pointed body with portholes, fins and a flame."""
    colour, second = any_colour(random, low=0.6), any_colour(random)
    flame = Part(
        smooth([(-0.08, 0.3), (0.08, 0.3), (0.04, 0.45), (0, random.uniform(0.5, 0.62)), (-0.04, 0.45)]),
        (1.0, 0.6, 0.15),
        0,
        0,
        0.9,
    )
    holes = [
        (ellipse(0, y, r, r), tint)
        for y in ((-0.2, 0.02) if random.random() < 0.5 else (-0.12,))
        for r, tint in ((0.065, second), (0.045, _GLASS))
    ]
    fin = Part(smooth([(0.1, 0.08), (0.26, 0.26), (0.24, 0.4), (0.08, 0.28)]), second, 0.5)
    return [
        flame,
        *paired(fin),
        Part(
            symmetric([(0, -0.52), (0.1, -0.36), (0.14, -0.05), (0.09, 0.32), (0, 0.33)]),
            colour,
            0.8,
            0.6,
            marks=[(rectangle(0, -0.47, 0.4, 0.2), second), *holes],
        ),
    ]


def satellite(random: Random) -> list[Part]:
    """A box between two panels of cells, with a dish."""
    foil, cells = tinted(random, (0.75, 0.6, 0.25), 0.15), tinted(random, (0.15, 0.2, 0.45), 0.12)
    grid = [(rectangle(x, 0, 0.012, 1), darker(cells, 2.2)) for x in (0.25, 0.33, 0.41)] + [
        (rectangle(0.33, y, 1, 0.012), darker(cells, 2.2)) for y in (-0.07, 0.0, 0.07)
    ]
    dish = [
        Part(tube([(0, -0.1), (0, -0.3)], 0.02), (0.7, 0.7, 0.7), 0.2),
        Part(ellipse(0, -0.26, 0.16, 0.07), (0.85, 0.85, 0.85), 0.7, 0.3),
    ]
    return [
        *dish,
        *paired(
            Part(tube([(0.1, 0), (0.2, 0)], 0.03), (0.6, 0.6, 0.6), 0.2),
            Part(rectangle(0.34, 0, 0.34, random.uniform(0.2, 0.3)), cells, 0.1, 0.3, marks=grid),
        ),
        Part(
            rectangle(0, 0, 0.2, random.uniform(0.24, 0.36)),
            foil,
            0.4,
            0.6,
            marks=[(rectangle(0, 0.06, 0.12, 0.08), darker(foil, 0.5))],
        ),
    ]


AIRCRAFT: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        aeroplane,
        helicopter,
        rocket,
        satellite,
    )
}
