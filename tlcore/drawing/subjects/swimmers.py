"""Fish, whales and rays, mostly from the side, head up."""

from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    WHITE,
    any_colour,
    bands,
    contrasting,
    curve,
    eyes,
    paired,
    spots,
)
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import (
    Outline,
    arc,
    ellipse,
    polygon,
    smooth,
    star,
    symmetric,
    tube,
)
from tlcore.drawing.textures import darker, tinted


def _eye(x: float, y: float, radius: float) -> list[Part]:
    return [
        Part(ellipse(x, y, radius, radius), WHITE, 0.3),
        Part(ellipse(x, y, radius * 0.55, radius * 0.55), BLACK, 0),
    ]


def _fin(colour: Colour, outline: Outline, root: tuple[float, float], opacity: float = 0.85) -> Part:
    """A membrane with rays that fan out from its root."""
    step = max(1, len(outline) // 9)
    rays = [(tube([root, (x, y)], [0.012, 0.004]), darker(colour, 0.6)) for x, y in outline[::step].tolist()]
    return Part(outline, colour, 0.2, 0.1, opacity, marks=rays)


def reef_fish(random: Random) -> list[Part]:
    """Deep body with bars, a long fin along back and belly, a fan for a tail."""
    colour, deep = any_colour(random, low=0.6), random.uniform(0.26, 0.36)
    fin = random.choice((darker(colour, 0.8), any_colour(random)))
    back = smooth([(0.1, -0.3), (deep + 0.14, -0.1), (deep + random.uniform(0.1, 0.3), 0.26), (0.06, 0.24)])
    tail = smooth([(0, 0.28), (0.2, 0.5), (0.1, 0.54), (-0.1, 0.54), (-0.2, 0.5)])
    body = symmetric([(0, -0.5), (deep * 0.45, -0.36), (deep, -0.08), (deep * 0.7, 0.16), (0.05, 0.32)])
    bars = bands(-0.42, 0.3, random.randint(3, 6), random.uniform(0.04, 0.08), contrasting(random, colour), bow=0.05)
    return [
        *paired(_fin(fin, back, (0.05, 0.0))),
        _fin(fin, tail, (0, 0.24)),
        Part(body, colour, 0.7, random.uniform(0, 0.7), marks=bars),
        _fin(darker(fin, 1.2), smooth([(0.02, -0.08), (0.14, 0.06), (0.02, 0.1)]), (0, -0.06)),
        *_eye(deep * 0.2, -0.33, 0.045),
    ]


def trout(random: Random) -> list[Part]:
    """Slender, with dots, small separate fins and a forked tail."""
    colour, deep = any_colour(random), random.uniform(0.11, 0.16)
    fin = darker(colour, random.choice((0.7, 1.3)))
    tail = polygon((0, 0.3), (0.17, 0.52), (0.0, 0.43), (-0.17, 0.52))
    body = symmetric([(0, -0.5), (deep * 0.7, -0.38), (deep, -0.12), (deep * 0.7, 0.18), (0.03, 0.36)])
    dots = spots(random, random.randint(12, 24), 0.014, contrasting(random, colour), x=deep * 0.3, rx=deep, ry=0.4)
    return [
        _fin(fin, tail, (0, 0.3)),
        *(
            _fin(fin, polygon((deep * 0.7, y), (deep + 0.09, y + 0.1), (deep * 0.6, y + 0.1)), (deep * 0.7, y))
            for y in (-0.1, 0.14)
        ),
        *(
            _fin(fin, polygon((-deep * 0.7, y), (-deep - 0.07, y + 0.1), (-deep * 0.5, y + 0.1)), (-deep * 0.7, y))
            for y in (-0.2, 0.02, 0.16)
        ),
        Part(
            body,
            colour,
            0.7,
            0.4,
            marks=[(tube([(-0.14, -0.6), (-0.13, 0.5)], 0.12), tinted(random, WHITE, 0.05)), *dots],
        ),
        Part(tube(arc(0, -0.36, 0.1, 0.1, 1.3), 0.012), darker(colour, 0.6), 0),
        *_eye(deep * 0.25, -0.41, 0.028),
    ]


def pufferfish(random: Random) -> list[Part]:
    """A ball with spines all around, tiny fins."""
    colour = any_colour(random, low=0.5)
    tips, dark = random.randint(16, 26), contrasting(random, colour)
    ball = ellipse(0, 0, 0.34, 0.37, points=32)
    skin = [*spots(random, 14, 0.03, dark, rx=0.3, ry=0.32), (ellipse(-0.3, 0.05, 0.2, 0.3), darker(colour, 1.5))]
    return [
        Part(star(0, 0, random.uniform(0.42, 0.5), 0.34, tips), darker(colour, 0.8), 0.3),
        _fin(darker(colour, 0.8), smooth([(0, 0.33), (0.12, 0.54), (-0.12, 0.54)]), (0, 0.35)),
        Part(ball, colour, 0.9, 0.3, marks=skin),
        _fin(darker(colour, 0.7), smooth([(0.05, 0.0), (0.16, 0.1), (0.08, 0.14)]), (0.05, 0.0)),
        *_eye(0.12, -0.22, 0.06),
        Part(ellipse(0, -0.38, 0.05, 0.03), darker(colour, 0.5), 0.2),
    ]


def shark(random: Random) -> list[Part]:
    """From the side: plain, pale belly, gill slits, stiff pointed fins, uneven tail."""
    grey = tinted(random, random.choice(((0.45, 0.50, 0.56), (0.35, 0.40, 0.42), (0.52, 0.48, 0.42))), 0.1)
    deep = random.uniform(0.1, 0.14)
    fins = [
        polygon((deep * 0.8, -0.16), (deep + 0.17, 0.06), (deep * 0.6, 0.04)),
        polygon((-deep * 0.6, -0.16), (-deep - 0.18, 0.08), (-deep * 0.5, -0.04)),
        polygon((0, 0.32), (0.22, 0.58), (0.03, 0.46), (-0.1, 0.52)),
        polygon((-deep * 0.5, 0.18), (-deep - 0.03, 0.28), (-0.02, 0.27)),
    ]
    body = symmetric([(0, -0.55), (deep * 0.7, -0.4), (deep, -0.14), (deep * 0.5, 0.2), (0.02, 0.38)])
    marks = [(tube([(-0.13, -0.7), (-0.12, 0.5)], 0.14), tinted(random, WHITE, 0.05))]
    marks += [(tube([(-0.04, y), (0.05, y - 0.02)], 0.011), darker(grey, 0.4)) for y in (-0.27, -0.24, -0.21, -0.18)]
    marks += [
        (ellipse(deep * 0.25, -0.41, 0.018, 0.018), BLACK),
        (tube(arc(-0.1, -0.44, 0.07, -0.5, 1.2), 0.012), BLACK),
    ]
    return [*(Part(fin, darker(grey, 0.85), 0.3) for fin in fins), Part(body, grey, 0.6, 0.2, marks=marks)]


def ray(random: Random) -> list[Part]:
    """A flat diamond with a whip for a tail."""
    colour, wide = any_colour(random, high=0.8), random.uniform(0.4, 0.55)
    sweep = random.uniform(-0.12, 0.12)
    tail = curve((0, 0.2), (random.uniform(-0.1, 0.1), 0.5), (random.uniform(-0.25, 0.25), 0.85))
    body = symmetric([(0, -0.36), (0.12, -0.3), (wide, sweep), (wide * 0.5, 0.14), (0.06, 0.26), (0, 0.3)])
    marks = [*spots(random, random.randint(8, 30), 0.022, contrasting(random, colour), y=-0.05, rx=wide * 0.7, ry=0.25)]
    marks += [
        (tube([(0, -0.2), (0, 0.3)], [0.1, 0.03]), darker(colour, 0.8)),
        *eyes(0.08, -0.24, 0.022, darker(colour, 1.4)),
    ]
    return [Part(tube(tail, [0.04, 0.008]), colour, 0.5), Part(body, colour, 0.5, 0.2, marks=marks)]


def whale(random: Random) -> list[Part]:
    """From the side: a huge blunt head, grooved throat, small flipper, flat flukes."""
    colour, deep = tinted(random, (0.28, 0.36, 0.46), 0.15), random.uniform(0.16, 0.22)
    body = smooth(
        [
            (0.08, -0.5),
            (deep, -0.25),
            (deep * 0.7, 0.1),
            (0.04, 0.4),
            (-0.03, 0.4),
            (-deep, 0.0),
            (-deep, -0.35),
            (-0.1, -0.5),
        ]
    )
    fluke = smooth([(0, 0.38), (0.22, 0.46), (0.26, 0.56), (0, 0.46), (-0.26, 0.56), (-0.22, 0.46)])
    grooves = [
        (tube(curve((-deep + x, -0.5), (-deep + x - 0.02, 0.0)), 0.012), darker(colour, 0.6))
        for x in (0.02, 0.055, 0.09)
    ]
    pale = [(tube([(-deep, -0.6), (-deep - 0.02, 0.1)], 0.26), darker(colour, 1.9)), *grooves]
    return [
        Part(fluke, darker(colour, 0.9), 0.4),
        Part(body, colour, 0.7, 0.3, marks=[*pale, (ellipse(0.0, -0.27, 0.018, 0.018), BLACK)]),
        Part(smooth([(-0.04, -0.18), (-0.1, 0.06), (-0.16, 0.04), (-0.12, -0.12)]), darker(colour, 0.75), 0.4),
    ]


def tadpole(random: Random) -> list[Part]:
    """A round head with a waving finned tail."""
    colour, swing = any_colour(random, high=0.6), random.uniform(-0.2, 0.2)
    tail = curve((0, -0.1), (swing, 0.15), (-swing, 0.38), (swing * 0.6, 0.6))
    return [
        Part(tube(tail, [0.1, 0.2, 0.14, 0.02]), darker(colour, 1.5), 0.2, 0.0, 0.5),
        Part(tube(tail, [0.16, 0.07, 0.01]), colour, 0.5),
        Part(
            ellipse(0, -0.26, 0.19, 0.23),
            colour,
            0.8,
            0.5,
            marks=[
                *eyes(0.12, -0.36, 0.035, darker(colour, 2)),
                *spots(random, 9, 0.018, darker(colour, 1.5), y=-0.2, rx=0.15, ry=0.16),
            ],
        ),
    ]


SWIMMERS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        reef_fish,
        trout,
        pufferfish,
        shark,
        ray,
        whale,
        tadpole,
    )
}
