"""Charts of the sizes and shapes of the images, and their colour statistics beside the backbone's."""

import plotly.graph_objects as go
import streamlit as st

from tlcore.config import ModelConfig
from tlcore.figures.dataset import plot_channels, plot_shapes, plot_sizes
from tlcore.models.zoo import ZOO, find_architecture
from tlcore.words import count, percent
from ui.dataset.data import Report, small_pictures
from ui.dataset.detail import show_image
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import edits_version
from ui.shared.caching import by_dataset, cache_resource
from ui.shared.pictures import PictureGroup, picture_of
from ui.shared.widgets import show_figure

SHOWN = 24
CLOSE = 0.03  # a smaller difference of means, which are 0 to 1, does not matter

_MUCH_THE_SAME = "Yours are much the same."
_DIFFERENT = (
    "A difference like yours is harmless where the layers are trained. With all but the head frozen, it can cost "
    "a little."
)


@st.fragment
def show_sizes(source: str, report: Report) -> None:
    readable = report.table[report.table["reason"] == ""]
    if readable.empty:
        st.info("Not one image can be read.")
        return
    shorter = readable[["width", "height"]].min(axis=1)
    least, most = int(shorter.min()), int(shorter.max())
    spread = f", from {count(least)} to {count(most)} px" if least < most else " like every other"
    st.caption(
        f"The shorter side of the median image is {count(int(shorter.median()))} px{spread}. "
        "Click a point to see its images."
    )
    scatter, histogram = st.columns(2, gap="medium")
    with scatter:
        chosen = show_figure(
            _sizes_figure(source, edits_version(source), report),
            "dataset_sizes",
            on_select="rerun",
            selection_mode="points",
        )
    with histogram:
        show_figure(_shapes_figure(source, edits_version(source), report), "dataset_shapes")
    points = chosen.selection.points
    if not points:
        return
    width, height = round(points[0]["x"]), round(points[0]["y"])
    rows = readable[(readable["width"] == width) & (readable["height"] == height)]
    jpegs = small_pictures(source, tuple(rows["id"][:SHOWN]))
    pictures = [
        picture_of(row["id"], jpegs.get(row["id"]), str(row["class"]), str(row["split"]))
        for row in rows[:SHOWN].to_dict("records")
    ]
    more = f", the first {SHOWN} of them" if len(rows) > SHOWN else ""
    heading = f"{width} × {height} px: {count(len(rows))} image{'s' if len(rows) > 1 else ''}{more}"
    clicked = show_pictures_to_act_on(
        source, [PictureGroup(heading, tuple(pictures))], "dataset_of_size", rows["id"], why=f"{width} × {height} px"
    )
    if clicked:
        show_image(source, clicked)


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _sizes_figure(source: str, version: int, _report: Report) -> go.Figure:
    table = _report.table
    return plot_sizes(table[table["reason"] == ""])


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _shapes_figure(source: str, version: int, _report: Report) -> go.Figure:
    table = _report.table
    return plot_shapes(table[table["reason"] == ""])


@st.fragment
def show_colours(source: str, report: Report) -> None:
    name = st.selectbox(
        "Compared with the weights of",
        list(ZOO),
        index=list(ZOO).index(ModelConfig().backbone),
        key="dataset_backbone",
        persist_state="session",
        width=260,
    )
    mean, std = find_architecture(name).normalisation
    statistics = report.statistics
    show_figure(plot_channels(statistics, mean, std, of_weights=f"weights of {name}"), "dataset_channels")
    st.dataframe(
        {
            "Channel": list(statistics["channel"]),
            "Mean": [percent(value) for value in statistics["mean"]],
            "Mean of the weights": [percent(value) for value in mean],
            "Std": [percent(value) for value in statistics["std"]],
            "Std of the weights": [percent(value) for value in std],
        },
        hide_index=True,
    )
    far = max(abs(a - b) for a, b in zip(statistics["mean"], mean, strict=True))
    st.caption(
        "Over all pixels, each image counting the same. Images are normalised with the values of the weights, not with "
        "their own, because that is what the weights have learned to see. "
        + (_MUCH_THE_SAME if far < CLOSE else _DIFFERENT)
    )
