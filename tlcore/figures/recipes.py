"""Figures that explain a recipe."""

import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import MUTED, PALETTE, as_percent, base_figure


def plot_movement(table: pd.DataFrame) -> go.Figure:
    """How far each layer group moved, from `evaluation.movement.weight_movement`. Frozen groups are marked."""
    figure = base_figure(height_px=260, x_title="layer group, from stem to head", y_title="moved by", showlegend=False)
    frozen = table["moved"] == 0
    figure.add_trace(
        go.Bar(
            x=table["group"],
            y=table["moved"].to_numpy(dtype=float),
            marker_color=[MUTED if still else PALETTE[0] for still in frozen],
            text=["frozen" if still else f"{value:.2%}" for still, value in zip(frozen, table["moved"], strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(rangemode="tozero")
    return as_percent(figure)
