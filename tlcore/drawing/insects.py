"""The six classes of the demo dataset: drawn insects, seen from above, in varied attitudes, colours and kinds.

Each function gives the parts of one insect, of length about 1, head up.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import Outline, blob, ellipse, fuzzy, mirror, smooth, tube
from tlcore.drawing.textures import darker, tinted

Point = tuple[float, float]


def ant(random: Random) -> list[Part]:
    """Three separate knots with a thin waist, elbowed antennae, long legs."""
    colour = tinted(random, random.choice(((0.10, 0.08, 0.07), (0.30, 0.14, 0.07), (0.48, 0.22, 0.10))), 0.05)
    hind = tinted(random, random.choice((colour, (0.10, 0.08, 0.07))), 0.04)
    bend, stout = random.uniform(-0.12, 0.12), random.uniform(0.85, 1.2)
    gloss = random.uniform(0.3, 0.9)
    legs = _legs(random, colour, at=((-0.16, -0.08, 0.0)), reach=random.uniform(0.38, 0.55), width=0.026)
    antennae = _both(random, [(0.04, -0.48), (0.17, -0.62), (0.13, -0.82)], [0.022, 0.016], colour)
    jaws = _both(random, [(0.05, -0.52), (0.07, -0.60), (0.01, -0.63)], [0.03, 0.01], colour)
    gaster = ellipse(bend, 0.37, 0.14 * stout, 0.2 * stout, -bend)
    rings = [(tube([(bend - 0.2, y), (bend + 0.2, y)], 0.012), darker(hind, 1.8)) for y in (0.3, 0.38, 0.46)]
    return [
        *legs,
        *antennae,
        *jaws,
        Part(ellipse(bend * 0.3, 0.13, 0.035, 0.06), colour, 0.7, gloss),
        Part(gaster, hind, 0.8, gloss, marks=rings),
        Part(ellipse(0, -0.1, 0.075 * stout, 0.17), colour, 0.7, gloss),
        Part(ellipse(0, -0.4, 0.12 * stout, 0.125), colour, 0.7, gloss, marks=_eyes(0.085, -0.42, 0.025)),
    ]


def bee(random: Random) -> list[Part]:
    """A furry, banded body and two pairs of clear wings that are shorter than it."""
    yellow = tinted(random, random.choice(((0.82, 0.58, 0.14), (0.70, 0.44, 0.14), (0.60, 0.42, 0.22))), 0.06)
    dark = tinted(random, (0.14, 0.10, 0.07), 0.04)
    stout, bands = random.uniform(0.85, 1.3), random.randint(3, 5)
    fur = tinted(random, random.choice((yellow, darker(yellow, 0.75), dark)), 0.04)
    belly = fuzzy(random, ellipse(0, 0.27, 0.19 * stout, 0.32, points=44), 0.05)
    marks = [
        (tube([(-0.3, 0.08 + step), (0, 0.12 + step), (0.3, 0.08 + step)], random.uniform(0.2, 0.3) / bands), dark)
        for step in (index * 0.48 / bands for index in range(bands))
    ]
    open_ = random.uniform(-0.5, 0.35)
    wings = _wing_pair(random, (0.1, -0.1), 0.52, 0.2, open_ + 0.25, (0.82, 0.84, 0.86), random.uniform(0.35, 0.6))
    wings += _wing_pair(random, (0.1, -0.02), 0.36, 0.15, open_ - 0.35, (0.82, 0.84, 0.86), random.uniform(0.35, 0.6))
    return [
        *_legs(random, dark, at=(-0.24, -0.12, 0.0), reach=random.uniform(0.26, 0.36), width=0.035),
        *_both(random, [(0.05, -0.44), (0.12, -0.54), (0.16, -0.64)], [0.022, 0.018], dark),
        Part(belly, yellow, 0.7, 0.1, marks=marks),
        Part(fuzzy(random, ellipse(0, -0.14, 0.185 * stout, 0.17, points=40), 0.1), fur, 0.6),
        Part(fuzzy(random, ellipse(0, -0.37, 0.13, 0.1, points=30), 0.06), dark, 0.6, marks=_eyes(0.1, -0.37, 0.045)),
        *wings,
    ]


def ladybird(random: Random) -> list[Part]:
    """A dome with spots and a seam, a small black shield with white cheeks, hardly any legs."""
    shell = random.choice(((0.80, 0.10, 0.06), (0.86, 0.34, 0.08), (0.86, 0.68, 0.16), (0.12, 0.10, 0.10)))
    spot = (0.75, 0.12, 0.08) if shell[0] < 0.2 else (0.08, 0.06, 0.06)
    shell, width = tinted(random, shell, 0.05), random.uniform(0.36, 0.42)
    marks: list[tuple[Outline, Colour]] = [(tube([(0, -0.3), (0, 0.5)], 0.018), darker(spot, 0.8))]
    size = random.uniform(0.05, 0.09)
    for x, y in random.choice((_SPOTS_2, _SPOTS_7, _SPOTS_7, _SPOTS_14)):
        dot = blob(random, x, y, size * random.uniform(0.85, 1.15), 0.12)
        marks += [(dot, spot), (mirror(dot), spot)]
    cheek = blob(random, 0.16, -0.37, 0.05, 0.15)
    black = tinted(random, (0.08, 0.07, 0.07), 0.03)
    return [
        *_legs(random, black, at=(-0.18, 0.0, 0.2), reach=random.uniform(0.42, 0.5), width=0.04),
        *_both(random, [(0.06, -0.48), (0.12, -0.56)], [0.025, 0.03], black),
        Part(ellipse(0, -0.42, 0.13, 0.08), black, 0.6, 0.3),
        Part(ellipse(0, -0.33, 0.23, 0.13), black, 0.6, 0.4, marks=[(cheek, _WHITE), (mirror(cheek), _WHITE)]),
        Part(ellipse(0, 0.09, width, 0.4), shell, 0.8, random.uniform(0.5, 1.0), marks=marks),
    ]


def butterfly(random: Random) -> list[Part]:
    """Four broad patterned wings on a thin body; clubbed antennae."""
    colour = tinted(random, random.choice(_WING_COLOURS), 0.06)
    second = tinted(random, random.choice((colour, *_WING_COLOURS)), 0.05)
    rim = tinted(random, random.choice(((0.10, 0.08, 0.08), (0.30, 0.18, 0.10), darker(colour, 0.6))), 0.03)
    dot = tinted(random, random.choice((_WHITE, (0.10, 0.08, 0.08), (0.25, 0.45, 0.80), (0.90, 0.55, 0.10))), 0.05)
    open_, long = random.uniform(0.45, 1.0), random.uniform(0.85, 1.15)
    fore = [(0.02, -0.2), (0.28, -0.52 * long), (0.56, -0.62 * long), (0.62, -0.42), (0.48, -0.12), (0.2, 0.04)]
    tail = random.choice((0.0, 0.0, 0.16))
    back = [(0.02, -0.02), (0.3, -0.04), (0.5, 0.14), (0.42, 0.36), (0.28, 0.48 + tail), (0.16, 0.4), (0.04, 0.18)]
    parts = []
    for corners, tint in ((back, second), (fore, colour)):
        wing = smooth([(x * open_, y) for x, y in corners])
        middle = wing.mean(axis=0)
        marks: list[tuple[Outline, Colour]] = [(middle + (wing - middle) * 0.8 - (0.03 * open_, 0), tint)]
        marks += [(tube([(0.03, -0.08), (x * open_, y)], [0.012, 0.006]), rim) for x, y in corners[1:-1]]
        marks += [
            (blob(random, x * open_ * 0.82, y * 0.82, random.uniform(0.02, 0.055), 0.1), dot)
            for x, y in random.sample(corners[1:5], random.randint(0, 3))
        ]
        mirrored = [(mirror(outline), paint) for outline, paint in marks]
        parts += [Part(wing, rim, 0.25, marks=marks), Part(mirror(wing), rim, 0.25, marks=mirrored)]
    body = tinted(random, (0.16, 0.12, 0.10), 0.05)
    feelers = [(0.02, -0.3), (random.uniform(0.06, 0.14), -0.5), (random.uniform(0.12, 0.26), -0.66)]
    return [
        *parts,
        *_both(random, feelers, [0.012, 0.01, 0.028], body),
        Part(tube([(0, -0.3), (0, -0.1), (0, 0.36)], [0.06, 0.09, 0.03]), body, 0.7),
        Part(ellipse(0, -0.3, 0.045, 0.05), body, 0.6),
    ]


def beetle(random: Random) -> list[Part]:
    """Long wing cases with a seam, and often furrows; a broad shield; strong legs, sometimes a horn or jaws."""
    colour = tinted(random, random.choice(_SHELL_COLOURS), 0.05)
    neck = random.choice((colour, darker(colour, 0.7), darker(colour, 1.3)))
    broad, gloss = random.uniform(0.2, 0.33), random.uniform(0.2, 1.0)
    case = [(0, -0.2), (broad * 0.9, -0.17), (broad, 0.1), (broad * 0.85, 0.36), (0.0, 0.55)]
    outline = smooth([*case, *[(-x, y) for x, y in case[-2:0:-1]]])
    seam = darker(colour, 0.4)
    marks: list[tuple[Outline, Colour]] = [(tube([(0, -0.3), (0, 0.6)], 0.016), seam)]
    if random.random() < 0.6:
        for index in range(1, random.randint(3, 5)):
            x = broad * index / 5
            furrow = tube([(x, -0.18), (x * 1.1, 0.15), (x * 0.7, 0.48)], 0.01)
            marks += [(furrow, darker(colour, 0.7)), (mirror(furrow), darker(colour, 0.7))]
    elif random.random() < 0.4:
        spot = blob(random, broad * 0.5, random.uniform(0, 0.3), random.uniform(0.04, 0.08), 0.3)
        tint = tinted(random, random.choice(((0.80, 0.35, 0.10), (0.75, 0.65, 0.25), (0.08, 0.08, 0.08))))
        marks += [(spot, tint), (mirror(spot), tint)]
    front = _both(random, [(0.06, -0.5), (0.14, -0.6), (0.26, -0.68)], [0.02, 0.014], darker(colour, 0.6))
    if random.random() < 0.35:
        length = random.uniform(0.1, 0.26)
        front += _both(random, [(0.06, -0.5), (0.13, -0.5 - length), (0.03, -0.52 - length)], [0.05, 0.02], neck)
    return [
        *_legs(random, darker(colour, 0.6), at=(-0.3, -0.08, 0.12), reach=random.uniform(0.36, 0.5), width=0.045),
        *front,
        Part(
            ellipse(0, -0.46, broad * 0.5, 0.09), darker(neck, 0.8), 0.7, gloss, marks=_eyes(broad * 0.42, -0.48, 0.03)
        ),
        Part(outline, colour, 0.9, gloss, marks=marks),
        Part(ellipse(0, -0.31, broad * random.uniform(0.8, 1.0), 0.13), neck, 0.8, gloss),
    ]


def dragonfly(random: Random) -> list[Part]:
    """A long ringed rod, four long narrow wings held out, and eyes that are most of the head."""
    colours = ((0.15, 0.45, 0.75), (0.70, 0.15, 0.10), (0.25, 0.55, 0.25), (0.75, 0.60, 0.15), (0.12, 0.40, 0.42))
    colour = tinted(random, random.choice(colours), 0.06)
    dark, bend, thick = darker(colour, 0.4), random.uniform(-0.08, 0.08), random.uniform(0.05, 0.1)
    line = smooth([(0, -0.2), (bend * 0.3, 0.2), (bend, 0.6)], closed=False)
    rings = [
        (tube([(-0.2, y), (0.2, y)], random.uniform(0.012, 0.03)), dark) for y in (index * 0.1 for index in range(6))
    ]
    clear, opacity, swing = (0.85, 0.88, 0.90), random.uniform(0.25, 0.5), random.uniform(-0.25, 0.25)
    wings = _wing_pair(random, (0.04, -0.12), 0.64, 0.15, 0.12 + swing, clear, opacity, tip=dark)
    wings += _wing_pair(random, (0.04, -0.22), 0.66, 0.13, 0.32 + swing, clear, opacity, tip=dark)
    eye = tinted(random, random.choice((colour, (0.45, 0.25, 0.12), (0.20, 0.50, 0.40))), 0.05)
    eyes = [
        Part(outline, eye, 0.7, 0.8)
        for outline in (ellipse(0.055, -0.42, 0.06, 0.055), ellipse(-0.055, -0.42, 0.06, 0.055))
    ]
    return [
        *_legs(random, dark, at=(-0.32, -0.26, -0.2), reach=0.2, width=0.016),
        Part(tube(line, [thick, thick * 0.8, thick * 1.1, thick * 0.6]), colour, 0.8, 0.4, marks=rings),
        Part(ellipse(0, -0.22, 0.085, 0.15), tinted(random, colour, 0.05), 0.7, 0.3),
        *wings,
        *eyes,
    ]


INSECTS: dict[str, Callable[[Random], list[Part]]] = {
    draw.__name__: draw for draw in (ant, bee, beetle, butterfly, dragonfly, ladybird)
}

_WHITE: Colour = (0.92, 0.90, 0.86)
_WING_COLOURS: Sequence[Colour] = (
    (0.88, 0.46, 0.10),
    (0.92, 0.86, 0.66),
    (0.25, 0.42, 0.78),
    (0.86, 0.74, 0.20),
    (0.42, 0.22, 0.14),
    (0.70, 0.14, 0.12),
    (0.55, 0.60, 0.75),
)
_SHELL_COLOURS: Sequence[Colour] = (
    (0.10, 0.09, 0.09),
    (0.28, 0.16, 0.09),
    (0.12, 0.38, 0.18),
    (0.14, 0.24, 0.48),
    (0.46, 0.20, 0.10),
    (0.40, 0.34, 0.12),
    (0.60, 0.12, 0.08),
)
_SPOTS_2 = ((0.17, 0.08),)
_SPOTS_7 = ((0.13, -0.14), (0.22, 0.1), (0.12, 0.3))
_SPOTS_14 = ((0.09, -0.18), (0.24, -0.1), (0.12, 0.02), (0.28, 0.1), (0.1, 0.2), (0.22, 0.26), (0.08, 0.38))


def _legs(random: Random, colour: Colour, at: Sequence[float], reach: float, width: float) -> list[Part]:
    """Three pairs, each leg with a knee, stepping as it likes."""
    parts = []
    for index, y in enumerate(at):
        swing = (-0.75, 0.05, 0.8)[index]
        for side in (-1, 1):
            angle = swing + random.uniform(-0.22, 0.22)
            knee = (side * reach * 0.6 * math.cos(angle), y + reach * 0.6 * math.sin(angle) - 0.03)
            angle += random.uniform(0.1, 0.5) * (1 if swing > 0 else -1)
            foot = (knee[0] + side * reach * 0.6 * math.cos(angle), knee[1] + reach * 0.6 * math.sin(angle))
            parts.append(Part(tube([(0, y), knee, foot], [width * 1.2, width, width * 0.4]), colour, 0.5))
    return parts


def _both(random: Random, line: Sequence[Point], widths: Sequence[float], colour: Colour) -> list[Part]:
    """A feeler or a jaw on each side, not quite alike."""
    parts = []
    for side in (-1, 1):
        moved = [(side * (x + random.uniform(-0.02, 0.02)), y + random.uniform(-0.02, 0.02)) for x, y in line[1:]]
        parts.append(Part(tube([(side * line[0][0], line[0][1]), *moved], widths), colour, 0.4))
    return parts


def _eyes(x: float, y: float, radius: float) -> list[tuple[Outline, Colour]]:
    eye = ellipse(x, y, radius, radius * 1.3, points=14)
    return [(eye, (0.04, 0.04, 0.05)), (mirror(eye), (0.04, 0.04, 0.05))]


def _wing_pair(
    random: Random,
    root: Point,
    length: float,
    breadth: float,
    lift: float,
    colour: Colour,
    opacity: float,
    tip: Colour | None = None,
) -> list[Part]:
    """Clear wings with veins; `lift` is the angle above the horizontal, in radians, below 0: folded back."""
    parts = []
    for side in (-1, 1):
        angle = lift + random.uniform(-0.08, 0.08)
        cos, sin = math.cos(angle), -math.sin(angle)

        def at(along: float, across: float, side: int = side, cos: float = cos, sin: float = sin) -> Point:
            x, y = along * length, across * breadth
            return side * (root[0] + x * cos - y * sin), root[1] + x * sin + y * cos

        shape = smooth([at(0, 0), at(0.4, -0.35), at(0.85, -0.45), at(1.0, -0.05), at(0.8, 0.45), at(0.35, 0.4)])
        vein = darker(colour, 0.35)
        veins = [(tube([at(0, 0), at(0.5, y * 0.7), at(0.95, y)], 0.008), vein) for y in (-0.4, -0.1, 0.2)]
        if tip is not None:
            veins.append((tube([at(0.84, -0.4), at(0.93, -0.35)], 0.03), tip))
        parts.append(Part(shape, colour, 0.15, 0.2, opacity, marks=veins))
    return parts
