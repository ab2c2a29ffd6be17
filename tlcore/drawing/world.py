"""The drawn world that the built-in backbone learns from: beings, things, signs, surfaces; no insects."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
from PIL import Image

from tlcore.drawing.arranging import any_colour
from tlcore.drawing.backgrounds import BACKGROUNDS, draw_clutter
from tlcore.drawing.canvas import Colour, Light, Part, Pixels, Placement, draw
from tlcore.drawing.photograph import Camera, photograph
from tlcore.drawing.shapes import Outline
from tlcore.drawing.subjects import PLIABLE, STIFF, Drawing
from tlcore.drawing.surfaces import SURFACES, Surface
from tlcore.drawing.textures import coloured, darker, layers, tinted, to_bytes

Scene = Callable[[Random, int], Pixels]

# grass, foliage and blossoms cost four times as much as the others, and are as good when blurred or seldom
_PLACES = (
    *("plain",) * 5, *("gradient",) * 3, *("texture",) * 4, *("stone", "planks", "ground", "bark", "distance") * 3,
    *("leaf", "leaf", "grass", "foliage", "flower"),
)  # fmt: skip
_COSTLY = ("leaf", "grass", "foliage", "flower", "ground")


def draw_world(name: str, seed: int, size_px: int) -> Image.Image:
    """One picture of a class of `WORLD`; the same for the same arguments."""
    random = Random(f"world {name} {seed}")
    return photograph(random, WORLD[name](random, size_px), Camera.any(random))


def _object(drawing: Drawing, pliable: bool, random: Random, size_px: int) -> Pixels:
    """One thing somewhere before something, seldom partly hidden."""
    light = Light.any(random)
    pixels = _place(random, size_px, light)
    draw_clutter(random, pixels, light, random.choice((0, 0, 0, 1, 2)))
    parts = _posed(random, drawing(random), random.gauss(0, 0.3) if pliable else 0.0)
    extent = np.ptp(np.concatenate([part.outline for part in parts]), axis=0).max()
    scale = random.uniform(0.42, 1.0)
    play = size_px * (0.5 - 0.4 * scale)
    draw(
        pixels,
        parts,
        Placement(
            x=size_px / 2 + random.uniform(-play, play),
            y=size_px / 2 + random.uniform(-play, play),
            size=size_px * scale / float(extent),
            turn=random.uniform(0, 2 * math.pi),
            squash=random.uniform(0.7, 1),
            squash_turn=random.uniform(0, math.pi),
        ),
        light,
        lift=random.choice((0.0, random.uniform(0.01, 0.12))),
    )
    if random.random() < 0.2:
        draw_clutter(random, pixels, light, 1)
    return pixels


def _posed(random: Random, parts: Sequence[Part], bend: float) -> list[Part]:
    """Centred on the origin, a little longer or broader than drawn, and bent sideways."""
    every = np.concatenate([part.outline for part in parts])
    middle = (every.max(axis=0) + every.min(axis=0)) / 2
    stretch = (random.uniform(0.88, 1.12), random.uniform(0.88, 1.12))

    def pose(outline: Outline) -> Outline:
        moved: Outline = (outline - middle) * stretch
        moved[:, 0] += bend * moved[:, 1] ** 2
        return moved

    return [
        replace(part, outline=pose(part.outline), marks=[(pose(mark), tint) for mark, tint in part.marks])
        for part in parts
    ]


def _place(random: Random, size_px: int, light: Light) -> Pixels:
    name = random.choice(_PLACES)
    colour = any_colour(random, low=0.1)
    if name == "plain":
        return np.full((size_px, size_px, 3), colour, dtype=np.float32)
    if name == "gradient":
        return coloured(
            layers(random, size_px, size_px, size_px, 1), (darker(colour, 0.6), colour, tinted(random, colour, 0.25))
        )
    if name == "texture":
        return _surface(random.choice(list(SURFACES.values())), random, size_px, contrast=random.uniform(0.1, 0.5))
    if name not in _COSTLY:
        return BACKGROUNDS[name](random, size_px, size_px, light)
    small = Image.fromarray(to_bytes(BACKGROUNDS[name](random, size_px // 2, size_px // 2, light)))
    grown = np.asarray(small.resize((size_px, size_px), Image.Resampling.BICUBIC), dtype=np.float32)
    return grown / np.float32(255)


def _surface(surface: Surface, random: Random, size_px: int, contrast: float = 1.0) -> Pixels:
    """A texture from any side, at any distance, lit as a relief."""
    line = np.linspace(-0.5, 0.5, size_px)
    x, y = np.meshgrid(line, line)
    away, turn = random.uniform(0, 2 * math.pi), random.uniform(0, 2 * math.pi)
    depth = 1 + random.uniform(0, 0.55) * (x * math.cos(away) + y * math.sin(away))
    across = x * math.cos(turn) - y * math.sin(turn)
    down = x * math.sin(turn) + y * math.cos(turn)
    bulge = random.uniform(0, 0.06) * np.sin(random.uniform(3, 8) * down)
    cells = random.uniform(4, 13)
    height = surface(random, (across / depth + bulge) * cells, down / depth * (cells * random.uniform(0.8, 1.25)))
    pixels = coloured(np.clip(height, 0, 1).astype(np.float32), _palette(random, contrast))
    if random.random() < 0.5:
        slope_y, slope_x = np.gradient(height)
        facing = slope_x * math.cos(away) + slope_y * math.sin(away)
        pixels *= np.clip(1 + random.uniform(0.4, 1.6) * contrast * facing, 0.3, 1.7).astype(np.float32)[..., None]
    return pixels


def _palette(random: Random, contrast: float) -> list[Colour]:
    """Two or three colours; `contrast` 0 makes them all the first."""
    first = any_colour(random, low=0.1)
    colours = [first, *(any_colour(random, low=0.1) for _ in range(random.choice((1, 1, 2))))]
    if abs(sum(first) - sum(colours[-1])) < 0.6:
        colours[-1] = darker(first, 2.5 if sum(first) < 1.0 else 0.35)
    mixed = [first[i] + (colour[i] - first[i]) * contrast for colour in colours for i in range(3)]
    return [(mixed[i], mixed[i + 1], mixed[i + 2]) for i in range(0, len(mixed), 3)]


WORLD: dict[str, Scene] = {
    **{name: partial(_object, drawing, True) for name, drawing in PLIABLE.items()},
    **{name: partial(_object, drawing, False) for name, drawing in STIFF.items()},
    **{name: partial(_surface, surface) for name, surface in SURFACES.items()},
}
"""Every class of the world, and how a scene of it is drawn."""
