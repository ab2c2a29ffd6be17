"""The map: a point per image, where the features of a network place it. A lasso opens its images to act on."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.config import DataConfig, ModelConfig, RunConfig
from tlcore.evaluation.kept_layouts import PlacedImages, load_layout, map_table
from tlcore.evaluation.layout import METHODS, has_umap
from tlcore.figures.map import Colour, plot_map, selected_rows
from tlcore.words import count
from ui.dataset.data import small_pictures
from ui.dataset.detail import show_image
from ui.dataset.map_colour import Source, pick_colour
from ui.dataset.network import network_parts, pick_network
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import edits_version, is_there, open_dataset
from ui.shared.caching import by_dataset, cache_resource
from ui.shared.hosting import is_hosted
from ui.shared.pictures import PictureGroup, picture_of
from ui.shared.results import remembered
from ui.shared.selection import selection_of
from ui.shared.state import picked_key
from ui.shared.views import pick_segment
from ui.shared.widgets import friendly_errors, is_touch, show_figure
from ui.shared.work import show_work, start_work, work_key

PER_PAGE = 24
_KEY = "dataset_map"
_PICTURES = f"{_KEY}_pictures"


def show_map(source: str) -> None:
    st.caption(
        "Images that look alike to the network lie near each other. Islands of the wrong colour, and single points far "
        "from all others, are worth a look."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = pick_network(_KEY)
        methods = METHODS if has_umap() else {"pca": METHODS["pca"]}
        method = pick_segment(f"{_KEY}_layout", methods, "Layout") if len(methods) > 1 else "pca"
        key = work_key("map", source, *network_parts(model), method)
        if st.button("Draw the map", key=f"{_KEY}_draw", icon=":material/scatter_plot:"):
            config = RunConfig(data=DataConfig(source=source), model=model)
            with friendly_errors():
                start_work(key, ["map", "--json", "--layout", method], config)
    if not has_umap() and not is_hosted():
        st.caption("Layout: PCA. UMAP shows small groups better: `pip install umap-learn` brings it.")
    found = show_work(key, "The map")
    if found is None:
        return
    placed = _placed(found["layout"])
    if placed is None:
        st.info("The places of the images are no longer kept. Draw the map again.", icon=":material/info:")
        return
    _show_placed(source, found["layout"], model)


@st.fragment
def _show_placed(source: str, layout: str, model: ModelConfig) -> None:
    table = _table(source, edits_version(source), layout)
    _note_missing(source, table, layout)
    if table.empty:
        return
    colour, predicted = pick_colour(source, model)
    if predicted is not None:
        table = _judged(source, layout, predicted)
    figure = _figure(source, edits_version(source), layout, colour, predicted)
    # another key for other points: the places of selected points are those in the chart that is drawn
    key = work_key(_KEY, str(edits_version(source)), layout, colour, "" if predicted is None else predicted.name)

    def choose() -> None:
        _choose(source, table, colour, st.session_state[key].selection.points)

    show_figure(figure, key, choose, selection_mode=("points", "box", "lasso"), lasso=True)
    how = "Tap a point" if is_touch() else "Draw around points, or click one,"
    st.caption(f"{how} to see the images. A double click ends it.")
    _show_chosen(source, table)


def _choose(source: str, table: pd.DataFrame, colour: Colour, points: list[Mapping[str, Any]]) -> None:
    """Show the images of the selected points, and choose them all."""
    rows = selected_rows(table, colour, [(point["curve_number"], point["point_index"]) for point in points])
    ids = list(table["id"].iloc[rows])
    st.session_state[picked_key(_PICTURES)] = ids
    selection_of(source, _PICTURES).choose(ids)


def _show_chosen(source: str, table: pd.DataFrame) -> None:
    chosen = set(st.session_state.get(picked_key(_PICTURES), ()))
    rows = table[table["id"].isin(chosen)] if chosen else table.iloc[:0]
    if rows.empty:
        return
    pages = math.ceil(len(rows) / PER_PAGE)
    page = st.pagination(pages, key=f"{_PICTURES}_page") if pages > 1 else 1
    shown = rows.iloc[(min(page, pages) - 1) * PER_PAGE :][:PER_PAGE]
    jpegs = small_pictures(source, tuple(shown["id"]))
    pictures = tuple(
        picture_of(row["id"], jpegs.get(row["id"]), str(row["class"]), str(row["split"]))
        for row in shown.to_dict("records")
    )
    group = PictureGroup(count(len(rows), "image"), pictures)
    clicked = show_pictures_to_act_on(source, [group], _PICTURES, rows["id"], why="Chosen on the map of images")
    if clicked:
        show_image(source, clicked)


def _note_missing(source: str, table: pd.DataFrame, layout: str) -> None:
    placed = _placed(layout)
    unreadable = 0 if placed is None else len(placed.skipped)
    new = len(open_dataset(source).samples) - len(table) - unreadable
    if unreadable:
        st.caption(f":material/warning: {count(unreadable, 'image')} cannot be read, and have no place.")
    if new > 0:
        st.info(f"{count(new, 'image')} came since the map was drawn. Draw it again to see them.")


@cache_resource(max_entries=8, ttl=3600, show_spinner=False, validate=is_there)
def _placed(layout: str) -> PlacedImages | None:
    return load_layout(layout)


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _table(source: str, version: int, layout: str) -> pd.DataFrame:
    """Shared: do not change it."""
    placed = _placed(layout)
    assert placed is not None
    return map_table(open_dataset(source), placed)


def _judged(source: str, layout: str, predicted: Source) -> pd.DataFrame:
    version = edits_version(source)
    return remembered(
        "map",
        predicted.runs,
        lambda: predicted.judge(_table(source, version, layout)),
        version,
        layout,
        predicted.name,
    )


def _figure(source: str, version: int, layout: str, colour: Colour, predicted: Source | None) -> go.Figure:
    placed = _placed(layout)
    variance = () if placed is None else placed.variance
    if predicted is None:
        return _plain_figure(source, version, layout, colour, variance)
    return remembered(
        "map figure",
        predicted.runs,
        lambda: plot_map(_judged(source, layout, predicted), colour, variance=variance),
        version,
        layout,
        colour,
        predicted.name,
    )


@cache_resource(by_dataset, max_entries=16, ttl=300, show_spinner=False)
def _plain_figure(source: str, version: int, layout: str, colour: Colour, variance: tuple[float, ...]) -> go.Figure:
    return plot_map(_table(source, version, layout), colour, variance=variance)
