"""What stands about the house; length about 1."""

import math
from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    any_colour,
    around,
    bands,
    contrasting,
    curve,
    paired,
    spots,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import arc, ellipse, hoop, polygon, rectangle, slab, smooth, star, symmetric, tube
from tlcore.drawing.subjects.materials import any_metal, any_wood
from tlcore.drawing.textures import darker, tinted


def mug(random: Random) -> list[Part]:
    """From the side: a cup with a handle and a picture."""
    colour, second = any_colour(random, low=0.4), any_colour(random)
    wide = random.uniform(0.24, 0.32)
    body = smooth(
        [(-wide, -0.32), (-wide, 0.1), (-wide * 0.8, 0.36), (wide * 0.8, 0.36), (wide, 0.1), (wide, -0.32)],
        per_segment=3,
    )
    picture = random.choice(
        (
            bands(-0.1, 0.2, random.randint(1, 3), 0.06, second),
            spots(random, 8, 0.04, second, rx=wide, ry=0.25),
            [(star(0, 0.05, 0.15, 0.07, 5), second)],
        )
    )
    return [
        Part(tube(arc(wide, 0, 0.16, -1.5, 1.5), 0.06), colour, 0.6, 0.5),
        Part(body, colour, 0.7, 0.7, marks=picture),
        Part(
            ellipse(0, -0.32, wide, 0.09),
            darker(colour, 1.2),
            0.2,
            marks=[(ellipse(0, -0.31, wide * 0.85, 0.065), darker(random.choice((colour, (0.35, 0.2, 0.1))), 0.55))],
        ),
    ]


def bottle(random: Random) -> list[Part]:
    """Shoulders, a neck, a cap and a label."""
    colour, wide, neck = any_colour(random), random.uniform(0.13, 0.19), random.uniform(-0.25, -0.1)
    outline = symmetric(
        [(0, -0.48), (0.05, -0.47), (0.05, neck - 0.05), (wide, neck + 0.14), (wide, 0.4), (wide * 0.9, 0.5), (0, 0.5)]
    )
    label = any_colour(random, low=0.6)
    marks = [
        (rectangle(0, 0.22, 0.6, random.uniform(0.15, 0.3)), label),
        (rectangle(0, 0.22, 0.2, 0.05), darker(label, 0.5)),
    ]
    return [
        Part(outline, colour, 0.8, 0.9, random.uniform(0.75, 1), marks=marks),
        Part(slab(0, -0.47, 0.13, 0.08), any_colour(random), 0.5, 0.4),
    ]


def umbrella(random: Random) -> list[Part]:
    """A scalloped canopy in panels, a hooked stick."""
    colour, second = any_colour(random), any_colour(random)
    edge = [(0.5 - index / 8, -0.02 + (0.05 if index % 2 == 0 else 0.0)) for index in range(9)]
    canopy = smooth([(-0.42, -0.25), (-0.2, -0.43), (0, -0.48), (0.2, -0.43), (0.42, -0.25), *edge], per_segment=3)
    panels = [(polygon((0, -0.48), (x, 0.05), (x + 0.25, 0.05)), second) for x in (-0.5, 0.0)]
    ribs = [(tube(curve((0, -0.48), (x * 0.8, -0.3), (x, 0.03)), 0.01), darker(colour, 0.5)) for x in (-0.25, 0, 0.25)]
    stick = curve((0, -0.55), (0, 0.0), (0, 0.4), (0.06, 0.5), (0.14, 0.44))
    return [
        Part(tube(stick, 0.03), darker(any_wood(random), 0.8), 0.4),
        Part(canopy, colour, 0.7, marks=[*panels, *ribs]),
    ]


def clock(random: Random) -> list[Part]:
    """A dial with hour marks and two hands."""
    face, rim = any_colour(random, low=0.75), any_colour(random, high=0.7)
    hour, minute, ink = random.uniform(0, 6.28), random.uniform(0, 6.28), contrasting(random, face)
    ticks = [(part.outline, ink) for part in around([Part(rectangle(0, 0, 0.025, 0.07), ink)], 12, radius=0.33)]
    hands = [
        (tube([(-0.05 * math.cos(a), -0.05 * math.sin(a)), (r * math.cos(a), r * math.sin(a))], [w, w * 0.5]), ink)
        for a, r, w in ((hour, 0.2, 0.045), (minute, 0.3, 0.03))
    ]
    bells = (
        paired(
            Part(ellipse(0.26, -0.42, 0.14, 0.12), rim, 0.7, 0.6), Part(tube([(0.2, 0.3), (0.32, 0.5)], 0.05), rim, 0.4)
        )
        if random.random() < 0.4
        else []
    )
    return [
        *bells,
        Part(ellipse(0, 0, 0.47, 0.47), rim, 0.6, 0.6),
        Part(ellipse(0, 0, 0.39, 0.39), face, 0.2, marks=[*ticks, *hands, (ellipse(0, 0, 0.03, 0.03), ink)]),
    ]


def glasses(random: Random) -> list[Part]:
    """Two lenses in a frame."""
    frame, tint, corner = any_colour(random), any_colour(random), random.choice((2.0, 3.0, 5.0))
    lens = [
        Part(slab(0.27, 0, 0.4, 0.34, corner), tint, 0.3, 0.8, random.uniform(0.2, 0.8)),
        Part(hoop(slab(0.27, 0, 0.4, 0.34, corner), 0.045), frame, 0.4, 0.5),
    ]
    temple = Part(tube(curve((0.47, -0.06), (0.56, -0.2), (0.52, -0.4)), 0.03), frame, 0.4)
    return [*paired(temple, *lens), Part(tube(curve((-0.09, -0.03), (0, -0.09), (0.09, -0.03)), 0.035), frame, 0.4)]


