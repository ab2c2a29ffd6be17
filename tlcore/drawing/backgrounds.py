"""Places: what lies behind, and clutter that lies around. Each is one entry of `BACKGROUNDS`."""

import math
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from tlcore.drawing.canvas import Colour, Light, Part, Pixels, Placement, draw
from tlcore.drawing.shapes import blob, ellipse, mirror, smooth, tube
from tlcore.drawing.textures import blurred, coloured, darker, layers, noise, tinted

Background = Callable[[Random, int, int, Light], Pixels]

GREENS: Sequence[Colour] = ((0.20, 0.36, 0.10), (0.33, 0.50, 0.14), (0.45, 0.60, 0.22), (0.16, 0.30, 0.16))
FLOWERS: Sequence[Colour] = (
    (0.93, 0.78, 0.20),
    (0.88, 0.36, 0.48),
    (0.92, 0.90, 0.86),
    (0.58, 0.42, 0.80),
    (0.90, 0.50, 0.18),
    (0.80, 0.20, 0.24),
)
EARTH: Sequence[Colour] = ((0.36, 0.26, 0.18), (0.50, 0.38, 0.26), (0.62, 0.52, 0.40), (0.42, 0.38, 0.34))


def leaf(random: Random, height: int, width: int, light: Light) -> Pixels:
    """One large leaf from near by, with its veins."""
    green = tinted(random, random.choice(GREENS), 0.06)
    pixels = coloured(layers(random, height, width, 60), (darker(green, 0.75), green, darker(green, 1.25)))
    size, turn = max(height, width), random.uniform(0, 2 * math.pi)
    place = Placement(width * random.uniform(0.2, 0.8), height * random.uniform(0.2, 0.8), size, turn)
    vein = darker(green, random.choice((1.35, 0.7)))
    veins = [Part(tube([(-1.5, 0), (1.5, 0)], [0.035, 0.015]), vein, opacity=0.8)]
    gap = random.uniform(0.12, 0.25)
    for index in range(-7, 8):
        side = [(index * gap, 0.0), (index * gap + 0.3, -0.4), (index * gap + 0.7, -1.2)]
        branch = tube(smooth(side, closed=False), [0.016, 0.006])
        veins += [Part(outline, vein, opacity=0.6) for outline in (branch, branch * (1.0, -1.0))]
    draw(pixels, veins, place, light, lift=0.0)
    return pixels


