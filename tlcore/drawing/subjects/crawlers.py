"""Animals of the ground, mostly from above, head up."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    any_colour,
    bands,
    contrasting,
    curve,
    eyes,
    lengthways,
    paired,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import (
    ellipse,
    fuzzy,
    hoop,
    jointed,
    polygon,
    smooth,
    star,
    symmetric,
    tube,
)
from tlcore.drawing.textures import darker, tinted


def snake(random: Random) -> list[Part]:
    """A long winding body with saddles, and a forked tongue."""
    colour, waves = any_colour(random), random.uniform(1.2, 2.6)
    swing, phase = random.uniform(0.1, 0.2), random.uniform(0, 6)
    spine = [(swing * math.sin(phase + waves * 6.28 * t), -0.5 + t) for t in (index / 40 for index in range(41))]
    dark, thick, step = contrasting(random, colour), random.uniform(0.05, 0.08), random.randint(2, 4)
    saddles = [(ellipse(x, y, thick * 0.45, 0.018), dark) for x, y in spine[3::step]]
    x, y = spine[0]
    tongue = [tube([(x, y), (x, y - 0.09), (x + side, y - 0.13)], 0.008) for side in (-0.025, 0.025)]
    return [
        *(Part(fork, (0.7, 0.1, 0.1), 0) for fork in tongue),
        Part(tube(spine, [thick * 0.8, thick, thick, thick * 0.8, 0.008]), colour, 0.6, 0.3, marks=saddles),
        Part(
            ellipse(x, y, thick * 0.62, thick * 0.85),
            colour,
            0.6,
            marks=[(ellipse(x + s, y - 0.02, 0.01, 0.01), BLACK) for s in (-0.03, 0.03)],
        ),
    ]


def gecko(random: Random) -> list[Part]:
    """From above: four legs with toe pads, a thick tail, big eyes, spots."""
    colour, dark = any_colour(random), darker(any_colour(random), 0.5)
    legs = []
    for y, angle in ((-0.16, random.uniform(-0.7, -0.1)), (0.12, random.uniform(0.1, 0.7))):
        limb = jointed(0, y, (angle, 0.17), (-angle * 0.5 + (0.8 if y > 0 else -0.8), 0.12))
        foot = limb[-1]
        toes = [Part(tube(jointed(*foot, (t, 0.07)), [0.014, 0.03]), colour, 0.3) for t in (-1.4, -0.7, 0.0, 0.7, 1.4)]
        legs += paired(Part(tube(limb, [0.06, 0.035]), colour, 0.5), *toes)
    tail = curve((0, 0.1), (random.uniform(-0.08, 0.08), 0.35), (random.uniform(-0.25, 0.25), 0.58))
    body = symmetric([(0, -0.3), (0.06, -0.24), (0.1, -0.05), (0.07, 0.18), (0, 0.22)])
    marks = spots(random, random.randint(10, 20), 0.018, dark, rx=0.1, ry=0.25)
    head = symmetric([(0, -0.5), (0.06, -0.44), (0.09, -0.34), (0, -0.22)])
    return [
        *legs,
        Part(
            tube(tail, [0.09, 0.08, 0.01]), colour, 0.6, marks=spots(random, 10, 0.018, dark, y=0.35, rx=0.15, ry=0.2)
        ),
        Part(body, colour, 0.7, 0.2, marks=marks),
        Part(head, colour, 0.6, marks=eyes(0.07, -0.38, 0.028, (0.9, 0.75, 0.2))),
    ]


def frog(random: Random) -> list[Part]:
    """From above: folded long hind legs, bulging eyes, a stripe down the back."""
    colour = any_colour(random)
    hind = jointed(0.08, 0.24, (-0.5, 0.28), (2.2, 0.26), (0.3, 0.18))
    front = jointed(0.12, -0.12, (0.1, 0.14), (-1.2, 0.12))
    toes = [Part(tube(jointed(*hind[-1], (a, 0.12)), [0.03, 0.014]), colour, 0.3) for a in (-0.4, 0.3, 1.0)]
    fingers = [Part(tube(jointed(*front[-1], (a, 0.07)), [0.025, 0.012]), colour, 0.3) for a in (-2.0, -1.2, -0.4)]
    body = symmetric([(0, -0.42), (0.14, -0.34), (0.2, -0.1), (0.16, 0.2), (0, 0.34)])
    marks = [
        *lengthways((0,), 0.05, darker(colour, 1.5)),
        *spots(random, random.randint(5, 14), 0.03, darker(colour, 0.5), rx=0.18, ry=0.3),
    ]
    return [
        *paired(
            *toes,
            *fingers,
            Part(tube(hind, [0.14, 0.08, 0.04]), colour, 0.6, marks=bands(0, 0.5, 5, 0.025, darker(colour, 0.6))),
        ),
        *paired(Part(tube(front, [0.08, 0.035]), colour, 0.5)),
        Part(body, colour, 0.7, 0.5, marks=marks),
        *paired(
            Part(
                ellipse(0.11, -0.32, 0.06, 0.06),
                darker(colour, 1.2),
                0.7,
                0.5,
                marks=[(ellipse(0.12, -0.33, 0.035, 0.02), BLACK)],
            )
        ),
    ]


def turtle(random: Random) -> list[Part]:
    """From above: a shell of plates, four flippers, a small head."""
    shell, skin = any_colour(random, high=0.7), any_colour(random, low=0.35, high=0.8)
    broad, seam = random.uniform(0.28, 0.36), contrasting(random, shell)
    plates = [(star(0, y, 0.1, 0.085, 3, 0.5), darker(shell, 1.4)) for y in (-0.22, 0.0, 0.22)]
    seams = [(tube([(0.09, y), (broad, y * 1.4)], 0.016), seam) for y in (-0.24, -0.1, 0.1, 0.24)]
    seams += [(-outline, tint) for outline, tint in seams]
    rim = [(hoop(ellipse(0, 0, broad * 0.84, 0.34), 0.016), seam)]
    flipper = smooth([(0.15, -0.25), (0.42, -0.32), (0.52, -0.12), (0.4, -0.2), (0.2, -0.14)])
    rear = smooth([(0.14, 0.26), (0.3, 0.36), (0.28, 0.48), (0.16, 0.38)])
    scales = spots(random, 12, 0.025, darker(skin, 0.6), x=0.35, y=-0.22, rx=0.16, ry=0.1)
    return [
        *paired(Part(flipper, skin, 0.5, marks=scales), Part(rear, skin, 0.5)),
        Part(polygon((-0.04, 0.36), (0.04, 0.36), (0, 0.52)), skin, 0.4),
        Part(
            symmetric([(0, -0.6), (0.07, -0.52), (0.06, -0.36), (0, -0.3)]), skin, 0.6, marks=eyes(0.055, -0.5, 0.016)
        ),
        Part(ellipse(0, 0, broad, 0.41), shell, 0.8, random.uniform(0, 0.6), marks=[*rim, *seams, *plates]),
    ]


def mouse(random: Random) -> list[Part]:
    """From above: a pear with round ears and a long thin tail."""
    colour, pink = (
        tinted(random, random.choice(((0.5, 0.46, 0.42), (0.85, 0.83, 0.8), (0.4, 0.28, 0.18))), 0.1),
        (0.85, 0.6, 0.58),
    )
    tail = curve((0, 0.25), (random.uniform(-0.2, 0.2), 0.5), (random.uniform(-0.4, 0.4), 0.7))
    body = fuzzy(
        random, symmetric([(0, -0.5), (0.06, -0.42), (0.12, -0.25), (0.2, 0.05), (0.16, 0.26), (0, 0.33)]), 0.03
    )
    whiskers = [
        Part(tube([(0.02, -0.46), (0.18, -0.46 + dy)], 0.006), darker(colour, 1.5), 0) for dy in (-0.06, 0.0, 0.05)
    ]
    ear = Part(
        ellipse(0.13, -0.26, random.uniform(0.08, 0.11), 0.09),
        darker(colour, 0.9),
        0.4,
        marks=[(ellipse(0.13, -0.26, 0.06, 0.055), pink)],
    )
    feet = [Part(ellipse(0.18, 0.26, 0.05, 0.03), pink, 0.3), Part(ellipse(0.13, -0.14, 0.04, 0.03), pink, 0.3)]
    marks = [*eyes(0.06, -0.38, 0.02), (ellipse(0, -0.5, 0.025, 0.025), pink)]
    return [
        Part(tube(tail, [0.035, 0.01]), pink, 0.4),
        *paired(*feet),
        *paired(*whiskers),
        Part(body, colour, 0.7, marks=marks),
        *paired(ear),
    ]


def snail(random: Random) -> list[Part]:
    """From the side: a coiled shell on a foot, horns with eyes."""
    shell, skin = any_colour(random, low=0.4), tinted(random, (0.65, 0.55, 0.42), 0.15)
    turns = random.uniform(2.2, 3.4)
    coil = [
        (0.08 + 0.27 * (1 - t) * math.cos(6.28 * turns * t), -0.08 + 0.27 * (1 - t) * math.sin(6.28 * turns * t))
        for t in (i / 50 for i in range(50))
    ]
    foot = smooth([(-0.48, 0.02), (-0.36, -0.08), (-0.25, 0.1), (0.1, 0.12), (0.5, 0.24), (0.1, 0.28), (-0.36, 0.26)])
    horns = [Part(tube([(-0.42, 0.0), (-0.5 - dx, -0.28)], [0.03, 0.018]), skin, 0.4) for dx in (-0.06, 0.06)]
    knobs = [Part(ellipse(-0.5 - dx, -0.28, 0.028, 0.028), darker(skin, 0.4), 0.4) for dx in (-0.06, 0.06)]
    return [
        *horns,
        *knobs,
        Part(foot, skin, 0.6, 0.4),
        Part(
            ellipse(0.08, -0.08, 0.32, 0.3), shell, 0.9, 0.4, marks=[(tube(coil, [0.035, 0.015]), darker(shell, 0.45))]
        ),
    ]


def slug(random: Random) -> list[Part]:
    """A soft streak with a mantle, a furrowed foot and horns, no shell."""
    colour = tinted(random, random.choice(((0.25, 0.2, 0.16), (0.7, 0.4, 0.15), (0.6, 0.55, 0.45))), 0.1)
    body = symmetric([(0, -0.4), (0.1, -0.32), (0.13, 0.0), (0.09, 0.3), (0, 0.5)])
    wrinkles = [
        (tube(curve((x, -0.05), (x * 1.2, 0.2), (x * 0.4, 0.5)), 0.012), darker(colour, 0.6))
        for x in (-0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12)
    ]
    wrinkles += [
        (tube([(side * 0.1, y), (side * 0.01, y + 0.05)], 0.008), darker(colour, 0.6))
        for side in (-1, 1)
        for y in (0.05, 0.15, 0.25, 0.35)
    ]
    horns = [
        Part(tube([(0.04, -0.36), (0.11 + random.uniform(-0.03, 0.05), -0.56)], [0.03, 0.025]), colour, 0.4),
        Part(tube([(0.03, -0.38), (0.06, -0.46)], 0.02), colour, 0.4),
    ]
    mantle = Part(
        ellipse(0, -0.14, 0.115, 0.17),
        darker(colour, 1.15),
        0.7,
        0.6,
        marks=spots(random, 8, 0.012, darker(colour, 0.6), y=-0.14, rx=0.1, ry=0.14),
    )
    return [*paired(*horns), Part(body, colour, 0.7, 0.7, marks=wrinkles), mantle]


def worm(random: Random) -> list[Part]:
    """Ringed from end to end, with a saddle, coiled somehow."""
    colour = tinted(random, (0.72, 0.45, 0.4), 0.12)
    spine = curve(*[(random.uniform(-0.22, 0.22), -0.5 + index * 0.2) for index in range(6)])
    thick = random.uniform(0.06, 0.1)
    rings = [(tube([(x - thick, y), (x + thick, y)], 0.01), darker(colour, 0.65)) for x, y in spine[::1].tolist()]
    saddle = tube(spine[8:13], thick * 1.15)
    return [
        Part(tube(spine, [0.02, thick, thick, thick * 0.9, 0.02]), colour, 0.7, 0.4, marks=rings),
        Part(saddle, darker(colour, 1.25), 0.6, 0.4),
    ]


CRAWLERS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        snake,
        gecko,
        frog,
        turtle,
        mouse,
        snail,
        slug,
        worm,
    )
}
