"""Invented sea creatures, each after a plan of its own: bodies with the same two sides, told apart by details."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from tlcore.drawing.arranging import (
    Mark,
    any_colour,
    bands,
    eyes,
    lengthways,
    paired,
    spots,
)
from tlcore.drawing.canvas import Colour, Part
from tlcore.drawing.shapes import ellipse, symmetric
from tlcore.drawing.subjects.limbs import ARMS, HEADS, LENGTH, TAILS
from tlcore.drawing.textures import darker


@dataclass(frozen=True)
class Plan:
    """What all creatures of a class share. Colours, proportions and attitude are each creature's own."""

    segments: int
    """1: an undivided shield."""
    widths: tuple[float, float, float]
    """Half the breadth in front, in the middle and behind."""
    pairs: int
    arms: str
    tail: str
    head: str
    pattern: str


PLANS: dict[str, Plan] = {
    "paddleback": Plan(7, (0.11, 0.14, 0.05), 7, "paddle", "fan", "stalks", "plain"),
    "ribbon_rower": Plan(9, (0.06, 0.08, 0.04), 9, "bristle", "fork", "plain", "bands"),
    "sail_glider": Plan(1, (0.1, 0.13, 0.04), 4, "veil", "whip", "plain", "spots"),
    "shield_hook": Plan(1, (0.2, 0.17, 0.06), 5, "hook", "spike", "stalks", "bands"),
    "curlfoot": Plan(5, (0.12, 0.13, 0.09), 4, "curl", "none", "crown", "spots"),
    "pincer_eel": Plan(10, (0.07, 0.06, 0.03), 1, "pincer", "fan", "plain", "plain"),
    "double_pincer": Plan(8, (0.1, 0.08, 0.05), 2, "pincer", "fork", "crown", "bands"),
    "comb_jelly": Plan(1, (0.16, 0.22, 0.14), 4, "thread", "none", "none", "lines"),
    "leaf_swimmer": Plan(6, (0.08, 0.1, 0.04), 5, "leaf", "leaf", "plain", "lines"),
    "thornback": Plan(6, (0.14, 0.17, 0.06), 6, "spike", "spike", "horns", "rows"),
    "lantern_tail": Plan(8, (0.12, 0.08, 0.03), 4, "thread", "lantern", "horns", "plain"),
    "moustache_slug": Plan(1, (0.12, 0.15, 0.13), 5, "thread", "none", "whiskers", "rows"),
    "frill_disc": Plan(1, (0.16, 0.19, 0.16), 8, "bristle", "whip", "none", "rows"),
    "anchor_worm": Plan(12, (0.05, 0.06, 0.05), 1, "hook", "fork", "crown", "bands"),
    "veiled_dancer": Plan(6, (0.08, 0.1, 0.05), 8, "leaf", "veil", "whiskers", "seam"),
    "knob_walker": Plan(5, (0.16, 0.18, 0.14), 5, "club", "none", "stalks", "rows"),
}


def creature(plan: Plan, random: Random) -> list[Part]:
    colour, second = any_colour(random, low=0.4), any_colour(random)
    stout, swing = random.uniform(0.85, 1.2), random.uniform(-0.35, 0.35)
    gap = 0.5 / max(plan.pairs, 2)
    arms: list[Part] = []
    for index in reversed(range(plan.pairs)):
        y = -0.2 + index * gap
        size = 1.0 - 0.5 * abs(index / max(plan.pairs - 1, 1) - 0.3)
        arms += ARMS[plan.arms](
            second, _half_width(plan, y) * stout * 0.8, y, size, swing + 0.5 * (index / plan.pairs - 0.3)
        )
    return [
        *TAILS[plan.tail](random, darker(second, 0.9)),
        *paired(*arms),
        *_body(random, plan, colour, stout),
        *HEADS[plan.head](random, colour, _half_width(plan, -0.3) * stout),
    ]


def _half_width(plan: Plan, y: float) -> float:
    along = min(1.0, max(0.0, y / LENGTH + 0.5))
    front, middle, back = plan.widths
    return front + (middle - front) * along * 2 if along < 0.5 else middle + (back - middle) * (along * 2 - 1)


def _body(random: Random, plan: Plan, colour: Colour, stout: float) -> list[Part]:
    half, gloss = LENGTH / 2, random.uniform(0, 0.8)
    front, middle, back = (width * stout for width in plan.widths)
    if plan.segments == 1:
        outline = symmetric([(0, -half), (front, -half * 0.75), (middle, 0), (back, half * 0.8), (0, half)])
        return [Part(outline, colour, 0.8, gloss, marks=PATTERNS[plan.pattern](random, colour, middle))]
    rings, step = [], LENGTH / plan.segments
    for index in reversed(range(plan.segments)):
        y = -half + (index + 0.5) * step
        broad, tone = _half_width(plan, y) * stout, darker(colour, 1 if index % 2 else 0.88)
        rings.append(
            Part(
                ellipse(0, y, broad, step * 0.72),
                tone,
                0.7,
                gloss,
                marks=PATTERNS[plan.pattern](random, colour, broad, y, step),
            )
        )
    return rings


def _plain(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    return []


def _bands(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    count = 5 if step == LENGTH else 1
    return bands(y - step / 2, y + step / 2, count, step * 0.4 / count, darker(colour, 0.4))


def _spots(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    return spots(random, 5 if step < LENGTH else 16, 0.02, darker(colour, 0.4), y=y, rx=broad * 0.8, ry=step * 0.4)


def _lines(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    return lengthways([broad * share for share in (-0.66, -0.33, 0, 0.33, 0.66)], broad * 0.1, darker(colour, 1.7))


def _seam(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    return [
        *lengthways((0,), 0.03, darker(colour, 0.4)),
        *eyes(broad * 0.55, y, min(0.05, step * 0.3), darker(colour, 1.8)),
    ]


def _rows(random: Random, colour: Colour, broad: float, y: float = 0.0, step: float = LENGTH) -> list[Mark]:
    heights = [y] if step < LENGTH else [-0.24, -0.12, 0.0, 0.12, 0.24]
    return [
        (ellipse(broad * x, height, 0.018, 0.018, points=10), darker(colour, 1.8))
        for height in heights
        for x in (-0.6, -0.2, 0.2, 0.6)
    ]


PATTERNS: dict[str, Callable[..., list[Mark]]] = {
    "plain": _plain,
    "bands": _bands,
    "spots": _spots,
    "lines": _lines,
    "seam": _seam,
    "rows": _rows,
}


CREATURES: dict[str, Callable[[Random], list[Part]]] = {name: partial(creature, plan) for name, plan in PLANS.items()}
