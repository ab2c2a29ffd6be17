"""Arms, tails and heads of the invented creatures of `blueprints`, by name."""

import math
from collections.abc import Callable, Sequence
from random import Random

from tlcore.drawing.arranging import (
    BLACK,
    WHITE,
    curve,
    eyes,
    paired,
)
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import arc, ellipse, jointed, polygon, smooth, tube
from tlcore.drawing.textures import darker

LENGTH = 0.72
"""Of a body, without its tail and head."""

Limb = Callable[[Colour, float, float, float, float], list[Part]]


def _membrane(colour: Colour, corners: Sequence[tuple[float, float]], opacity: float) -> list[Part]:
    """A clear skin with rays."""
    rays = [(tube([corners[0], corner], [0.012, 0.005]), darker(colour, 0.55)) for corner in corners[1:]]
    return [Part(smooth(corners), colour, 0.25, 0.3, opacity, marks=rays)]


def _paddle(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    tip = jointed(x, y, (swing, 0.26 * size))[-1]
    return _membrane(
        colour, [(x - 0.02, y), (tip[0], tip[1] - 0.05), (tip[0] + 0.04, tip[1] + 0.01), (tip[0], tip[1] + 0.05)], 0.75
    )


def _bristle(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    return [
        Part(tube(jointed(x, y, (swing + a, 0.17 * size)), [0.018, 0.005]), colour, 0.3) for a in (-0.25, 0.0, 0.25)
    ]


def _veil(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    far = 0.3 * size
    return _membrane(
        colour,
        [
            (x - 0.04, y - 0.05),
            (x + far, y + swing * 0.4 - 0.1),
            (x + far * 0.8, y + 0.14),
            (x + far * 0.9, y + 0.32),
            (x + far * 0.4, y + 0.3),
            (x - 0.04, y + 0.38),
        ],
        0.6,
    )


def _hook(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    line = jointed(x, y, (swing, 0.2 * size), (swing - 1.1, 0.12 * size), (swing - 2.3, 0.12 * size))
    return [Part(tube(curve(*line), [0.06, 0.05, 0.01]), colour, 0.5, 0.4)]


def _curl(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    line = jointed(x, y, *[(swing + 0.7 * index, 0.11 * size * (1 - 0.11 * index)) for index in range(6)])
    spine = curve(*line)
    suckers = [(ellipse(px, py, 0.012, 0.012, points=8), darker(colour, 1.7)) for px, py in spine[3::3].tolist()]
    return [Part(tube(spine, [0.08, 0.05, 0.015]), colour, 0.6, 0.2, marks=suckers)]


def _pincer(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    (ex, ey), (hx, hy) = jointed(x, y, (swing, 0.17), (swing - 1.3, 0.1))[1:]
    finger = smooth([(hx - 0.02, hy), (hx + 0.09, hy - 0.06), (hx + 0.06, hy - 0.22), (hx + 0.03, hy - 0.1)])
    thumb = smooth([(hx + 0.02, hy), (hx - 0.08, hy - 0.06), (hx - 0.04, hy - 0.19), (hx - 0.02, hy - 0.09)])
    return [
        Part(tube([(x, y), (ex, ey), (hx, hy)], [0.04, 0.05]), colour, 0.5),
        Part(finger, colour, 0.6, 0.4),
        Part(thumb, colour, 0.6, 0.4),
        Part(ellipse(hx, hy, 0.055, 0.05), colour, 0.6, 0.4),
    ]


def _thread(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    line = curve((x, y), *jointed(x, y, (swing, 0.14), (swing + 0.9, 0.14), (swing - 0.3, 0.16 * size))[1:])
    return [
        Part(tube(line, [0.016, 0.008]), colour, 0.2),
        Part(ellipse(line[-1, 0], line[-1, 1], 0.018, 0.018), darker(colour, 1.4), 0.3),
    ]


def _leaf(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    line = jointed(x, y, (swing, 0.06), (swing, 0.14 * size), (swing, 0.14 * size))
    blade = tube(curve(*line[1:]), [0.01, 0.12, 0.15, 0.1, 0.01])
    return [
        Part(tube(line[:2], 0.02), colour, 0.3),
        Part(blade, colour, 0.4, 0.1, 0.92, marks=[(tube(line, 0.012), darker(colour, 0.55))]),
    ]


def _spike(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    tip = jointed(x, y, (swing, 0.18 * size))[-1]
    return [Part(polygon((x - 0.03, y - 0.035), tip, (x - 0.03, y + 0.035)), colour, 0.5, 0.3)]


def _club(colour: Colour, x: float, y: float, size: float, swing: float) -> list[Part]:
    line = jointed(x, y, (swing, 0.1), (swing + 0.5, 0.09 * size))
    return [Part(tube(line, 0.035), colour, 0.4), Part(ellipse(*line[-1], 0.05, 0.05), darker(colour, 1.2), 0.8, 0.5)]


ARMS: dict[str, Limb] = {
    "paddle": _paddle, "bristle": _bristle, "veil": _veil, "hook": _hook, "curl": _curl, "pincer": _pincer,
    "thread": _thread, "leaf": _leaf, "spike": _spike, "club": _club,
}  # fmt: skip


_END = LENGTH / 2 - 0.03


def _fan(random: Random, colour: Colour) -> list[Part]:
    spread = random.uniform(0.3, 0.5)
    return [
        part
        for a in (-2, 2, -1, 1, 0)
        for part in _membrane(
            colour,
            [
                (0, _END - 0.02),
                (0.2 * math.sin(a * spread - 0.2), _END + 0.2 * math.cos(a * spread - 0.2)),
                (0.2 * math.sin(a * spread + 0.2), _END + 0.2 * math.cos(a * spread + 0.2)),
            ],
            0.85,
        )
    ]


def _fork(random: Random, colour: Colour) -> list[Part]:
    spread = random.uniform(0.06, 0.16)
    return paired(
        Part(
            tube(curve((0.01, _END - 0.05), (spread, _END + 0.1), (spread * 1.5, _END + 0.26)), [0.05, 0.008]),
            colour,
            0.5,
        )
    )


def _whip(random: Random, colour: Colour) -> list[Part]:
    side = random.uniform(-0.2, 0.2)
    return [Part(tube(curve((0, _END - 0.05), (side, _END + 0.15), (-side, _END + 0.35)), [0.05, 0.006]), colour, 0.4)]


def _thorn(random: Random, colour: Colour) -> list[Part]:
    return [
        Part(
            polygon((-0.05, _END - 0.03), (random.uniform(-0.06, 0.06), _END + 0.27), (0.05, _END - 0.03)),
            colour,
            0.5,
            0.3,
        )
    ]


def _tail_leaf(random: Random, colour: Colour) -> list[Part]:
    return _leaf(colour, 0, _END - 0.03, random.uniform(0.8, 1.1), math.pi / 2)


def _tail_veil(random: Random, colour: Colour) -> list[Part]:
    wide = random.uniform(0.12, 0.25)
    return _membrane(
        colour,
        [
            (0, _END - 0.05),
            (wide, _END + 0.15),
            (wide * 0.7, _END + 0.3),
            (0, _END + 0.22),
            (-wide * 0.7, _END + 0.3),
            (-wide, _END + 0.15),
        ],
        0.65,
    )


def _lantern(random: Random, colour: Colour) -> list[Part]:
    x = random.uniform(-0.12, 0.12)
    glow = darker(colour, 1.8)
    return [
        Part(tube(curve((0, _END - 0.05), (x, _END + 0.08), (x, _END + 0.18)), 0.022), colour, 0.4),
        Part(ellipse(x, _END + 0.23, 0.08, 0.08), glow, 0.6, 0.9, marks=[(ellipse(x, _END + 0.23, 0.04, 0.04), WHITE)]),
    ]


TAILS: dict[str, Callable[[Random, Colour], list[Part]]] = {
    "fan": _fan, "fork": _fork, "whip": _whip, "spike": _thorn, "leaf": _tail_leaf, "veil": _tail_veil,
    "lantern": _lantern, "none": lambda random, colour: [],
}  # fmt: skip


_TOP = -LENGTH / 2


def _face(random: Random, colour: Colour, broad: float) -> list[Part]:
    return [
        Part(
            ellipse(0, _TOP + 0.03, broad * 0.9, 0.08),
            colour,
            0.7,
            0.3,
            marks=eyes(broad * 0.5, _TOP + 0.01, 0.022, WHITE),
        )
    ]


def _stalks(random: Random, colour: Colour, broad: float) -> list[Part]:
    x = broad * random.uniform(0.8, 1.3)
    return paired(
        Part(tube([(broad * 0.4, _TOP + 0.06), (x, _TOP - 0.1)], 0.028), colour, 0.4),
        Part(
            ellipse(x, _TOP - 0.11, 0.035, 0.035),
            WHITE,
            0.4,
            0.5,
            marks=[(ellipse(x, _TOP - 0.12, 0.018, 0.018), BLACK)],
        ),
    )


def _crown(random: Random, colour: Colour, broad: float) -> list[Part]:
    return [
        Part(
            tube(jointed(0, _TOP + 0.04, (a - math.pi / 2, 0.2), (a * 1.5 - math.pi / 2, 0.05)), [0.02, 0.035, 0.015]),
            darker(colour, 1.3),
            0.4,
        )
        for a in (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)
    ]


def _horns(random: Random, colour: Colour, broad: float) -> list[Part]:
    tip = random.uniform(0.1, 0.22)
    return [
        *paired(
            Part(
                tube(
                    curve((broad * 0.5, _TOP + 0.08), (broad + 0.08, _TOP - 0.02), (broad * 0.9, _TOP - tip)),
                    [0.07, 0.01],
                ),
                darker(colour, 0.7),
                0.6,
            )
        ),
        *_face(random, colour, broad),
    ]


def _whiskers(random: Random, colour: Colour, broad: float) -> list[Part]:
    lines = [
        Part(
            tube(
                curve((broad * 0.3, _TOP + 0.04), (broad + 0.1, _TOP - d), (broad + 0.22, _TOP + 0.04 - d)),
                [0.014, 0.006],
            ),
            darker(colour, 0.6),
            0,
        )
        for d in (0.0, 0.06, 0.12)
    ]
    return [*paired(*lines), Part(tube(arc(0, _TOP + 0.02, broad * 0.5, 0.4, 2.7), 0.02), darker(colour, 0.4), 0)]


HEADS: dict[str, Callable[[Random, Colour, float], list[Part]]] = {
    "plain": _face, "stalks": _stalks, "crown": _crown, "horns": _horns, "whiskers": _whiskers,
    "none": lambda random, colour, broad: [],
}  # fmt: skip
