"""Charts as SVG text: small, sharp on paper, readable without a script. Their colours come from the style sheet."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.delivery.escaping import in_html
from tlcore.words import percent

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 34, 40
TICKS = 5
MOST_MARKS = 60
"""With more points, a line has no marks."""


@dataclass(frozen=True)
class Line:
    name: str
    """In the legend, and as the class of its elements: a name of this project, such as `val`."""
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float], ...] = ()
    """The interval of each point, from low to high; empty: none."""


def line_chart(title: str, y_title: str, lines: Sequence[Line], marked: float | None = None) -> str:
    """Lines over the epochs, with their bands. `marked`: an epoch to point at.

    A y axis whose title begins with `accuracy` is in percent. Points that are not numbers are left out.
    """
    shown = [_finite(line) for line in lines]
    shown = [line for line in shown if line.points]
    xs = [x for line in shown for x, _ in line.points] or [0.0]
    ys = [y for line in shown for _, y in line.points] + [y for line in shown for pair in line.band for y in pair]
    share = y_title.startswith("accuracy")
    plane = _plane(
        (min(xs), max(xs)), (min(ys, default=0.0), max(ys, default=1.0)) if share else (0.0, max(ys, default=1.0))
    )
    words: Callable[[float], str] = (lambda value: percent(value, 0)) if share else (lambda value: f"{value:.3g}")
    parts = [plane.axes("epoch", y_title, _whole_ticks(*plane.x), _ticks(*plane.y), _plain, words)]
    if marked is not None:
        x = plane.px(marked)
        parts.append(f'<line class="marked" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>')
    for line in shown:
        parts.append(_line(plane, line))
    return _svg(title, "".join(parts) + _legend([line.name for line in shown]))


def reliability_chart(title: str, tables: "Sequence[tuple[str, pd.DataFrame]]") -> str:
    """Accuracy against confidence, per bin, for tables of `evaluation.calibration`, each with its name."""
    lowest = min((float(table["from"].min()) for _, table in tables if len(table)), default=0.0)
    plane = _Plane((lowest, 1.0), (0.0, 1.0))
    ticks = _ticks(lowest, 1.0)
    as_words: Callable[[float], str] = lambda value: percent(value, 0)  # noqa: E731
    parts = [plane.axes("confidence", "right", ticks, _ticks(0.0, 1.0), as_words, as_words)]
    start, end = plane.px(lowest), plane.px(1.0)
    parts.append(
        f'<line class="ideal" x1="{start:.1f}" y1="{plane.py(lowest):.1f}" x2="{end:.1f}" y2="{plane.py(1.0):.1f}"/>'
    )
    for name, table in tables:
        values = table[["confidence", "accuracy", "low", "high"]].itertuples(index=False)
        rows = [tuple(float(value) for value in row) for row in values]
        line = Line(name, tuple((row[0], row[1]) for row in rows))
        for confidence, _, low, high in rows:
            x = plane.px(confidence)
            parts.append(
                f'<line class="{name} whisker" x1="{x:.1f}" y1="{plane.py(low):.1f}" '
                f'x2="{x:.1f}" y2="{plane.py(high):.1f}"/>'
            )
        parts.append(_line(plane, line))
    return _svg(title, "".join(parts) + _legend([name for name, _ in tables]))


@dataclass(frozen=True)
class _Plane:
    x: tuple[float, float]
    y: tuple[float, float]

    def px(self, value: float) -> float:
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def py(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)

    def axes(
        self,
        x_title: str,
        y_title: str,
        x_ticks: Sequence[float],
        y_ticks: Sequence[float],
        x_words: Callable[[float], str],
        y_words: Callable[[float], str],
    ) -> str:
        parts = []
        for value in y_ticks:
            y = self.py(value)
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{in_html(y_words(value))}</text>')
        for value in x_ticks:
            parts.append(
                f'<text x="{self.px(value):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                f"{in_html(x_words(value))}</text>"
            )
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(
            f'<text class="title" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{in_html(x_title)}</text>'
        )
        parts.append(f'<text class="title" x="{WIDTH - RIGHT}" y="14" text-anchor="end">{in_html(y_title)}</text>')
        return "".join(parts)


def _plane(x: tuple[float, float], y: tuple[float, float]) -> _Plane:
    """A plane around these values; the y axis begins and ends at a tick."""
    x = x if x[1] > x[0] else (x[0] - 0.5, x[0] + 0.5)
    low, high = y if y[1] > y[0] else (y[0] - 0.05, y[0] + 0.05)
    step = _step(low, high)
    return _Plane(x, (math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step))


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten, so that about `TICKS` steps reach from low to high."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _ticks(low: float, high: float) -> list[float]:
    step = _step(low, high)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _whole_ticks(low: float, high: float) -> list[float]:
    return sorted({round(value) for value in _ticks(low, high) if low <= round(value) <= high})


def _plain(value: float) -> str:
    return f"{value:,.0f}"


def _finite(line: Line) -> Line:
    kept = [index for index, (_, y) in enumerate(line.points) if math.isfinite(y)]
    band = tuple(line.band[index] for index in kept) if line.band else ()
    return Line(line.name, tuple(line.points[index] for index in kept), band)


def _line(plane: _Plane, line: Line) -> str:
    parts = []
    if line.band:
        above = [
            f"{plane.px(x):.1f},{plane.py(high):.1f}" for (x, _), (_, high) in zip(line.points, line.band, strict=True)
        ]
        below = [
            f"{plane.px(x):.1f},{plane.py(low):.1f}" for (x, _), (low, _) in zip(line.points, line.band, strict=True)
        ]
        parts.append(f'<polygon class="{line.name} band" points="{" ".join([*above, *reversed(below)])}"/>')
    places = [(plane.px(x), plane.py(y)) for x, y in line.points]
    parts.append(f'<polyline class="{line.name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
    if len(places) <= MOST_MARKS:
        parts += [f'<circle class="{line.name}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in places]
    return "".join(parts)


def _legend(names: Sequence[str]) -> str:
    parts, x = [], float(LEFT)
    for name in names:
        parts.append(f'<line class="{name} key" x1="{x:.0f}" y1="10" x2="{x + 18:.0f}" y2="10"/>')
        parts.append(f'<text x="{x + 23:.0f}" y="14">{in_html(name)}</text>')
        x += 38 + 7 * len(name)
    return "".join(parts)


def _svg(title: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{in_html(title)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{in_html(title)}</title>{body}</svg>'
    )
