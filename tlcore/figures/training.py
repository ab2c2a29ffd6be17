"""Figures of training: curves, learning rates and times; a schedule preview; the range test; a sweep.

A table of epochs has one row per run and epoch: `run`, `epoch`, `train_loss`, `val_loss`, `train_accuracy`,
`val_accuracy`, `seconds`, and `learning_rates.GROUP` for each layer group. Accuracies are in 0-1.
"""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import GOOD, MUTED, PALETTE, SPLIT_COLOURS, around, as_percent, base_figure, with_alpha

DASHES = ("solid", "dash", "dot", "dashdot")
FEW_EPOCHS = 40  # up to this many, every epoch gets a mark
FEW_TICKS = 15  # up to this many, every epoch is named on the axis
MARK_PX = 6


def plot_curves(
    table: pd.DataFrame,
    metric: str,
    epochs: int,
    best_epoch: int | None = None,
) -> go.Figure:
    """`loss` or `accuracy` per epoch: of train and val for one run, of val for several.

    The axis extends to the last of the planned `epochs`; for a long run less far, so that its first epochs are visible.
    `best_epoch`, the one chosen on val, is marked.
    """
    runs = table["run"].unique()
    figure = base_figure(x_title="epoch", y_title=metric, hovermode="x unified" if len(runs) == 1 else "closest")
    if len(runs) == 1:
        for split in ("train", "val"):
            figure.add_trace(_line(table, f"{split}_{metric}", split, SPLIT_COLOURS[split]))
        _mark_best(figure, table, f"val_{metric}", best_epoch)
    else:
        for number, run in enumerate(runs):
            dash = DASHES[number // len(PALETTE) % len(DASHES)]
            figure.add_trace(
                _line(table[table["run"] == run], f"val_{metric}", str(run), PALETTE[number % len(PALETTE)], dash)
            )
        figure.update_yaxes(title=f"val {metric}")
    _epoch_axis(figure, table, epochs)
    if metric == "accuracy":
        as_percent(figure)
        shown = table[["train_accuracy", "val_accuracy"] if len(runs) == 1 else ["val_accuracy"]]
        figure.update_yaxes(range=around(shown.to_numpy(dtype=float), low=0.0, high=1.0))
        figure.update_traces(hovertemplate="%{y:.1%}")
    else:
        figure.update_yaxes(rangemode="tozero")
        figure.update_traces(hovertemplate="%{y:.3f}")
    return figure


def plot_learning_rates(table: pd.DataFrame, epochs: int) -> go.Figure:
    """The learning rate of each layer group at the end of each epoch, of one run."""
    figure = base_figure(height_px=240, x_title="epoch", y_title="learning rate")
    groups = [column for column in table.columns if column.startswith("learning_rates.")]
    trained = table[table["epoch"] > 0]
    for number, column in enumerate(groups):
        colour = PALETTE[number % len(PALETTE)]
        figure.add_trace(_line(trained, column, column.removeprefix("learning_rates."), colour))
    figure.update_traces(hovertemplate="%{y:.2g}")
    reach = _decades(trained[groups].to_numpy(dtype=float))
    figure.update_yaxes(type="log", tickformat="~g", range=reach, tickvals=_log_ticks(reach))
    _epoch_axis(figure, table, epochs)
    return figure


def plot_times(table: pd.DataFrame, epochs: int) -> go.Figure:
    """Seconds per epoch, of one run."""
    figure = base_figure(height_px=240, x_title="epoch", y_title="seconds", showlegend=False)
    figure.add_trace(
        go.Bar(
            x=table["epoch"].to_numpy(),
            y=table["seconds"].to_numpy(dtype=float),
            marker_color=SPLIT_COLOURS["train"],
            hovertemplate="epoch %{x}: %{y:.2f} s<extra></extra>",
        )
    )
    _epoch_axis(figure, table, epochs)
    return figure


def plot_schedule(table: pd.DataFrame) -> go.Figure:
    """The learning rate over the epochs: columns `epochs_done` and `learning_rate`."""
    figure = base_figure(height_px=200, x_title="epoch", y_title="learning rate", showlegend=False)
    figure.add_trace(
        go.Scatter(
            x=table["epochs_done"].to_numpy(dtype=float),
            y=table["learning_rate"].to_numpy(dtype=float),
            mode="lines",
            fill="tozeroy",
            fillcolor=with_alpha(PALETTE[0], 0.15),
            line={"color": PALETTE[0], "width": 2},
            hovertemplate="after %{x:.1f} epochs: %{y:.2g}<extra></extra>",
        )
    )
    figure.update_yaxes(rangemode="tozero", exponentformat="power")
    return figure


def plot_lr_finder(table: pd.DataFrame, suggestion: float | None = None) -> go.Figure:
    """Loss while the learning rate rises: columns `learning_rate`, `loss` and `smoothed_loss`."""
    figure = base_figure(x_title="learning rate", y_title="loss")
    rates = table["learning_rate"].to_numpy(dtype=float)
    figure.add_trace(
        go.Scatter(
            x=rates,
            y=table["loss"].to_numpy(dtype=float),
            name="of each batch",
            mode="markers",
            marker={"color": MUTED, "size": 4, "opacity": 0.6},
            hovertemplate="%{x:.2g}: %{y:.3f}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=rates,
            y=table["smoothed_loss"].to_numpy(dtype=float),
            name="smoothed",
            mode="lines",
            line={"color": PALETTE[0], "width": 3},
            hovertemplate="%{x:.2g}: %{y:.3f}<extra></extra>",
        )
    )
    if suggestion is not None:
        figure.add_vline(x=suggestion, line={"color": GOOD, "width": 2, "dash": "dash"})
        nearest = int(np.argmin(np.abs(np.log(rates) - np.log(suggestion))))
        figure.add_trace(
            go.Scatter(
                x=[suggestion],
                y=[float(table["smoothed_loss"].iloc[nearest])],
                name=f"suggested: {suggestion:.2g}",
                mode="markers",
                marker={"color": GOOD, "size": 12, "symbol": "diamond"},
                hovertemplate="suggested: %{x:.2g}<extra></extra>",
            )
        )
    # single batches of a diverged test would flatten the rest of the curve
    smoothed = table["smoothed_loss"].to_numpy(dtype=float)
    figure.update_yaxes(range=[0, 1.15 * float(smoothed.max())] if len(smoothed) else None)
    figure.update_xaxes(type="log", exponentformat="power", nticks=6, tickangle=0)
    return figure


def plot_sweep(table: pd.DataFrame) -> go.Figure:
    """Best val accuracy per learning rate and weight decay: columns with these names, and `val_accuracy` in 0-1."""
    grid = table.pivot(index="weight_decay", columns="learning_rate", values="val_accuracy").sort_index()
    figure = base_figure(height_px=140 + 44 * len(grid), x_title="learning rate", y_title="weight decay")
    figure.add_trace(
        go.Heatmap(
            x=[f"{rate:.2g}" for rate in grid.columns],
            y=[f"{decay:.2g}" for decay in grid.index],
            z=grid.to_numpy(dtype=float),
            colorscale="Viridis",
            texttemplate="%{z:.1%}",
            hovertemplate="learning rate %{x}, weight decay %{y}: %{z:.1%}<extra></extra>",
            colorbar={"tickformat": ".0%", "title": None, "thickness": 12},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def _decades(rates: npt.NDArray[np.float64]) -> list[float] | None:
    """The range of a logarithmic axis: all values, and at least one decade; None if no rate is above 0."""
    known = np.log10(rates[np.isfinite(rates) & (rates > 0)])
    if not known.size:
        return None
    middle, reach = (known.max() + known.min()) / 2, max((known.max() - known.min()) / 2 * 1.1, 0.5)
    return [float(middle - reach), float(middle + reach)]


def _log_ticks(decades: list[float] | None) -> list[float] | None:
    """1, 2 and 5 times the powers of ten in this range; for a wide range only the powers, so labels do not overlap."""
    if decades is None:
        return None
    steps = (1, 2, 5) if decades[1] - decades[0] < 2 else (1,)
    powers = range(math.floor(decades[0]), math.ceil(decades[1]) + 1)
    return [step * 10.0**power for power in powers for step in steps]


def _epoch_axis(figure: go.Figure, table: pd.DataFrame, planned: int) -> None:
    """The end of the axis: the planned epochs; for a long run less, doubled whenever the axis is full."""
    epochs, last = FEW_EPOCHS, int(table["epoch"].max())
    while epochs <= last:
        epochs *= 2
    epochs = min(epochs, planned)
    margin = 0.02 * epochs + 0.3
    figure.update_xaxes(range=[-margin, epochs + margin], tickformat="d", dtick=1 if epochs <= FEW_TICKS else None)


def _line(table: pd.DataFrame, column: str, name: str, colour: str, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        x=table["epoch"].to_numpy(),
        y=table[column].to_numpy(dtype=float),
        name=name,
        mode="lines+markers" if len(table) <= FEW_EPOCHS else "lines",
        line={"color": colour, "width": 2, "dash": dash},
        marker={"size": MARK_PX},
    )


def _mark_best(figure: go.Figure, table: pd.DataFrame, column: str, best_epoch: int | None) -> None:
    best = table[table["epoch"] == best_epoch]
    if best.empty:
        return
    figure.add_trace(
        go.Scatter(
            x=best["epoch"].to_numpy(),
            y=best[column].to_numpy(dtype=float),
            name="chosen by val",
            mode="markers",
            marker={"color": GOOD, "size": 13, "symbol": "star", "line": {"width": 1, "color": "white"}},
        )
    )
