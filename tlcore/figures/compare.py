"""Figures of an evaluation: accuracy by epoch, confusions, calibration, classes, and each image over the epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import BAD, GOOD, MUTED, PALETTE, SPLIT_COLOURS, as_percent, base_figure, with_alpha
from tlcore.words import escape_label

SPLIT_DASHES = {"test": "solid", "val": "dash", "train": "dot"}
IN_ONE_ROW, LEGEND_ROW_PX = 3, 20
WIDEST_COUNTS = 20  # with at most this many classes the confusion matrix shows its numbers
MOST_ROWS_WITH_GAPS, MOST_COLUMNS_WITH_GAPS = 80, 120
MOST_NAMED_ROWS = 500  # with more, a row is less than a pixel
LABEL_PX = 16
MOST_NAMED_CLASSES = 50
LONGEST_NAME = 14
_CONFUSION_COLOURS = [[0, with_alpha(BAD, 0.85)], [0.5, with_alpha(MUTED, 0.06)], [1, with_alpha(GOOD, 0.85)]]


def plot_accuracy_by_epoch(
    table: pd.DataFrame,
    splits: Sequence[str] = ("train", "val", "test"),
    *,
    colours: Mapping[str, str] | None = None,
    height_px: int = 360,
) -> go.Figure:
    """Lines with their 95 % bands, from the columns of `evaluation.tables.epochs_table`.

    If the column `run` has several values, each run has a colour and each split a dash, else each split has a colour.
    `colours` are those of the runs; by default they are assigned in order. With many runs the legend is below the plot,
    and the figure grows by its height. Diamonds mark the epoch that val chose.
    """
    runs: list[Any] = list(table["run"].unique()) if "run" in table else [None]
    figure = base_figure(height_px=height_px, x_title="epoch", y_title="accuracy", hovermode="x unified")
    given = colours or {}
    for number, run in enumerate(runs):
        rows = table if run is None else table[table["run"] == run]
        for split in splits:
            if f"{split}_accuracy" not in rows or rows[f"{split}_accuracy"].isna().all():
                continue
            several = len(runs) > 1
            colour = given.get(run, PALETTE[number % len(PALETTE)]) if several else SPLIT_COLOURS[split]
            name = escape_label(run, 64) + (f", {split}" if len(splits) > 1 else "") if several else split
            _add_line(figure, rows, split, name, colour, SPLIT_DASHES[split] if several else "solid")
    lines = len(runs) * len(splits)
    if lines > IN_ONE_ROW and len(runs) > 1:
        figure.update_layout(
            height=height_px + LEGEND_ROW_PX * lines,
            legend={"orientation": "v", "yref": "container", "y": 0.0, "yanchor": "bottom"},
            margin_b=LEGEND_ROW_PX * lines + 48,
        )
    figure.update_xaxes(tickformat="d", zeroline=False, nticks=min(8, table["epoch"].nunique() + 1))
    return as_percent(figure)


def plot_confusion(table: pd.DataFrame, *, shares: bool = False, height_px: int | None = None) -> go.Figure:
    """True classes down, predicted ones across, as `evaluation.tables.confusion_table` counts them.

    Colours show fractions of the true class: green for right ones, on the diagonal, red for wrong ones. Cells show the
    number of images, or with `shares` the fraction of their class. The figure's height grows with the classes; its
    width is that of its container. A click anywhere selects the nearest cell: a point whose `y` is its row and `x` its
    column. Streamlit has no selections on heat maps, so invisible markers lie over the cells; with many classes, only
    over those that have images.
    """
    counts = table.to_numpy()
    size = len(counts)
    height = height_px or _confusion_height(size)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    shown = np.where(np.eye(size, dtype=bool), share, -share)
    labels = [escape_label(name, LONGEST_NAME if size > WIDEST_COUNTS else 24) for name in table.index]
    figure = base_figure(height_px=height, x_title="predicted", y_title="true class", hoverdistance=-1)
    gap = 2 if size <= WIDEST_COUNTS else 0.5
    figure.add_heatmap(
        z=shown,
        zmin=-1,
        zmax=1,
        colorscale=_CONFUSION_COLOURS,
        showscale=False,
        xgap=gap,
        ygap=gap,
        hoverinfo="skip",
    )
    if size <= WIDEST_COUNTS:
        _add_numbers(figure, counts, share if shares else None)
    rows, columns = np.nonzero(counts) if size > WIDEST_COUNTS else (i.ravel() for i in np.indices(counts.shape))
    names = [escape_label(name, 60) for name in table.index]
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"size": max(6, round(0.6 * height / size)), "symbol": "square", "opacity": 0},
        hovertext=[
            f"{names[row]} → {names[column]}<br>{counts[row, column]:,} images, {share[row, column]:.0%} of its class"
            for row, column in zip(rows, columns, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
    )
    step = -(-size // MOST_NAMED_CLASSES)  # every second or third of many classes is named; hovering names all
    axis: dict[str, Any] = {
        "tickvals": np.arange(0, size, step),
        "ticktext": labels[::step],
        "showgrid": False,
        "zeroline": False,
        "range": [-0.5, size - 0.5],
    }
    if size > WIDEST_COUNTS:
        axis["tickfont"] = {"size": 10}
    figure.update_xaxes(**axis, tickangle=-90 if size > 12 else -45 if size > 4 else 0)
    return figure.update_yaxes(**{**axis, "range": [size - 0.5, -0.5]})


def _confusion_height(classes: int) -> int:
    """Height in pixels, so that every row has room for its name, up to MOST_NAMED_CLASSES."""
    return min(900, 300 + 40 * classes if classes <= 8 else 460 + 14 * classes)


def plot_reliability(table: pd.DataFrame, *, before: pd.DataFrame | None = None, height_px: int = 320) -> go.Figure:
    """Accuracy per bin of confidence, from `evaluation.calibration`, with the diagonal where both are equal.

    `before`: the same without the temperature, as open markers at the mean confidence of each bin.
    """
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
        name="accuracy" if before is None else "accuracy, calibrated",
    )
    if before is not None:
        figure.add_scatter(
            x=before["confidence"].to_numpy(),
            y=before["accuracy"].to_numpy(),
            mode="lines+markers",
            line={"color": PALETTE[1], "width": 1.5},
            marker={"size": 10, "symbol": "diamond-open", "line": {"width": 2}},
            customdata=before[["images"]].to_numpy(),
            hovertemplate="confidence %{x:.1%} in the mean<br>accuracy %{y:.1%}<br>%{customdata[0]:,} images",
            name="before",
        )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dot", "color": MUTED},
        hoverinfo="skip",
        name="as confident as right",
    )
    first = min(float(one["from"].min()) if len(one) else 0.0 for one in (table, before) if one is not None)
    figure.update_xaxes(range=[first, 1])
    figure.update_yaxes(range=[0, 1.02])
    return as_percent(as_percent(figure, "x"))


def plot_timeline(table: pd.DataFrame) -> go.Figure:
    """A row per image, as sorted by `evaluation.timeline`, a column per epoch: right is pale green, wrong is red."""
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
        xgap=1 if len(epochs) <= MOST_COLUMNS_WITH_GAPS else 0,
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


def _add_numbers(figure: go.Figure, counts: np.ndarray, share: np.ndarray | None) -> None:
    """The numbers in the cells that have images: counts, or shares if they are given."""
    rows, columns = np.nonzero(counts)
    numbers = [f"{n:,}" for n in counts[rows, columns]] if share is None else [f"{v:.0%}" for v in share[rows, columns]]
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="text",
        text=numbers,
        textfont={"size": 17 if len(counts) <= 8 else 11},
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
