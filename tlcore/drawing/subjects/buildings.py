"""What is built, and wheels."""

from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import BLACK, WHITE, Mark, any_colour, around, curve, paired, placed
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import ellipse, hoop, polygon, rectangle, symmetric, tube
from tlcore.drawing.textures import darker

_GLASS: Colour = (0.25, 0.32, 0.4)


def house(random: Random) -> list[Part]:
    """A roof with tiles, a door, windows, a chimney."""
    wall, roof, wood = any_colour(random, low=0.55), any_colour(random, high=0.7), any_colour(random)
    wide, eaves = random.uniform(0.3, 0.4), random.uniform(-0.15, -0.02)
    panes: list[Mark] = []
    for x in (-wide * 0.55, wide * 0.55):
        panes += [
            (rectangle(x, eaves + 0.17, 0.17, 0.17), WHITE),
            (rectangle(x, eaves + 0.17, 0.14, 0.14), _GLASS),
            (rectangle(x, eaves + 0.17, 0.015, 0.14), WHITE),
            (rectangle(x, eaves + 0.17, 0.14, 0.015), WHITE),
        ]
    tiles = [(rectangle(0, y, 2, 0.012), darker(roof, 0.65)) for y in (-0.42 + 0.06 * i for i in range(8))]
    return [
        Part(rectangle(wide * 0.5, -0.36, 0.1, 0.24), darker(roof, 0.7), 0.3),
        Part(
            rectangle(0, (eaves + 0.45) / 2, 2 * wide, 0.45 - eaves),
            wall,
            0.15,
            marks=[*panes, (rectangle(0, 0.36, 0.14, 0.24), wood)],
        ),
        Part(
            polygon(
                (-wide - 0.08, eaves),
                (-wide * random.choice((0.02, 0.5)), -0.47),
                (wide * 0.1, -0.47),
                (wide + 0.08, eaves),
            ),
            roof,
            0.25,
            marks=tiles,
        ),
    ]


def windmill(random: Random) -> list[Part]:
    """A tower with four lattice sails."""
    wall, sail = any_colour(random, low=0.5), any_colour(random, low=0.6)
    bars = [(rectangle(0.06, y, 0.2, 0.012), darker(sail, 0.4)) for y in (-0.16, -0.22, -0.28, -0.34, -0.4)]
    blade = [
        Part(tube([(0, 0), (0, -0.44)], 0.025), (0.3, 0.22, 0.16), 0.2),
        Part(
            rectangle(0.06, -0.28, 0.1, 0.3),
            sail,
            0.1,
            marks=[*bars, (rectangle(0.06, -0.28, 0.012, 0.3), darker(sail, 0.4))],
        ),
    ]
    tower = polygon((-0.1, -0.12), (0.1, -0.12), (0.17, 0.54), (-0.17, 0.54))
    turned = placed(around(blade, 4, random.uniform(0, 1.5)), 0, -0.1)
    return [
        Part(
            tower,
            wall,
            0.6,
            marks=[(rectangle(0, 0.47, 0.09, 0.16), (0.3, 0.2, 0.14)), (rectangle(0, 0.1, 0.06, 0.08), _GLASS)],
        ),
        Part(symmetric([(0, -0.26), (0.1, -0.18), (0.12, -0.1), (0, -0.09)]), darker(wall, 0.5), 0.6),
        *turned,
    ]


def bridge(random: Random) -> list[Part]:
    """A road hung from two towers."""
    colour, sag = any_colour(random), random.uniform(0.2, 0.3)
    hangers = [
        Part(tube([(x, 0.1), (x, -0.2 + sag * (1 - (x / 0.28) ** 2))], 0.01), darker(colour, 0.8), 0)
        for x in (-0.22 + 0.055 * i for i in range(9))
    ]
    cable = curve(*[(-0.28 + 0.07 * i, -0.2 + sag * (1 - ((-0.28 + 0.07 * i) / 0.28) ** 2)) for i in range(9)])
    outer = [
        Part(tube([(0.28, -0.22), (0.54, 0.08)], 0.02), colour, 0.3),
        *(
            Part(tube([(x, 0.1), (x, -0.22 + (x - 0.28) * 1.15)], 0.01), darker(colour, 0.8), 0)
            for x in (0.35, 0.42, 0.48)
        ),
    ]
    towers = [Part(rectangle(0.28, 0.03, 0.06, 0.56), darker(colour, 0.85), 0.5)]
    return [
        *paired(*towers),
        *hangers,
        *paired(*outer),
        Part(tube(cable, 0.02), colour, 0.3),
        Part(rectangle(0, 0.12, 1.1, 0.06), darker(colour, 1.1), 0.3),
    ]


def cart_wheel(random: Random) -> list[Part]:
    """A rim with many spokes and a hub."""
    colour, spokes = any_colour(random), random.randint(6, 14)
    spoke = Part(tube([(0, -0.05), (0, -0.42)], random.uniform(0.025, 0.05)), colour, 0.5)
    return [
        *around([spoke], spokes),
        Part(hoop(ellipse(0, 0, 0.44, 0.44, points=40), random.uniform(0.07, 0.12)), darker(colour, 0.8), 0.5),
        Part(ellipse(0, 0, 0.11, 0.11), darker(colour, 0.9), 0.9, 0.4, marks=[(ellipse(0, 0, 0.04, 0.04), BLACK)]),
    ]


BUILDINGS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        house,
        windmill,
        bridge,
        cart_wheel,
    )
}
