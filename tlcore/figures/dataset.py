"""Figures of a dataset: images per class and split, their sizes, their shapes, and their colours."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import MUTED, PALETTE, SPLIT_COLOURS, as_percent, base_figure, with_alpha
from tlcore.words import escape_label

MOST_LABELS = 60  # classes named on the axis
MOST_POINTS = 4_000


def plot_class_counts(
    counts: pd.DataFrame, *, split: str | None = None, label: str | None = None, height_px: int = 230
) -> go.Figure:
    """Stacked bars from the columns `class`, `split` and `images`, in their order. Bars that are not chosen are paler.

    `customdata` of a bar is its class and split.
    """
    figure = base_figure(
        height_px=height_px, y_title="images", barmode="stack", bargap=0.25, legend_traceorder="normal"
    )
    classes = list(dict.fromkeys(counts["class"]))
    for name, rows in counts.groupby("split", sort=False, observed=True):
        chosen = np.full(len(rows), split in (None, name)) & (
            np.full(len(rows), label is None) | (rows["class"] == label)
        )
        figure.add_bar(
            x=np.array([classes.index(value) for value in rows["class"]]),
            y=rows["images"].to_numpy(),
            name=str(name),
            marker={"color": SPLIT_COLOURS[str(name)], "opacity": np.where(chosen, 1.0, 0.25), "line": {"width": 0}},
            customdata=rows[["class", "split"]].astype(str).to_numpy(),
            hovertext=[
                f"{escape_label(value, 80)}<br>{images:,} in {name}"
                for value, images in zip(rows["class"], rows["images"], strict=True)
            ],
            hoverinfo="text",
            selected={"marker": {"opacity": 1.0}},
            unselected={"marker": {"opacity": 0.25}},
        )
    if len(classes) <= MOST_LABELS:
        figure.update_xaxes(tickvals=list(range(len(classes))), ticktext=[escape_label(name) for name in classes])
    else:
        figure.update_xaxes(title=f"{len(classes):,} classes", showticklabels=False)
    return figure


def plot_sizes(table: pd.DataFrame, *, height_px: int = 380) -> go.Figure:
    """Height against width from `width`, `height` and `split`: a bubble per size, larger for more images.

    A bubble is at its width and height; its number of images is its `customdata`. With more than MOST_POINTS sizes,
    evenly spaced ones are shown.
    """
    figure = base_figure(height_px=height_px, x_title="width, px", y_title="height, px")
    sizes = table.groupby(["width", "height"], sort=False).size().rename("images").reset_index()
    largest = max(float(sizes[["width", "height"]].to_numpy().max()), 1.0) if len(sizes) else 1.0
    for ratio, words in ((1, "square"), (3, "3 : 1"), (1 / 3, "1 : 3")):
        figure.add_scatter(
            x=[0, min(largest, largest * ratio)],
            y=[0, min(largest, largest / ratio)],
            mode="lines",
            line={"color": with_alpha(MUTED, 0.6), "width": 1, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_annotation(
            x=min(largest, largest * ratio), y=min(largest, largest / ratio), text=words, showarrow=False, yshift=9
        )
    if len(sizes) > MOST_POINTS:
        sizes = sizes.iloc[np.linspace(0, len(sizes) - 1, MOST_POINTS).astype(int)]
    images = sizes["images"].to_numpy()
    figure.add_scattergl(
        x=sizes["width"].to_numpy(),
        y=sizes["height"].to_numpy(),
        mode="markers",
        marker={
            "size": 8 + 26 * np.sqrt(images / max(images.max(initial=1), 1)) * (len(sizes) < 200),
            "color": with_alpha(PALETTE[0], 0.55),
            "line": {"color": PALETTE[0], "width": 1},
        },
        customdata=images,
        hovertemplate="%{x} × %{y} px<br>%{customdata:,} images<extra></extra>",
        showlegend=False,
        selected={"marker": {"color": PALETTE[1]}},
        unselected={"marker": {"opacity": 0.55}},
    )
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    return figure


def plot_shapes(table: pd.DataFrame, *, height_px: int = 380) -> go.Figure:
    """The aspect ratio per split: a histogram of `width / height` in steps of a tenth of an octave."""
    figure = base_figure(
        height_px=height_px,
        x_title="width : height, the ends hold all beyond",
        y_title="images",
        barmode="stack",
        legend_traceorder="normal",
    )
    octaves = pd.Series(np.log2(table["width"] / table["height"])).clip(-2, 2)
    edges = np.arange(-2.05, 2.1, 0.1)
    for name, rows in octaves.groupby(table["split"], sort=False, observed=True):
        images, _ = np.histogram(rows, edges)
        centres = (edges[:-1] + edges[1:]) / 2
        figure.add_bar(
            x=centres,
            y=images,
            width=0.1,
            name=str(name),
            marker={"color": SPLIT_COLOURS[str(name)], "line": {"width": 0}},
            customdata=2**centres,
            hovertemplate=f"about %{{customdata:.2f}} : 1<br>%{{y:,}} in {name}<extra></extra>",
        )
    ratios = {"1:4": -2, "1:3": -np.log2(3), "1:2": -1, "1:1": 0, "2:1": 1, "3:1": np.log2(3), "4:1": 2}
    figure.update_xaxes(tickvals=list(ratios.values()), ticktext=list(ratios), tickangle=0, range=[-2.15, 2.15])
    return figure


def plot_channels(
    dataset: pd.DataFrame, mean: Sequence[float], std: Sequence[float], *, of_weights: str, height_px: int = 280
) -> go.Figure:
    """Mean and standard deviation per channel of a dataset, next to those that the weights were trained with.

    `dataset` has the columns `channel`, `mean` and `std`, in 0 to 1.
    """
    figure = base_figure(height_px=height_px, x_title="mean ± standard deviation")
    channels = list(dataset["channel"])
    rows: Mapping[str, tuple[np.ndarray, np.ndarray, str, str, float]] = {
        "this dataset": (dataset["mean"].to_numpy(), dataset["std"].to_numpy(), PALETTE[0], "circle", -0.13),
        of_weights: (np.array(mean), np.array(std), PALETTE[1], "diamond", 0.13),
    }
    for name, (centre, spread, colour, symbol, shift) in rows.items():
        figure.add_scatter(
            x=centre,
            y=np.arange(len(channels)) + shift,
            error_x={"array": spread, "thickness": 3, "width": 0, "color": with_alpha(colour, 0.55)},
            mode="markers",
            marker={"size": 12, "color": colour, "symbol": symbol},
            name=escape_label(name, 60),
            customdata=np.stack([np.array(channels), spread.astype(str)], axis=1),
            hovertemplate="%{customdata[0]}: mean %{x:.1%}<extra></extra>",
        )
    figure.update_yaxes(tickvals=list(range(len(channels))), ticktext=channels, range=[len(channels) - 0.5, -0.5])
    figure.update_xaxes(range=[0, 1])
    return as_percent(figure, "x")
