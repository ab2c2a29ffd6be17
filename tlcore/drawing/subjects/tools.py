"""What lies in a toolbox or a drawer; length about 1."""

from collections.abc import Callable
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    any_colour,
    around,
    curve,
    lengthways,
    paired,
    placed,
)
from tlcore.drawing.canvas import Part
from tlcore.drawing.shapes import ellipse, hoop, polygon, rectangle, slab, smooth, symmetric, tube
from tlcore.drawing.subjects.materials import any_metal, any_wood
from tlcore.drawing.textures import darker


def key(random: Random) -> list[Part]:
    """A ring, a shaft and teeth."""
    metal, ring = any_metal(random), random.uniform(0.12, 0.18)
    teeth = [
        Part(rectangle(0.06, 0.46 - index * 0.08, random.uniform(0.08, 0.18), 0.045), metal, 0.4, 0.4)
        for index in range(random.randint(2, 4))
    ]
    bow = Part(
        hoop(ellipse(0, -0.34, ring, ring * random.uniform(0.8, 1.2)), random.uniform(0.05, 0.08)), metal, 0.5, 0.6
    )
    return [
        *teeth,
        Part(tube([(0, -0.2), (0, 0.5)], random.uniform(0.05, 0.07)), metal, 0.6, 0.6),
        bow,
        Part(rectangle(0, -0.16, 0.1, 0.04), metal, 0.4),
    ]


def scissors(random: Random) -> list[Part]:
    """Two blades that cross at a screw; two loops."""
    metal, grip, spread = any_metal(random), any_colour(random), random.uniform(0.08, 0.45)
    blade = Part(polygon((-0.04, 0.06), (0.045, 0.02), (0.01, -0.52), (-0.03, -0.3)), metal, 0.4, 0.5)
    shank = Part(tube(curve((0, 0), (-0.05, 0.14), (-0.08, 0.2)), 0.05), metal, 0.4)
    loop = Part(hoop(ellipse(-0.11, 0.34, 0.09, 0.14, 0.2), 0.05), grip, 0.6, 0.3)
    half = [shank, loop, blade]
    return [
        *placed(half, turn=spread / 2),
        *placed(paired(*half)[3:], turn=-spread / 2),
        Part(ellipse(0, 0.02, 0.025, 0.025), darker(metal, 0.5), 0.5),
    ]


def hammer(random: Random) -> list[Part]:
    """A handle with a head: flat at one side, a claw at the other."""
    metal, wood = any_metal(random), any_wood(random)
    head = smooth(
        [(-0.28, -0.46), (-0.28, -0.3), (-0.1, -0.34), (0.1, -0.34), (0.34, -0.26), (0.12, -0.46), (-0.1, -0.44)]
    )
    grip = Part(slab(0, 0.36, 0.11, 0.32), any_colour(random), 0.5)
    return [
        Part(tube([(0, -0.4), (0, 0.5)], [0.06, 0.08]), wood, 0.6),
        *([grip] if random.random() < 0.5 else []),
        Part(head, metal, 0.6, 0.6),
        Part(slab(-0.28, -0.38, 0.08, 0.2), darker(metal, 0.8), 0.5, 0.4),
    ]


def spanner(random: Random) -> list[Part]:
    """A bar with an open jaw at one end and a ring at the other."""
    metal = any_metal(random)
    jaw = [
        (-0.05, -0.2),
        (-0.14, -0.34),
        (-0.1, -0.5),
        (-0.05, -0.5),
        (-0.05, -0.38),
        (0.05, -0.38),
        (0.05, -0.5),
        (0.1, -0.5),
        (0.14, -0.34),
        (0.05, -0.2),
    ]
    return [
        Part(
            tube([(0, -0.25), (0, 0.36)], 0.09),
            metal,
            0.5,
            0.5,
            marks=[(tube([(0, -0.15), (0, 0.25)], 0.035), darker(metal, 0.75))],
        ),
        Part(polygon(*jaw), metal, 0.5, 0.5),
        Part(hoop(ellipse(0, 0.42, 0.085, 0.085), 0.06), metal, 0.5, 0.5),
    ]


