"""How every figure looks: the palette, the margins, percent on axes. Text and background come from the page's theme."""

from collections.abc import Mapping
from typing import Any

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
"""Ten colours that stay apart with colour-blindness. Source: Petroff (2021), "Accessible Color Sequences"."""

GOOD, BAD, MUTED = "#2e9e6b", "#d1495b", "#8a93a0"
"""Right and wrong predictions, and what stands back. Never the only sign: a word or a mark goes with them."""

SPLIT_COLOURS: Mapping[str, str] = {"train": PALETTE[0], "val": PALETTE[1], "test": "#9642cc"}
"""Test is the purple of the palette, lighter, so that it has a contrast of 3 to the dark background as well."""


def base_figure(*, height_px: int = 320, x_title: str = "", y_title: str = "", **layout: Any) -> go.Figure:
    """An empty figure with the house's margins, legend above the plot, and a transparent background."""
    figure = go.Figure()
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0, "title": None},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=PALETTE,
        hovermode="closest",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": with_alpha(MUTED, 0.7), "activecolor": PALETTE[0]},
    )
    figure.update_xaxes(title=x_title or None, automargin=True)
    figure.update_yaxes(title=y_title or None, automargin=True)
    figure.update_layout(**layout)
    return figure


def as_percent(figure: go.Figure, axis: str = "y") -> go.Figure:
    """Show fractions on that axis (`x` or `y`) as percent; the data stays in 0-1."""
    figure.update_layout({f"{axis}axis": {"tickformat": ".0%"}})
    return figure


def with_alpha(colour: str, alpha: float) -> str:
    """`#rrggbb` as `rgba(...)` with that opacity in 0-1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
