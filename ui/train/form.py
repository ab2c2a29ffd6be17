"""The form of a run: its sections with the rows of `ui.train.fields`. Nothing is computed here."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.data.dataset import Dataset
from tlcore.words import count
from ui.shared.datasets import dataset_label
from ui.shared.state import link, take
from ui.shared.widgets import escape_markdown
from ui.train.asked import OpenedData
from ui.train.backbone_search import show_search
from ui.train.data import show_data_fields
from ui.train.draft import draft, notes, put_value
from ui.train.fields import FIELDS, RATES, Field, FormState, Section, groups_without_rate, rate_fields
from ui.train.origin import show_origin
from ui.train.rows import show_row, show_rows
from ui.train.schedule import show_schedule
from ui.train.views import show_views_picker

MORE_RATES = "train_more_rates"
STRATEGY_HELP = {
    "feature_extraction": "The backbone stays as it is, and only a new head learns. Quick, and hard to beat.",
    "fine_tuning": "First the head, then all layers, slowly. For many images, or images unlike those it knows.",
    "from_scratch": "Everything begins at random. Needs many images: a yardstick for what the weights are worth.",
}


def show_form(form: FormState, opened: OpenedData) -> DeltaGenerator:
    """Draw the form. Returns the container for the table of layer groups."""
    show_origin()
    for sentence in notes():
        st.info(escape_markdown(sentence), icon=":material/published_with_changes:")
    with _section("Data", ":material/photo_library:"):
        _data(form, opened.dataset)
        show_data_fields(form, opened)
    with _section("Backbone", ":material/account_tree:"):
        _rows(form, "backbone", columns=2, leading=1)
        show_search()
    with _section("Strategy", ":material/tune:"):
        _rows(form, "strategy", leading=1)
        layers = st.container()
    with _section("Augmentation", ":material/auto_fix_high:"):
        show_views_picker(form)
        _rows(form, "augmentation")
    with _section("Optimiser", ":material/trending_down:"):
        _rows(form, "optimiser")
    with _section("Schedule", ":material/show_chart:"):
        _rows(form, "schedule")
        show_schedule(form)
    with st.expander("Advanced settings", icon=":material/settings:", key="train_advanced"):
        _rows(form, "advanced")
    return layers


def shown_fields(form: FormState) -> list[Field]:
    """The rows that the form shows for a draft, in the order of the table."""
    return [field for field in FIELDS if field.shown(form)] + rate_fields(form)


def _section(title: str, icon: str) -> DeltaGenerator:
    box = st.container(border=True, key=f"train_section_{title.lower()}")
    box.header(f"{icon} {title}", anchor=False)
    return box


def _rows(form: FormState, section: Section, columns: int = 3, leading: int = 0) -> None:
    """Draw the rows of a section. `leading` rows take the whole width; a hint follows the row of the strategy."""
    rows = [field for field in shown_fields(form) if field.section == section]
    for field in rows[:leading]:
        show_row(field, form)
    if section == "strategy":
        st.caption(STRATEGY_HELP.get(form["strategy.name"], ""))
    show_rows(rows[leading:], form, columns)
    if section == "strategy" and form["strategy.name"] != "feature_extraction":
        _more_rates(form)


def _data(form: FormState, dataset: Dataset) -> None:
    splits = ", ".join(f"{count(len(dataset.split(name)))} {name}" for name in dataset.split_names)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        name = escape_markdown(dataset_label(form["data.source"]))
        st.markdown(f"**{name}**: {count(len(dataset.classes), 'class', 'classes')}, {splits}", width="content")
        if st.button("Open the dataset", key="train_dataset", icon=":material/photo_library:"):
            link("pages/dataset.py")


def _more_rates(form: FormState) -> None:
    names = groups_without_rate(form)
    if names:
        st.selectbox(
            "Add a learning rate of one layer group",
            names,
            index=None,
            placeholder="Choose a layer group",
            key=MORE_RATES,
            on_change=_add_rate,
        )


def _add_rate() -> None:
    name = take(MORE_RATES)
    if name is not None:
        settings = draft()
        rate = settings["optimizer"]["learning_rate"] or 1e-4
        put_value(settings, (*RATES, name), rate)