def screw(random: Random) -> list[Part]:
    """A slotted head on a pointed thread."""
    metal, turns = any_metal(random), random.randint(8, 13)
    threads = [
        Part(tube([(-w, y + 0.02), (w, y - 0.02)], 0.03), darker(metal, 1.2), 0.5, 0.4)
        for y, w in ((-0.2 + i * 0.62 / turns, 0.1 * (1 - i / turns) + 0.02) for i in range(turns))
    ]
    head = smooth([(-0.2, -0.38), (-0.1, -0.48), (0.1, -0.48), (0.2, -0.38), (0.07, -0.26), (-0.07, -0.26)])
    return [
        Part(polygon((-0.065, -0.3), (0.065, -0.3), (0, 0.52)), darker(metal, 0.8), 0.6),
        *threads,
        Part(head, metal, 0.7, 0.6, marks=[(rectangle(0, -0.46, 0.05, 0.1), darker(metal, 0.3))]),
    ]


def gear(random: Random) -> list[Part]:
    """Square teeth around a hub, with spokes or holes."""
    metal, teeth = any_colour(random) if random.random() < 0.4 else any_metal(random), random.randint(9, 18)
    tooth = Part(polygon((-0.05, 0), (-0.035, -0.11), (0.035, -0.11), (0.05, 0)), metal, 0.2)
    holes = around([Part(ellipse(0, 0, 0.07, 0.07), BLACK)], random.randint(3, 6), radius=0.22)
    hub = [
        (ellipse(0, 0, 0.09, 0.09), darker(metal, 1.3)),
        (ellipse(0, 0, 0.05, 0.05), darker(metal, 0.25)),
        (hoop(ellipse(0, 0, 0.33, 0.33), 0.02), darker(metal, 0.6)),
    ]
    return [
        *around([tooth], teeth, radius=0.38),
        Part(
            ellipse(0, 0, 0.4, 0.4),
            metal,
            0.5,
            0.4,
            marks=[*((hole.outline, darker(metal, 0.3)) for hole in holes), *hub],
        ),
    ]


def pencil(random: Random) -> list[Part]:
    """Facets, a bare cone, a point, perhaps a rubber."""
    colour, broad = any_colour(random), random.uniform(0.09, 0.14)
    half = broad / 2
    end = [
        Part(rectangle(0, 0.4, broad, 0.07), (0.7, 0.7, 0.65), 0.5, 0.5),
        Part(slab(0, 0.47, broad, 0.09), (0.85, 0.5, 0.5), 0.5),
    ]
    tip = Part(
        polygon((-half, -0.3), (half, -0.3), (0, -0.55)),
        (0.85, 0.7, 0.5),
        0.4,
        marks=[(ellipse(0, -0.54, 0.03, 0.07), darker(colour, 0.5))],
    )
    return [
        tip,
        Part(
            rectangle(0, 0.05, broad, 0.72),
            colour,
            0.6,
            0.3,
            marks=lengthways((-half * 0.4, half * 0.4), 0.01, darker(colour, 0.6)),
        ),
        *(end if random.random() < 0.6 else []),
    ]


def paintbrush(random: Random) -> list[Part]:
    """A tapering handle, a metal sleeve, a tuft with colour."""
    paint, broad = any_colour(random), random.uniform(0.1, 0.2)
    hairs = [
        (tube([(x, -0.2), (x * 0.6, -0.5)], 0.008), darker(paint, 0.6)) for x in (i * broad / 8 for i in range(-4, 5))
    ]
    return [
        Part(symmetric([(0, -0.5), (broad * 0.4, -0.38), (broad * 0.55, -0.26), (0, -0.18)]), paint, 0.4, marks=hairs),
        Part(tube([(0, -0.08), (0, 0.15), (0, 0.52)], [0.05, 0.07, 0.03]), any_wood(random), 0.7, 0.5),
        Part(
            polygon((-broad * 0.5, -0.24), (broad * 0.5, -0.24), (0.04, -0.03), (-0.04, -0.03)),
            any_metal(random),
            0.5,
            0.7,
        ),
    ]


TOOLS: dict[str, Callable[[Random], list[Part]]] = {
    entry.__name__: entry
    for entry in (
        key,
        scissors,
        hammer,
        spanner,
        screw,
        gear,
        pencil,
        paintbrush,
    )
}
