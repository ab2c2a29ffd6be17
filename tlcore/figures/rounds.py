"""The figure of labelling rounds: accuracy by round, with its intervals."""

import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import SPLIT_COLOURS, around, as_percent, base_figure


def plot_rounds(table: pd.DataFrame, split: str = "test", *, height_px: int = 260) -> go.Figure:
    """Accuracy and its 95 % interval per round, from the columns of `evaluation.rounds.rounds_table`.

    Rounds without an evaluation are left out.
    """
    known = table[table["accuracy"].notna()]
    figure = base_figure(height_px=height_px, x_title="round", y_title=f"{split} accuracy")
    figure.add_scatter(
        x=known["round"].to_numpy(),
        y=known["accuracy"].to_numpy(),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (known["high"] - known["accuracy"]).to_numpy(),
            "arrayminus": (known["accuracy"] - known["low"]).to_numpy(),
            "thickness": 1.5,
        },
        customdata=known[["added", "low", "high"]].to_numpy(),
        hovertemplate="%{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})<br>%{customdata[0]:,} photographs added"
        "<extra>round %{x}</extra>",
        mode="lines+markers",
        marker_size=9,
        line_color=SPLIT_COLOURS.get(split, SPLIT_COLOURS["test"]),
        name=f"{split}, with the 95 % interval",
        showlegend=False,
    )
    figure.update_xaxes(tickformat="d", dtick=1, zeroline=False)
    figure.update_yaxes(range=around(known[["low", "high"]].to_numpy(), low=0, high=1))
    return as_percent(figure)
