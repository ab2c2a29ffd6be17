"""What lives in tidal pools: arms, stars, shells and veils."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    any_colour,
    around,
    contrasting,
    curve,
    paired,
    placed,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import arc, blob, ellipse, hoop, jointed, smooth, star, symmetric, tube
from tlcore.drawing.textures import darker, tinted


def starfish(random: Random) -> list[Part]:
    """Five thick arms with rows of knobs."""
    colour, inner = any_colour(random), random.uniform(0.17, 0.25)
    outline = []
    for index in range(5):
        a = index * 2 * math.pi / 5 - math.pi / 2 + random.uniform(-0.1, 0.1)
        outline += [
            (0.5 * math.cos(a - 0.1), 0.5 * math.sin(a - 0.1)),
            (0.5 * math.cos(a + 0.1), 0.5 * math.sin(a + 0.1)),
            (inner * math.cos(a + 0.63), inner * math.sin(a + 0.63)),
        ]
    knob = contrasting(random, colour)
    knobs = [
        part
        for t in (0.08, 0.16, 0.24, 0.32, 0.4)
        for part in around([Part(ellipse(0, 0, 0.024 * (1.2 - t), 0.024 * (1.2 - t), points=8), knob, 0)], 5, radius=t)
    ]
    return [Part(smooth(outline), colour, 0.8, 0.2, marks=[(part.outline, part.colour) for part in knobs])]


def brittle_star(random: Random) -> list[Part]:
    """A small disc with five very long thin bristly arms."""
    colour, arms = any_colour(random), []
    for index in range(5):
        a = index * 2 * math.pi / 5 + random.uniform(-0.2, 0.2)
        w = random.uniform(-0.8, 0.8)
        spine = curve(*jointed(0, 0, (a, 0.2), (a + w, 0.16), (a - w * 0.4, 0.16), (a - w, 0.14)))
        bristles = [
            Part(
                tube(
                    [
                        (x + 0.03 * math.sin(a), y - 0.03 * math.cos(a)),
                        (x - 0.03 * math.sin(a), y + 0.03 * math.cos(a)),
                    ],
                    0.008,
                ),
                darker(colour, 0.8),
                0,
            )
            for x, y in spine[4::2].tolist()
        ]
        dark = [(ellipse(x, y, 0.03, 0.03, points=8), darker(colour, 0.5)) for x, y in spine[2::4].tolist()]
        arms += [*bristles, Part(tube(spine, [0.045, 0.012]), colour, 0.5, marks=dark)]
    petals = [
        (part.outline, part.colour)
        for part in around([Part(ellipse(0, 0, 0.025, 0.05), darker(colour, 0.5))], 5, radius=0.06)
    ]
    return [*arms, Part(star(0, 0, 0.125, 0.11, 5), darker(colour, 1.2), 0.7, marks=petals)]


def urchin(random: Random) -> list[Part]:
    """A ball of needles."""
    colour, dark = any_colour(random), any_colour(random, low=0.1, high=0.6)
    needles = [
        Part(
            tube([(0, 0), (random.uniform(-0.04, 0.04), -random.uniform(0.4, 0.52))], [0.035, 0.006]),
            darker(dark, random.uniform(0.7, 1.4)),
            0.3,
        )
        for _ in range(2)
    ]
    rows = [
        (ellipse(0.16 * t * math.cos(a), 0.16 * t * math.sin(a), 0.012, 0.012, points=8), darker(colour, 1.6))
        for a in (i * 0.628 for i in range(10))
        for t in (0.4, 0.7, 1.0)
    ]
    return [
        *around(needles[:1], random.randint(12, 17)),
        *around(needles[1:], random.randint(10, 14), 0.2),
        Part(ellipse(0, 0, 0.2, 0.2), colour, 0.8, marks=rows),
    ]


def sand_dollar(random: Random) -> list[Part]:
    """A flat disc with five petals of pinpricks."""
    colour, long = any_colour(random, low=0.5), random.uniform(0.2, 0.3)
    dark = darker(colour, 0.55)
    petal = around([Part(hoop(symmetric([(0, -0.06 - long), (0.06, -long), (0, -0.06)]), 0.03), dark)], 5, 0.3)
    slots = around([Part(ellipse(0, 0, 0.018, 0.05), dark)], 5, 0.93, 0.4)
    rim = [(hoop(ellipse(0, 0, 0.46, 0.46), 0.015), darker(colour, 0.8))]
    grains = spots(random, 30, 0.008, darker(colour, 0.75), rx=0.44, ry=0.44)
    marks = [*rim, *grains, *((part.outline, part.colour) for part in (*petal, *slots))]
    return [Part(blob(random, 0, 0, 0.49, 0.03, 14), colour, 0.7, 0.1, marks=marks)]


def seahorse(random: Random) -> list[Part]:
    """Upright: a long snout, a ringed belly, a curled tail."""
    colour = any_colour(random, low=0.45)
    spine = curve(
        (0.02, -0.36), (0.12, -0.2), (0.05, 0.05), (0.1, 0.28), (0.02, 0.42), (-0.1, 0.4), (-0.1, 0.3), (-0.03, 0.31)
    )
    rings = [
        (tube([(x - 0.2, y + 0.02), (x + 0.2, y - 0.02)], 0.012), darker(colour, 0.6))
        for x, y in spine[4:28:2].tolist()
    ]
    fin = smooth([(0.16, -0.1), (0.34, -0.04), (0.3, 0.08), (0.12, 0.08)])
    rays = [(tube([(0.12, 0.0), (0.36, y)], 0.008), darker(colour, 0.6)) for y in (-0.08, -0.02, 0.04, 0.1)]
    crown = star(0.04, -0.46, 0.08, 0.035, 5)
    head = smooth(
        [(0.12, -0.42), (0.04, -0.47), (-0.08, -0.41), (-0.3, -0.36), (-0.3, -0.31), (-0.08, -0.32), (0.06, -0.3)]
    )
    return [
        Part(fin, darker(colour, 1.2), 0.2, 0, 0.7, marks=rays),
        Part(crown, colour, 0.3),
        Part(tube(spine, [0.1, 0.19, 0.2, 0.1, 0.07, 0.05, 0.03, 0.015]), colour, 0.7, 0.2, marks=rings),
        Part(head, colour, 0.6, marks=[(ellipse(-0.04, -0.39, 0.025, 0.025), BLACK)]),
    ]


def scallop(random: Random) -> list[Part]:
    """A fan with ribs and rings of growth."""
    colour, ribs = any_colour(random, low=0.45), random.randint(7, 12)
    edge = []
    for index in range(2 * ribs + 1):
        a = -math.pi / 2 + (index / (2 * ribs) - 0.5) * 2.6
        far = (0.62, 0.68)[index % 2]
        edge.append((far * math.cos(a) * 0.85, 0.3 + far * math.sin(a)))
    lines = [(tube([(0, 0.34), (x * 1.1, y - 0.05)], [0.01, 0.025]), darker(colour, 0.6)) for x, y in edge[::2]]
    lines += [
        (tube(arc(0, 0.3, r, -2.9, -0.25), 0.02), darker(colour, f)) for r, f in ((0.25, 1.3), (0.4, 0.75), (0.52, 1.3))
    ]
    ears = smooth([(-0.18, 0.2), (0.18, 0.2), (0.15, 0.36), (-0.15, 0.36)])
    return [
        Part(ears, darker(colour, 0.8), 0.5),
        Part(smooth([*edge, (0.04, 0.36), (-0.04, 0.36)], per_segment=3), colour, 0.8, 0.3, marks=lines),
    ]


def whelk(random: Random) -> list[Part]:
    """A spire of whorls that grow, and a mouth."""
    colour, whorls = any_colour(random, low=0.45), random.randint(5, 8)
    parts, y, size = [], -0.48, 0.05
    for _ in range(whorls):
        flecks = [
            (ellipse(x * size, y + size * 0.2, size * 0.1, size * 0.2), darker(colour, 0.6))
            for x in (-0.9, -0.45, 0, 0.45, 0.9)
        ]
        parts.append(Part(ellipse(0, y, size, size * 0.55, 0.15), tinted(random, colour, 0.04), 0.8, 0.4, marks=flecks))
        y, size = y + size * 0.62, size * 1.3
    scale = 1 / (y + 0.5)
    mouth = Part(
        ellipse(size * 0.25, y - size * 0.25, size * 0.24, size * 0.42, 0.4),
        darker(colour, 0.4),
        0.3,
        marks=[(ellipse(size * 0.28, y - size * 0.22, size * 0.16, size * 0.32, 0.4), (0.85, 0.6, 0.5))],
    )
    return placed([*parts, mouth], 0, 0.5 - scale * 0.5 - 0.1, scale)


def nudibranch(random: Random) -> list[Part]:
    """A sea slug: a frilled edge, a flower of gills, two horns, bright lines."""
    colour, trim = any_colour(random, low=0.5), any_colour(random)
    edge = [
        (0.16 * (1 if i % 2 else 1.25) * math.sin(math.pi * (i + 0.5) / 13) ** 0.6, -0.45 + 0.9 * i / 12)
        for i in range(13)
    ]
    skirt = symmetric([(0, -0.5), *edge, (0, 0.5)], per_segment=4)
    body = Part(
        symmetric([(0, -0.42), (0.1, -0.3), (0.12, 0.1), (0, 0.42)]),
        colour,
        0.8,
        0.5,
        marks=[
            *((tube(curve((x, -0.4), (x * 1.5, 0), (x * 0.5, 0.4)), 0.016), trim) for x in (-0.06, 0, 0.06)),
        ],
    )
    gills = around(
        [Part(tube([(0, 0), (0, -0.12)], [0.01, 0.05]), darker(trim, 1.2), 0.4, 0, 0.85)], random.randint(6, 9)
    )
    horns = [Part(tube([(0.05, -0.36), (0.08, -0.5)], [0.03, 0.04]), trim, 0.4)]
    return [Part(skirt, trim, 0.4, 0.3), body, *placed(gills, 0, 0.24, 0.9), *paired(*horns)]


SHORE: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        starfish,
        brittle_star,
        urchin,
        sand_dollar,
        seahorse,
        scallop,
        whelk,
        nudibranch,
    )
}