def grass(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Blades over blades."""
    base = random.choice(GREENS)
    pixels = coloured(layers(random, height, width, 30), (darker(base, 0.25), darker(base, 0.6)))
    lean = random.uniform(-0.5, 0.5)
    for _ in range(random.randint(25, 45)):
        green = darker(tinted(random, base, 0.07), random.uniform(0.6, 1.25))
        bend = lean + random.uniform(-0.5, 0.5)
        line = smooth([(0, 0.55), (bend * 0.2, 0.1), (bend, -0.5)], closed=False)
        blade = Part(tube(line, [0.05, 0.06, 0.008]), green, relief=0.4)
        place = Placement(random.uniform(0, width), random.uniform(0, 1.3) * height, height * random.uniform(0.5, 1.1))
        draw(pixels, [blade], place, light, lift=0.02)
    return pixels


def ground(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Earth or sand with pebbles and crumbs."""
    earth = tinted(random, random.choice(EARTH), 0.06)
    field = 0.6 * layers(random, height, width, 40) + 0.4 * noise(random, height, width, 1.6)
    pixels = coloured(field.astype(np.float32), (darker(earth, 0.55), earth, darker(earth, 1.35)))
    for _ in range(random.randint(5, 32)):
        stone = Part(blob(random, 0, 0, 0.5, 0.3), tinted(random, random.choice(EARTH), 0.04), relief=0.8)
        size = min(height, width) * random.uniform(0.01, 0.12) * random.uniform(0.4, 1)
        place = Placement(random.uniform(0, width), random.uniform(0, height), size, random.uniform(0, 6))
        draw(pixels, [stone], place, light, lift=0.2)
    return pixels


def bark(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Furrowed along one direction."""
    wood = tinted(random, random.choice(EARTH), 0.08)
    upright = random.random() < 0.5
    shape = (width, height) if upright else (height, width)
    furrows = layers(random, *shape, random.uniform(8, 18), stretch=random.uniform(4, 9))
    field = furrows.T if upright else furrows
    slope = np.diff(field, axis=1 if upright else 0, prepend=field[:, :1] if upright else field[:1])
    shade = (1 + slope * np.float32(6 * light.strength))[..., None]
    return coloured(np.ascontiguousarray(field), (darker(wood, 0.3), wood, darker(wood, 1.3))) * shade


def flower(random: Random, height: int, width: int, light: Light) -> Pixels:
    """A blossom that fills much of the picture, above green."""
    pixels = blurred(foliage(random, height, width, light), 3)
    colour = tinted(random, random.choice(FLOWERS), 0.06)
    petals, reach = random.randint(5, 18), random.uniform(0.55, 0.95)
    breadth = random.uniform(1.6, 2.6) / petals
    petal = smooth(
        [(0, 0), (breadth * 0.8, -0.5), (breadth * 0.6, -0.95), (-breadth * 0.6, -0.95), (-breadth * 0.8, -0.5)]
    )
    centre = Placement(
        width * random.uniform(0.3, 0.7),
        height * random.uniform(0.3, 0.7),
        max(height, width) * reach,
        squash=random.uniform(0.7, 1),
        squash_turn=random.uniform(0, 3),
    )
    for index in range(petals):
        turn = 2 * math.pi * index / petals + random.uniform(-0.1, 0.1)
        place = Placement(centre.x, centre.y, centre.size, turn, centre.squash, centre.squash_turn)
        tone = darker(colour, random.uniform(0.85, 1.1))
        line = tube([(0, -0.1), (0, -0.85)], [0.02, 0.004])
        draw(pixels, [Part(petal, tone, relief=0.35, marks=[(line, darker(tone, 0.85))])], place, light, lift=0.03)
    heart = tinted(random, random.choice(((0.80, 0.60, 0.12), (0.40, 0.28, 0.12), (0.62, 0.66, 0.20))), 0.06)
    radius = random.uniform(0.14, 0.28)
    draw(pixels, [Part(ellipse(0, 0, radius, radius), heart, relief=0.6)], centre, light)
    for _ in range(40):
        angle, distance = random.uniform(0, 6.3), radius * math.sqrt(random.random())
        grain = ellipse(distance * math.cos(angle), distance * math.sin(angle), 0.012, 0.012, points=8)
        draw(pixels, [Part(grain, darker(heart, random.uniform(0.6, 1.4)), relief=0)], centre, light, lift=0)
    return pixels


def foliage(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Leaves of a bush."""
    base = random.choice(GREENS)
    pixels = coloured(layers(random, height, width, 40), (darker(base, 0.3), darker(base, 0.8)))
    for _ in range(random.randint(12, 28)):
        draw_leaf(random, pixels, light, min(height, width) * random.uniform(0.25, 0.6), tinted(random, base, 0.08))
    return pixels


def stone(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Grey or warm rock, with lichen."""
    grey = random.uniform(0.35, 0.7)
    tone = tinted(random, (grey, grey * 0.97, grey * 0.92), 0.04)
    field = 0.7 * layers(random, height, width, 70, 5) + 0.3 * noise(random, height, width, 2)
    pixels = coloured(field.astype(np.float32), (darker(tone, 0.5), tone, darker(tone, 1.3)))
    if random.random() < 0.6:
        lichen = tinted(random, random.choice(((0.72, 0.70, 0.30), (0.62, 0.68, 0.55), (0.80, 0.55, 0.20))), 0.05)
        where = np.clip(layers(random, height, width, 50) * 6 - random.uniform(3, 4.5), 0, 1)[..., None]
        pixels += (np.array(lichen, dtype=np.float32) - pixels) * where.astype(np.float32) * np.float32(0.8)
    return pixels


def planks(random: Random, height: int, width: int, light: Light) -> Pixels:
    """A wooden table or wall, painted or bare."""
    wood = tinted(random, random.choice((*EARTH, (0.72, 0.56, 0.36), (0.80, 0.80, 0.78))), 0.07)
    grain = layers(random, height, width, random.uniform(4, 8), stretch=random.uniform(12, 25))
    pixels = coloured(grain, (darker(wood, 0.65), wood, darker(wood, 1.15)))
    board = height / random.uniform(1.5, 5)
    edge = random.uniform(0, board)
    while edge < height:
        row = int(edge)
        pixels[row : row + 2] *= np.float32(0.4)
        pixels[row + 2 :] *= np.float32(random.uniform(0.88, 1.12))
        edge += board
    return pixels


def distance(random: Random, height: int, width: int, light: Light) -> Pixels:
    """Far away and out of focus, with round lights."""
    tones = [tinted(random, random.choice((*GREENS, *GREENS, *EARTH, (0.66, 0.78, 0.90))), 0.08) for _ in range(3)]
    pixels = coloured(layers(random, height, width, max(height, width) / 2, 2), tones)
    for _ in range(random.randint(0, 14)):
        disc = Part(ellipse(0, 0, 1, 1), darker(random.choice(tones), 1.5), relief=0, opacity=random.uniform(0.1, 0.45))
        place = Placement(random.uniform(0, width), random.uniform(0, height), height * random.uniform(0.03, 0.12))
        draw(pixels, [disc], place, light, lift=0)
    return blurred(pixels, 2.5)


BACKGROUNDS: dict[str, Background] = {
    entry.__name__: entry for entry in (leaf, grass, ground, bark, flower, foliage, stone, planks, distance)
}


def draw_leaf(random: Random, pixels: Pixels, light: Light, size_px: float, colour: Colour) -> None:
    """A leaf somewhere, pointing anywhere."""
    breadth, tone = random.uniform(0.12, 0.32), darker(colour, random.uniform(0.6, 1.3))
    half = [(0, -0.5), (breadth * 0.8, -0.2), (breadth, 0.05), (breadth * 0.5, 0.35), (0, 0.5)]
    outline = smooth([*half, *[(-x, y) for x, y in half[-2:0:-1]]])
    veins = [(tube([(0, -0.5), (0, 0.5)], [0.008, 0.025]), darker(tone, 1.3))]
    for index in range(4):
        side = tube([(0, 0.3 - index * 0.18), (breadth, 0.12 - index * 0.18)], [0.012, 0.004])
        veins += [(side, darker(tone, 1.18)), (mirror(side), darker(tone, 1.18))]
    height, width = pixels.shape[:2]
    place = Placement(random.uniform(0, width), random.uniform(0, height), size_px, random.uniform(0, 2 * math.pi))
    draw(pixels, [Part(outline, tone, relief=0.35, marks=veins)], place, light, lift=0.05)


def draw_clutter(random: Random, pixels: Pixels, light: Light, things: int) -> None:
    """Leaves, petals, twigs and pebbles."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    for _ in range(things):
        kind = random.random()
        if kind < 0.4:
            colour = random.choice((*GREENS, (0.55, 0.38, 0.15), (0.66, 0.52, 0.20)))
            draw_leaf(random, pixels, light, side * random.uniform(0.15, 0.45), tinted(random, colour, 0.06))
            continue
        place = Placement(random.uniform(0, width), random.uniform(0, height), side, random.uniform(0, 2 * math.pi))
        if kind < 0.65:
            bend = random.uniform(-0.1, 0.1)
            line = smooth([(-0.3, 0), (0, bend), (0.35, -bend)], closed=False)
            part = Part(tube(line, [0.025, 0.008]), tinted(random, random.choice(EARTH), 0.05), relief=0.8)
        elif kind < 0.85:
            part = Part(
                blob(random, 0, 0, random.uniform(0.01, 0.05), 0.25), tinted(random, random.choice(EARTH), 0.04), 0.9
            )
        else:
            radius = random.uniform(0.03, 0.07)
            part = Part(ellipse(0, 0, radius, radius * 0.6), tinted(random, random.choice(FLOWERS)), 0.4)
        draw(pixels, [part], place, light, lift=0.02)
