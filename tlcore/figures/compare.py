"""Figures of an evaluation: accuracy by epoch, confusions, calibration, classes, and each image over the epochs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import BAD, GOOD, MUTED, PALETTE, SPLIT_COLOURS, as_percent, base_figure, with_alpha
from tlcore.words import escape_label

SPLIT_DASHES = {"test": "solid", "val": "dash", "train": "dot"}
WIDEST_COUNTS = 20  # classes up to which the confusion matrix shows its numbers
MOST_ROWS_WITH_GAPS = 80
MOST_NAMED_ROWS = 500  # of more, a row is less than a pixel
LABEL_PX = 16


def plot_accuracy_by_epoch(
    table: pd.DataFrame, splits: Sequence[str] = ("train", "val", "test"), *, height_px: int = 360
) -> go.Figure:
    """Lines with their 95 % bands, from the columns of `evaluation.tables.epochs_table`.

    With a column `run` that has several values each run has a colour and each split a dash, else each split a colour.
    Diamonds mark the epoch that val chose.
    """
    runs = list(table["run"].unique()) if "run" in table else [None]
    figure = base_figure(height_px=height_px, x_title="epoch", y_title="accuracy", hovermode="x unified")
    for number, run in enumerate(runs):
        rows = table if run is None else table[table["run"] == run]
        for split in splits:
            if f"{split}_accuracy" not in rows or rows[f"{split}_accuracy"].isna().all():
                continue
            several = len(runs) > 1
            colour = PALETTE[number % len(PALETTE)] if several else SPLIT_COLOURS[split]
            name = f"{escape_label(run, 64)}, {split}" if several else split
            _add_line(figure, rows, split, name, colour, SPLIT_DASHES[split] if several else "solid")
    figure.update_xaxes(tickformat="d", zeroline=False, nticks=min(8, table["epoch"].nunique() + 1))
    return as_percent(figure)


def plot_confusion(table: pd.DataFrame, *, height_px: int = 420) -> go.Figure:
    """True classes down, predicted ones across, as `evaluation.tables.confusion_table` counts them.

    Colours are shares of a true class: right ones green, on the diagonal, wrong ones red. A click anywhere selects the
    nearest cell, a point whose `y` is its row and `x` its column: Streamlit has no selections on heat maps, so that
    invisible markers lie over them.
    """
    counts = table.to_numpy()
    size = len(counts)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    shown = np.where(np.eye(size, dtype=bool), share, -share)
    rows, columns = (index.ravel() for index in np.indices(counts.shape))
    labels = [escape_label(name) for name in table.index]
    figure = base_figure(height_px=height_px, x_title="predicted", y_title="true class", hoverdistance=-1)
    figure.add_heatmap(
        z=shown,
        zmin=-1,
        zmax=1,
        colorscale=[[0, with_alpha(BAD, 0.85)], [0.5, with_alpha(MUTED, 0.06)], [1, with_alpha(GOOD, 0.85)]],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    if size <= WIDEST_COUNTS:
        _add_counts(figure, counts)
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"size": max(6, round(0.6 * height_px / size)), "symbol": "square", "opacity": 0},
        hovertext=[
            f"{labels[row]} → {labels[column]}<br>{counts[row, column]:,} images, {share[row, column]:.0%} of its class"
            for row, column in zip(rows, columns, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
    )
    axis: dict[str, Any] = {
        "tickvals": np.arange(size),
        "ticktext": labels,
        "showgrid": False,
        "zeroline": False,
        "constrain": "domain",
        "range": [-0.5, size - 0.5],
    }
    figure.update_xaxes(**axis, tickangle=-45 if size > 3 else 0)
    figure.update_yaxes(**{**axis, "range": [size - 0.5, -0.5]}, scaleanchor="x")
    return figure


def plot_reliability(table: pd.DataFrame, *, height_px: int = 320) -> go.Figure:
    """Accuracy per bin of confidence, of `evaluation.calibration`, beside the diagonal where both are equal."""
    figure = base_figure(height_px=height_px, x_title="confidence", y_title="accuracy")
    figure.add_bar(
        x=(table["from"] + table["to"]).to_numpy() / 2,
        y=table["accuracy"].to_numpy(),
        width=(table["to"] - table["from"]).to_numpy() * 0.92,
        marker={"color": with_alpha(PALETTE[0], 0.9)},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (table["high"] - table["accuracy"]).to_numpy(),
            "arrayminus": (table["accuracy"] - table["low"]).to_numpy(),
            "color": MUTED,
            "thickness": 1.5,
            "width": 4,
        },
        text=[f"{images:,}" for images in table["images"]],
        textposition="inside",
        insidetextanchor="start",
        insidetextfont={"color": "#ffffff"},
        textangle=0,
        customdata=table[["images", "confidence", "low", "high"]].to_numpy(),
        hovertemplate="confidence %{customdata[1]:.1%} in the mean<br>accuracy %{y:.1%} (%{customdata[2]:.1%} to "
        "%{customdata[3]:.1%})<br>%{customdata[0]:,} images<extra></extra>",
        name="accuracy",
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dot", "color": MUTED},
        hoverinfo="skip",
        name="as confident as right",
    )
    first = float(table["from"].min()) if len(table) else 0.0
    figure.update_xaxes(range=[first, 1])
    figure.update_yaxes(range=[0, 1.02])
    return as_percent(as_percent(figure, "x"))


def plot_timeline(table: pd.DataFrame) -> go.Figure:
    """Images down, as `evaluation.timeline` sorts them, and epochs across: right a faint green, wrong a strong red."""
    row_px = min(18.0, 460 / max(len(table), 1))
    height_px = round(100 + row_px * len(table))
    epochs = [column for column in table.columns if isinstance(column, int)]
    right = table[epochs].to_numpy(dtype=np.uint8)
    figure = base_figure(height_px=height_px, x_title="epoch")
    named: dict[str, Any] = {"hoverinfo": "skip"}
    if len(table) <= MOST_NAMED_ROWS:
        names = np.array([escape_label(name, 60) for name in table["id"]])
        named = {
            "customdata": np.broadcast_to(names[:, None], right.shape),
            "text": np.where(right, "right", "wrong"),
            "hovertemplate": "%{customdata}<br>epoch %{x}: %{text}<extra></extra>",
        }
    figure.add_heatmap(
        x=np.array(epochs),
        y=np.arange(len(table)),
        z=right,
        zmin=0,
        zmax=1,
        colorscale=[[0, with_alpha(BAD, 0.95)], [1, with_alpha(GOOD, 0.35)]],
        showscale=False,
        xgap=1,
        ygap=1 if len(table) <= MOST_ROWS_WITH_GAPS else 0,
        **named,
    )
    kinds = table["kind"].astype(str).to_numpy()
    starts = np.flatnonzero(np.r_[True, kinds[1:] != kinds[:-1]])
    ends = np.r_[starts[1:], len(kinds)]
    for start in starts[1:]:
        figure.add_hline(y=start - 0.5, line={"color": MUTED, "width": 1.5})
    tall = [(start, end) for start, end in zip(starts, ends, strict=True) if (end - start) * row_px >= LABEL_PX]
    figure.update_xaxes(tickformat="d", showgrid=False, zeroline=False, dtick=max(1, len(epochs) // 20))
    figure.update_yaxes(
        tickvals=[(start + end - 1) / 2 for start, end in tall],
        ticktext=[f"{kinds[start]} · {end - start:,}" for start, end in tall],
        range=[len(table) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure


def plot_per_class(table: pd.DataFrame, *, height_px: int | None = None) -> go.Figure:
    """Recall with its 95 % interval, and precision, per row of `evaluation.tables.classes_table`, the first on top."""
    height = height_px or 110 + 30 * len(table)
    places = np.arange(len(table))
    figure = base_figure(height_px=height, hovermode="y unified")
    figure.add_scatter(
        x=table["recall"].to_numpy(),
        y=places,
        mode="markers",
        marker={"size": 11, "color": PALETTE[0]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (table["recall_high"] - table["recall"]).to_numpy(),
            "arrayminus": (table["recall"] - table["recall_low"]).to_numpy(),
            "thickness": 2,
            "width": 5,
        },
        customdata=table[["support", "recall_low", "recall_high"]].to_numpy(),
        hovertemplate="%{x:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%}) of %{customdata[0]:,} images",
        name="recall",
    )
    figure.add_scatter(
        x=table["precision"].to_numpy(),
        y=places,
        mode="markers",
        marker={"size": 11, "color": PALETTE[1], "symbol": "diamond-open", "line": {"width": 2}},
        hovertemplate="%{x:.1%}",
        name="precision",
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=[escape_label(name) for name in table["name"]],
        range=[len(table) - 0.5, -0.5],
        zeroline=False,
    )
    lowest = float(np.nanmin([*table["recall_low"], *table["precision"], 0.9]))
    figure.update_xaxes(range=[max(0.0, np.floor(10 * lowest) / 10) - 0.02, 1.02], zeroline=False)
    return as_percent(figure, "x")


def _add_counts(figure: go.Figure, counts: np.ndarray) -> None:
    rows, columns = np.nonzero(counts)
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="text",
        text=[f"{count:,}" for count in counts[rows, columns]],
        textfont={"size": 17 if len(counts) <= 10 else 11},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_line(figure: go.Figure, rows: pd.DataFrame, split: str, name: str, colour: str, dash: str) -> None:
    known = rows[rows[f"{split}_accuracy"].notna()]
    epoch, accuracy, low, high = (
        known[column].to_numpy() for column in ("epoch", f"{split}_accuracy", f"{split}_low", f"{split}_high")
    )
    figure.add_scatter(
        x=np.r_[epoch, epoch[::-1]],
        y=np.r_[high, low[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=with_alpha(colour, 0.13),
        line={"width": 0},
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )
    chosen = known["best_by_val"].to_numpy(dtype=bool)
    figure.add_scatter(
        x=epoch,
        y=accuracy,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2.5},
        marker={"size": np.where(chosen, 13, 5), "symbol": np.where(chosen, "diamond", "circle"), "opacity": 1},
        customdata=np.stack([low, high], axis=1),
        hovertemplate="%{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})",
        name=name,
        legendgroup=name,
    )
