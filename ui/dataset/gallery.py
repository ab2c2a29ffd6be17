"""A bar chart of images per class and split, and a paged gallery of the images with filters and search."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.figures.dataset import plot_class_counts
from ui.dataset.data import counts_of, samples_of, small_pictures
from ui.dataset.detail import show_image
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import edits_version, open_dataset
from ui.shared.caching import by_dataset, cache_resource
from ui.shared.pictures import PictureGroup, picture_of
from ui.shared.state import adopt_address, choose, is_late, set_widget
from ui.shared.views import pick_from_list, pick_segment
from ui.shared.widgets import escape_markdown, show_figure

PER_PAGE = 48
ALL = ""
ORDERS = {"mixed": "mixed", "file": "by file"}
_SPLIT, _CLASS, _SEARCH, _ORDER, _PAGE = (f"dataset_{name}" for name in ("split", "class", "search", "order", "page"))


@st.fragment
def show_gallery(source: str) -> None:
    dataset = open_dataset(source)
    adopt_address(_SPLIT, (ALL, *dataset.split_names))
    adopt_address(_CLASS, (ALL, *dataset.classes))
    split, label = st.session_state.get(_SPLIT, ALL), st.session_state.get(_CLASS, ALL)
    _show_counts(source, split, label)
    split, label, search, order = _filters(source)
    rows = _filtered(source, edits_version(source), split, label, search, order)
    if rows.empty:
        st.info(f"No image {'contains “' + escape_markdown(search) + '” in its name' if search else 'is left'}.")
        return
    page = _page(math.ceil(len(rows) / PER_PAGE))
    shown = rows.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
    jpegs = small_pictures(source, tuple(shown["id"]))
    pictures = tuple(
        picture_of(row["id"], jpegs.get(row["id"]), f"{row['class']}", str(row["split"]))
        for row in shown.to_dict("records")
    )
    clicked = show_pictures_to_act_on(source, [PictureGroup("", pictures)], "dataset_pictures", rows["id"])
    if clicked:
        show_image(source, clicked)


def _show_counts(source: str, split: str, label: str) -> None:
    figure = _counts_figure(source, edits_version(source), split, label)
    key = f"dataset_bars_{split or 'all'}_{label or 'all'}"
    show_figure(figure, key, on_select=lambda: _choose_bar(key, split, label), selection_mode="points")
    st.caption("Click a bar to see its images, and once more to see all.")


@cache_resource(by_dataset, max_entries=16, ttl=300, show_spinner=False)
def _counts_figure(source: str, version: int, split: str, label: str) -> go.Figure:
    return plot_class_counts(
        counts_of(source), split=None if split == ALL else split, label=None if label == ALL else label
    )


def _choose_bar(key: str, shown_split: str, shown_label: str) -> None:
    """A click on a bar shows its images; a second click, on what is shown already, all images again."""
    points = st.session_state[key].selection.points
    if not points:
        return
    label, split = points[0]["customdata"]
    same = (shown_split, shown_label) == (split, label)
    choose(_SPLIT, ALL if same else split)
    choose(_CLASS, ALL if same else label)
    _first_page()


def _filters(source: str) -> tuple[str, str, str, str]:
    dataset = open_dataset(source)
    splits = {ALL: "all", **{name: name for name in dataset.split_names}}
    classes = {ALL: "all", **{name: name for name in dataset.classes}}
    with st.container(horizontal=True, vertical_alignment="top"):
        split = pick_segment(_SPLIT, splits, "Split", on_change=_first_page)
        label = pick_from_list(_CLASS, classes, "Class", width=170, on_change=_first_page)
        search = st.text_input(
            "File name",
            key=_SEARCH,
            placeholder="any",
            icon=":material/search:",
            width=170,
            live=True,
            bind="query-params",
            persist_state="session",
            on_change=_first_page,
        )
        order = pick_segment(_ORDER, ORDERS, "Order", on_change=_first_page)
    return split, label, search or "", order


def _first_page() -> None:
    set_widget(_PAGE, 1)


def _page(pages: int) -> int:
    if st.session_state.get(_PAGE, 1) > pages:
        st.session_state[_PAGE] = pages
    if pages == 1:
        return 1
    return st.pagination(pages, key=_PAGE, bind="query-params", persist_state="session", on_change=_keep_first_page)


def _keep_first_page() -> None:
    is_late(_PAGE)


@cache_resource(by_dataset, max_entries=32, ttl=300, show_spinner=False)
def _filtered(source: str, version: int, split: str, label: str, search: str, order: str) -> pd.DataFrame:
    samples = samples_of(source)
    keep = np.ones(len(samples), bool)
    if split != ALL:
        keep &= (samples["split"] == split).to_numpy()
    if label != ALL:
        keep &= (samples["class"] == label).to_numpy()
    if search:
        keep &= samples["search"].str.contains(search.strip().lower(), regex=False).to_numpy()
    positions = np.flatnonzero(keep)
    if order == "mixed":
        positions = np.random.default_rng(0).permutation(positions)
    return samples.iloc[positions]
