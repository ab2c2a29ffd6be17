"""The look of all figures: palette, margins, percent on axes. Text and background come from the page's theme."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
"""Ten colours that can be told apart with colour-blindness. Source: Petroff (2021), "Accessible Color Sequences"."""

TOOLS_PX = 30
"""Margin above the plot, so that the chart's tools cover nothing."""
MOST_DESCRIBED = 12
MARGIN = 0.02
"""Margin beyond 0 and 1, so that a mark on the edge is not cut."""

GOOD, BAD, MUTED = "#2e9e6b", "#d1495b", "#8a93a0"
"""Right and wrong predictions, and elements in the background. A word or mark always says the same as the colour."""

SPLIT_COLOURS: Mapping[str, str] = {"train": PALETTE[0], "val": PALETTE[1], "test": "#9642cc"}
"""Test has the palette's purple, but lighter, for a contrast of 3 on the dark background too."""


def base_figure(*, height_px: int = 320, x_title: str = "", y_title: str = "", **layout: Any) -> go.Figure:
    """An empty figure with the common margins, a legend below the plot, and a transparent background.

    `uirevision` keeps the zoom when the same figure is drawn again with more points.
    """
    figure = go.Figure()
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": TOOLS_PX, "b": 8},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0.0, "x": 0.0, "title": None},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=PALETTE,
        hovermode="closest",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": with_alpha(MUTED, 0.7), "activecolor": PALETTE[0]},
        uirevision="kept",
    )
    figure.update_xaxes(title=x_title or None, automargin=True)
    figure.update_yaxes(title=y_title or None, automargin=True)
    figure.update_layout(**layout)
    return figure


def describe_figure(figure: go.Figure) -> str:
    """A text description of a figure for people who cannot see it: its axes and the names of its traces."""
    y, x = figure.layout.yaxis.title.text, figure.layout.xaxis.title.text
    axes = " by ".join(filter(None, (y, x)))
    names = list(dict.fromkeys(trace.name for trace in figure.data if trace.name and trace.showlegend is not False))
    return f"Chart{f' of {axes}' if axes else ''}{': ' if names else ''}{', '.join(map(str, names[:MOST_DESCRIBED]))}"


def as_percent(figure: go.Figure, axis: str = "y") -> go.Figure:
    """Show fractions on this axis (`x` or `y`) as percent; the data and the range stay in 0-1."""
    figure.update_layout({f"{axis}axis": {"tickformat": ".0%", "minallowed": -MARGIN, "maxallowed": 1 + MARGIN}})
    return figure


def around(values: npt.ArrayLike, *, low: float | None = None, high: float | None = None) -> list[float] | None:
    """A range that shows all values with a margin, also for a single value; None if there is no value.

    The range exceeds `low` and `high` only by the margin that a mark on the edge needs.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return None
    first, last = float(known.min()), float(known.max())
    room = max(0.06 * (last - first), 0.02 * max(abs(last), 1e-12))
    first, last = first - room, last + room
    margin = MARGIN if low is not None and high is not None else 0.0
    return [first if low is None else max(first, low - margin), last if high is None else min(last, high + margin)]


def with_alpha(colour: str, alpha: float) -> str:
    """`#rrggbb` as `rgba(...)` with this opacity in 0-1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
