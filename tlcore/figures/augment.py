"""Charts of the augmentation page: what RandomResizedCrop is set to, and what it really does."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import MUTED, PALETTE, as_percent, base_figure

_BINS = 32


def plot_kept_area(crops: pd.DataFrame, scale: tuple[float, float]) -> go.Figure:
    """How much of the image the boxes of `crops.sample_crops` keep. The request is uniform over `scale`."""
    edges = np.linspace(0, 1, _BINS + 1)
    asked = _uniform_share(edges, *scale)
    figure = as_percent(_asked_and_delivered(crops, crops["area"], edges, asked, "area kept"), "x")
    return figure.update_xaxes(range=[0, 1], tickvals=np.linspace(0, 1, 5))


def plot_ratio(crops: pd.DataFrame, ratio: tuple[float, float]) -> go.Figure:
    """Width / height of the boxes. The request is uniform on a logarithmic scale."""
    logs = np.log2(crops["ratio"])
    low, high = min(float(logs.min()), np.log2(ratio[0])), max(float(logs.max()), np.log2(ratio[1]))
    edges = np.linspace(low - 0.1, high + 0.1, _BINS + 1)
    asked = _uniform_share(edges, *np.log2(ratio))
    figure = _asked_and_delivered(crops, logs, edges, asked, "width : height")
    ticks = np.array([value for value in _RATIOS.values() if edges[0] <= np.log2(value) <= edges[-1]])
    names = [name for name, value in _RATIOS.items() if edges[0] <= np.log2(value) <= edges[-1]]
    return figure.update_xaxes(tickvals=np.log2(ticks), ticktext=names)


def plot_coverage(seen: npt.NDArray[np.float64]) -> go.Figure:
    """`crops.coverage` as a heat map: how many draws show each part of an image."""
    cells = len(seen)
    figure = base_figure(height_px=280, margin={"l": 8, "r": 24, "t": 28, "b": 8})
    figure.add_heatmap(
        z=seen,
        zmin=0,
        zmax=1,
        colorscale="Viridis",
        colorbar={
            "orientation": "h",
            "tickformat": ".0%",
            "thickness": 10,
            "outlinewidth": 0,
            "y": 1.0,
            "yanchor": "bottom",
        },
        hovertemplate="seen in %{z:.0%} of the draws<extra></extra>",
    )
    ends = {"tickvals": np.array([-0.5, cells / 2 - 0.5, cells - 0.5]), "showgrid": False, "zeroline": False}
    figure.update_xaxes(ticktext=["left", "middle", "right"], **ends)
    return figure.update_yaxes(ticktext=["top", "middle", "bottom"], autorange="reversed", **ends)


_RATIOS = {"1:8": 1 / 8, "1:4": 1 / 4, "1:3": 1 / 3, "1:2": 1 / 2, "2:3": 2 / 3, "3:4": 3 / 4, "1:1": 1.0}
_RATIOS |= {":".join(reversed(name.split(":"))): 1 / value for name, value in reversed(_RATIOS.items())}


def _asked_and_delivered(
    crops: pd.DataFrame, values: pd.Series, edges: npt.NDArray[np.float64], asked: npt.NDArray[np.float64], title: str
) -> go.Figure:
    figure = base_figure(height_px=280, x_title=title, y_title="draws", barmode="stack", bargap=0, showlegend=False)
    middles = (edges[1:] + edges[:-1]) / 2
    for name, chosen, colour in (
        ("fitted", ~crops["fell_back"], PALETTE[0]),
        ("centre", crops["fell_back"], PALETTE[1]),
    ):
        share = np.histogram(values[chosen], edges)[0] / len(crops)
        figure.add_bar(x=middles, y=share, name=name, marker_color=colour, hovertemplate="%{y:.1%}")
    figure.add_scatter(
        x=np.repeat(edges, 2)[1:-1],
        y=np.repeat(asked, 2),
        name="asked",
        mode="lines",
        line={"color": MUTED, "width": 2, "dash": "dot"},
        hovertemplate="%{y:.1%}",
    )
    return as_percent(figure)


def _uniform_share(edges: npt.NDArray[np.float64], low: float, high: float) -> npt.NDArray[np.float64]:
    """The fraction of a uniform draw from low to high that falls between each pair of edges."""
    if high <= low:
        low, high = low - 1e-6, low + 1e-6
    shares: npt.NDArray[np.float64] = np.diff(np.clip((edges - low) / (high - low), 0, 1))
    return shares
