"""The figure of a race of backbones: accuracy with its interval against what a network costs."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import GOOD, MUTED, PALETTE, around, as_percent, base_figure
from tlcore.words import escape_label

COSTS = {"ms_per_image": "ms per image, on this machine", "megabytes": "size of the weights, MB"}
"""What the accuracy can be drawn against -> the title of that axis. The marks show the other one by their area."""
SMALLEST_PX, LARGEST_PX = 8.0, 22.0
_KINDS = (
    ("suggested", GOOD, "diamond"),
    ("best", PALETTE[0], "circle"),
    ("tied", PALETTE[1], "square"),
    ("behind", MUTED, "x"),
)
_NAMES = {
    "suggested": "suggested",
    "best": "the best",
    "tied": "cannot be told from the best",
    "behind": "worse than the best",
}


def plot_race(table: pd.DataFrame, against: str = "ms_per_image", *, height_px: int = 420) -> go.Figure:
    """Accuracy with its 95 % interval against one of COSTS, from the table of `race.standing.standing_table`.

    Colours and symbols say how a candidate stands against the best one. The axis of costs is logarithmic.
    """
    figure = base_figure(height_px=height_px, x_title=COSTS[against], y_title="accuracy")
    other = next(cost for cost in COSTS if cost != against)
    areas = table[other].to_numpy(dtype=float)
    sizes = np.clip(LARGEST_PX * np.sqrt(areas / max(areas.max(initial=0.0), 1e-9)), SMALLEST_PX, None)
    costs = table[against].to_numpy(dtype=float)
    above = np.argsort(np.argsort(costs, kind="stable")) % 2 == 0  # neighbours in cost do not share a side
    kinds = np.where(table["suggested"], "suggested", table["place"])
    for kind, colour, symbol in _KINDS:
        rows, sizes_here, above_here = table[kinds == kind], sizes[kinds == kind], above[kinds == kind]
        if rows.empty:
            continue
        accuracy = rows["accuracy"].to_numpy(dtype=float)
        figure.add_scatter(
            x=rows[against].to_numpy(dtype=float),
            y=accuracy,
            mode="markers",
            marker={"size": sizes_here, "color": colour, "symbol": symbol, "opacity": 0.85},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": rows["high"].to_numpy(dtype=float) - accuracy,
                "arrayminus": accuracy - rows["low"].to_numpy(dtype=float),
                "color": colour,
                "thickness": 1.5,
                "width": 5,
            },
            customdata=rows[["candidate", "ms_per_image", "megabytes", "low", "high"]].map(_shown).to_numpy(),
            hovertemplate="%{customdata[0]}<br>%{y:.1%} (%{customdata[3]:.1%} to %{customdata[4]:.1%})<br>"
            "%{customdata[1]:.3~g} ms per image, %{customdata[2]:.3~g} MB<extra></extra>",
            name=_NAMES[kind] if kind != "suggested" or "best" in kinds else "suggested, and the best",
        )
        figure.add_scatter(
            x=rows[against].to_numpy(dtype=float),
            y=np.where(above_here, rows["high"], rows["low"]),
            mode="text",
            text=[escape_label(name, 28) for name in rows["candidate"]],
            textposition=["top center" if up else "bottom center" for up in above_here],
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_layout(legend_itemsizing="constant")
    figure.update_yaxes(range=_share_range(table))
    figure.update_xaxes(type="log", tickvals=_ticks(costs), range=_log_range(costs))
    return as_percent(figure)


def _shown(value: object) -> object:
    return escape_label(value, 80) if isinstance(value, str) else value


def _share_range(table: pd.DataFrame) -> list[float] | None:
    """From the lowest end of an interval, with room for a name, to the highest."""
    reach = around(table[["low", "high"]].to_numpy(dtype=float), low=0.0, high=1.0)
    return reach and [max(reach[0] - 0.08 * (reach[1] - reach[0]), -0.02), reach[1]]


def _log_range(values: Sequence[float] | np.ndarray) -> list[float] | None:
    """From a little below the smallest value to a little above the largest, as exponents of ten."""
    if not len(values):
        return None
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.2 * (high - low), 0.15)  # for half a name
    return [low - room, high + room]


def _ticks(values: Sequence[float] | np.ndarray) -> list[float] | None:
    """1, 2 and 5 times the powers of ten around the values."""
    if not len(values):
        return None
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
