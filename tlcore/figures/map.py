"""The map of images: a point per image at its place, coloured by class, split, or what a model predicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import BAD, GOOD, MUTED, PALETTE, SPLIT_COLOURS, around, base_figure, with_alpha
from tlcore.words import escape_label

Colour = Literal["class", "split", "right", "loss"]
Rows = npt.NDArray[np.int64]

MOST_NAMED = 10_000
"""With more images a point shows its group only: their names would be most of what is sent to the browser."""
MOST_IN_LEGEND = 30
MOST_CLASSES = 200
"""With more classes, those of one colour are one group."""
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
"""After ten classes the colours begin again, with the next symbol."""
UNKNOWN = "not predicted"
_HIGHEST = 0.99
"""Quantile of the losses that gets the strongest colour, so that a single high loss does not make all others pale."""
_LOSS_COLOURS = [[0.0, with_alpha(MUTED, 0.45)], [0.35, "#e8a33d"], [1.0, BAD]]


@dataclass(frozen=True)
class Group:
    """The points of one trace, by their row in the table."""

    name: str
    rows_N: Rows
    colour: str
    symbol: str = "circle"


def map_groups(table: pd.DataFrame, colour: Colour) -> list[Group]:
    """The groups in the order in which they are drawn. A point that is selected is named by its group and its number
    in it: `rows_N[number]` is its row in the table."""
    if colour == "loss":
        known = table["loss"].notna().to_numpy()
        groups = [Group(UNKNOWN, np.flatnonzero(~known), MUTED), Group("loss", np.flatnonzero(known), "")]
    elif colour == "right":
        right = table["right"]
        sides = ((UNKNOWN, right.isna(), MUTED), ("right", right == True, GOOD), ("wrong", right == False, BAD))  # noqa: E712
        symbols = {"wrong": "x"}
        groups = [Group(name, _where(mask), paint, symbols.get(name, "circle")) for name, mask, paint in sides]
    elif colour == "split":
        groups = [Group(name, _where(table["split"] == name), paint) for name, paint in SPLIT_COLOURS.items()]
    else:
        groups = _class_groups(table["class"])
    return [group for group in groups if len(group.rows_N)]


def plot_map(
    table: pd.DataFrame, colour: Colour = "class", *, variance: Sequence[float] = (), height_px: int = 560
) -> go.Figure:
    """A point per row, at `x` and `y`, from `id`, `class` (a categorical) and `split`; for the colour `right` from that
    column (True, False or missing), for `loss` from `loss`, in nats, with NaN for images without a prediction.

    `variance` is the fraction of the variance along each axis, for the titles of PCA's; other axes get none.
    """
    figure = base_figure(height_px=height_px, dragmode="lasso", hovermode="closest")
    places = table[["x", "y"]].to_numpy(dtype=np.float32)
    groups = map_groups(table, colour)
    names = _names(table) if len(table) <= MOST_NAMED else None
    size = float(np.clip(16 - 2.8 * np.log10(max(len(table), 1)), 2.5, 9))  # 9 px at 400 images, 2.6 at 60,000
    for group in groups:
        marker: dict[str, Any] = {"size": size, "opacity": 0.8, "symbol": group.symbol, "color": group.colour}
        if not group.colour:
            losses = table["loss"].to_numpy(dtype=np.float32)[group.rows_N]
            marker |= {
                "color": losses,
                "colorscale": _LOSS_COLOURS,
                "cmin": 0.0,
                "cmax": float(np.quantile(losses, _HIGHEST)) or 1.0,
                "colorbar": {"title": "loss", "thickness": 12, "outlinewidth": 0, "orientation": "v"},
            }
        figure.add_scattergl(
            x=places[group.rows_N, 0],
            y=places[group.rows_N, 1],
            mode="markers",
            marker=marker,
            name=escape_label(group.name, 40),
            showlegend=bool(group.colour) and len(groups) <= MOST_IN_LEGEND,
            selected={"marker": {"opacity": 1.0}},
            unselected={"marker": {"opacity": 0.12}},
            **_hover(group, None if names is None else names[group.rows_N]),
        )
    for axis, number in (("xaxis", 0), ("yaxis", 1)):
        title = f"component {number + 1}: {variance[number]:.0%} of the variance" if variance else ""
        settings = {"zeroline": False, "title": title, "showticklabels": False, "range": around(places[:, number])}
        figure.update_layout({axis: settings})
    return figure


def selected_rows(table: pd.DataFrame, colour: Colour, points: Sequence[tuple[int, int]]) -> Rows:
    """The rows of selected points, given as (number of the trace, number of the point in it), ascending. Numbers that
    do not exist are ignored: they can be of a figure that was drawn before."""
    groups = map_groups(table, colour)
    rows = {
        int(groups[trace].rows_N[point])
        for trace, point in points
        if 0 <= trace < len(groups) and 0 <= point < len(groups[trace].rows_N)
    }
    return np.array(sorted(rows), dtype=np.int64)


def _class_groups(labels: "pd.Series[Any]") -> list[Group]:
    codes, classes = labels.cat.codes.to_numpy(), list(labels.cat.categories)
    if len(classes) > MOST_CLASSES:
        shares = codes % len(PALETTE)
        return [Group("", np.flatnonzero(shares == index), paint) for index, paint in enumerate(PALETTE)]
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(classes) + 1))
    return [
        Group(
            str(name),
            np.sort(order[ends[index] : ends[index + 1]]),
            PALETTE[index % len(PALETTE)],
            SYMBOLS[index // len(PALETTE) % len(SYMBOLS)],
        )
        for index, name in enumerate(classes)
    ]


def _where(mask: "pd.Series[bool]") -> Rows:
    return np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))


def _names(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    files = [name.rpartition("/")[2] for name in table["id"]]
    return np.array(
        [
            f"{escape_label(file, 50)}<br>{escape_label(label, 40)}, {split}"
            for file, label, split in zip(files, table["class"], table["split"], strict=True)
        ],
        dtype=object,
    )


def _hover(group: Group, names: npt.NDArray[np.object_] | None) -> dict[str, Any]:
    if names is not None:
        return {"text": names, "hovertemplate": "%{text}<extra></extra>"}
    return {"hoverinfo": "name"} if group.name else {"hoverinfo": "none"}