def spoon(random: Random) -> list[Part]:
    """A bowl on a handle."""
    metal, bowl = any_metal(random), random.uniform(0.12, 0.17)
    return [
        Part(tube([(0, -0.2), (0, 0.2), (0, 0.52)], [0.045, 0.035, 0.09]), metal, 0.6, 0.6),
        Part(
            ellipse(0, -0.32, bowl, 0.2),
            metal,
            0.6,
            0.7,
            marks=[(ellipse(0, -0.31, bowl * 0.78, 0.16), darker(metal, 0.75))],
        ),
    ]


def fork(random: Random) -> list[Part]:
    """Three or four prongs on a handle."""
    metal, prongs = any_metal(random), random.choice((3, 4))
    xs = [(-0.5 + index / (prongs - 1)) * 0.22 for index in range(prongs)]
    return [
        *(Part(tube([(x, -0.52), (x, -0.2)], [0.02, 0.042]), metal, 0.5, 0.5) for x in xs),
        Part(symmetric([(0, -0.24), (0.13, -0.24), (0.1, -0.08), (0, 0.02)]), metal, 0.6, 0.5),
        Part(tube([(0, -0.08), (0, 0.2), (0, 0.54)], [0.045, 0.035, 0.09]), metal, 0.6, 0.6),
    ]


def light_bulb(random: Random) -> list[Part]:
    """Clear glass with a filament, a threaded base."""
    glow, metal = any_colour(random, low=0.8), any_metal(random)
    wire = tube([(-0.06, 0.1), (-0.1, -0.18), (-0.05, -0.1), (0, -0.2), (0.05, -0.1), (0.1, -0.18), (0.06, 0.1)], 0.014)
    glass = symmetric([(0, -0.5), (0.2, -0.43), (0.27, -0.22), (0.17, 0.02), (0.11, 0.2), (0, 0.22)])
    base = [Part(slab(0, 0.22 + index * 0.065, 0.22 - index * 0.012, 0.08, 3), metal, 0.8, 0.6) for index in range(4)]
    return [
        Part(ellipse(0, 0.47, 0.06, 0.04), BLACK, 0.4),
        Part(glass, glow, 0.4, 0.9, random.uniform(0.5, 0.8), marks=[(wire, darker(metal, 0.4))]),
        *base,
    ]


def chair(random: Random) -> list[Part]:
    """Back with slats, a seat, legs."""
    wood, slats = any_colour(random) if random.random() < 0.4 else any_wood(random), random.randint(2, 5)
    legs = [
        Part(tube([(x, 0.05), (x * 1.15, 0.5 + dy)], 0.05), darker(wood, 0.75), 0.4)
        for x, dy in ((-0.2, -0.08), (0.28, -0.08), (-0.27, 0.0), (0.2, 0.0))
    ]
    back = [Part(tube([(x, -0.5), (x, 0.02)], 0.045), wood, 0.4) for x in (-0.2, 0.26)]
    rungs = [
        Part(rectangle(0.03, -0.44 + index * 0.36 / slats, 0.46, 0.22 / slats), darker(wood, 1.15), 0.4)
        for index in range(slats)
    ]
    return [
        *legs,
        *rungs,
        *back,
        Part(polygon((-0.2, 0.0), (0.28, 0.0), (0.22, 0.14), (-0.3, 0.14)), darker(wood, 1.1), 0.3),
    ]


def ladder(random: Random) -> list[Part]:
    """Two rails and rungs."""
    wood, rungs, wide = any_wood(random), random.randint(5, 9), random.uniform(0.12, 0.18)
    bars = [
        Part(tube([(-wide, y), (wide, y)], 0.035), darker(wood, 0.85), 0.5)
        for y in (-0.45 + 0.9 * (i + 0.5) / rungs for i in range(rungs))
    ]
    return [*bars, *(Part(tube([(s * wide * 0.9, -0.52), (s * wide * 1.1, 0.52)], 0.055), wood, 0.5) for s in (-1, 1))]


def book(random: Random) -> list[Part]:
    """Open, with lines on both pages."""
    paper, cover = tinted(random, (0.92, 0.9, 0.82), 0.06), any_colour(random)
    page = smooth([(0, -0.26), (0.2, -0.33), (0.46, -0.28), (0.46, 0.28), (0.2, 0.24), (0, 0.3)], per_segment=4)
    lines = [
        (tube([(0.07, y), (random.uniform(0.3, 0.4), y)], 0.014), darker(paper, 0.45))
        for y in (-0.2, -0.13, -0.06, 0.01, 0.08, 0.15)
    ]
    return [
        Part(slab(0, 0.01, 1.02, 0.7, 12), cover, 0.4),
        *paired(Part(page, paper, 0.4, marks=lines)),
        Part(tube([(0, -0.27), (0, 0.3)], 0.012), darker(paper, 0.5), 0),
    ]


def envelope(random: Random) -> list[Part]:
    """A rectangle with the folds of its flap and a seal."""
    paper, high = any_colour(random, low=0.6), random.uniform(0.28, 0.36)
    folds = [(tube([(side * 0.5, high), (0, -0.04)], 0.012), darker(paper, 0.7)) for side in (-1, 1)]
    flap = Part(polygon((-0.5, -high), (0.5, -high), (0, random.uniform(0.0, 0.14))), darker(paper, 1.1), 0.3)
    return [
        Part(rectangle(0, 0, 1, 2 * high), paper, 0.15, marks=folds),
        flap,
        Part(ellipse(0, 0.04, 0.07, 0.07), any_colour(random), 0.8, 0.5),
    ]


HOUSEHOLD: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        mug,
        bottle,
        umbrella,
        clock,
        glasses,
        spoon,
        fork,
        light_bulb,
        chair,
        ladder,
        book,
        envelope,
    )
}
