"""Figures of what a model answers: share answered against accuracy of the answers."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import MUTED, SPLIT_COLOURS, as_percent, base_figure, with_alpha

MOST_POINTS = 400


def plot_answering(
    table: pd.DataFrame, split: str, threshold: float = 0.0, *, on_val: pd.DataFrame | None = None, height_px: int = 320
) -> go.Figure:
    """The accuracy of the answers, with its 95 % band, for each share of images with an answer.

    `table` is an `evaluation.answering.answering_table` of this split, `on_val` the same of val as a dashed line. A
    diamond marks the `threshold`; 0: every image gets an answer.
    """
    figure = base_figure(height_px=height_px, x_title="images with an answer", y_title="right answers")
    colour = SPLIT_COLOURS[split]
    shown = _thinned(table)
    share = shown["share"].to_numpy()
    figure.add_scatter(
        x=np.r_[share, share[::-1]],
        y=np.r_[shown["high"].to_numpy(), shown["low"].to_numpy()[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=with_alpha(colour, 0.13),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    if on_val is not None:
        _add_line(figure, _thinned(on_val), "val", SPLIT_COLOURS["val"], "dash")
    _add_line(figure, shown, split, colour, "solid")
    chosen = table[table["threshold"] >= threshold].tail(1)
    if len(chosen):
        figure.add_scatter(
            x=chosen["share"].to_numpy(),
            y=chosen["accuracy"].to_numpy(),
            mode="markers",
            marker={"size": 14, "symbol": "diamond", "color": colour, "line": {"width": 1.5, "color": MUTED}},
            hoverinfo="skip",
            name="the threshold" if threshold else "every image",
        )
    lowest = float(shown["low"].iloc[len(shown) // 4 :].min()) if len(shown) else 0.0
    figure.update_yaxes(range=[max(0.0, np.floor(10 * lowest) / 10 - 0.02), 1.01])
    figure.update_xaxes(range=[0, 1.02])
    return as_percent(as_percent(figure, "x"))


def _add_line(figure: go.Figure, table: pd.DataFrame, name: str, colour: str, dash: str) -> None:
    figure.add_scatter(
        x=table["share"].to_numpy(),
        y=table["accuracy"].to_numpy(),
        mode="lines",
        line={"color": colour, "dash": dash, "width": 2.5},
        customdata=table[["threshold", "answered", "right", "low", "high"]].to_numpy(),
        hovertemplate="threshold %{customdata[0]:.3f}<br>answers %{x:.1%}<br>%{y:.1%} (%{customdata[3]:.1%} to "
        "%{customdata[4]:.1%}) of these %{customdata[1]:,} right",
        name=name,
    )


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= MOST_POINTS:
        return table
    return table.iloc[np.linspace(0, len(table) - 1, MOST_POINTS).round().astype(int)]
