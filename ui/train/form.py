"""The form of a run: draws the rows of `ui.train.fields` and writes edits into the draft. Nothing is computed here."""

import copy
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.data.dataset import Dataset
from tlcore.training.refit import refit_views
from tlcore.words import count
from ui.shared.datasets import dataset_label
from ui.shared.state import link
from ui.shared.widgets import escape_markdown
from ui.train.asked import OpenedData
from ui.train.backbone_search import show_search
from ui.train.bounds import bounds_of
from ui.train.draft import draft, note, notes, put_value, value_at
from ui.train.fields import (
    FIELDS,
    RATES,
    Choice,
    Field,
    FormState,
    Number,
    Section,
    Segments,
    Steps,
    Text,
    Toggle,
    groups_without_rate,
    rate_fields,
)
from ui.train.fill import change_backbone
from ui.train.origin import show_origin
from ui.train.schedule import show_schedule
from ui.train.splits import show_splits
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
        _rows(form, "data")
        show_splits(opened)
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
        _show(field, form)
    if section == "strategy":
        st.caption(STRATEGY_HELP.get(form["strategy.name"], ""))
    if rows[leading:]:
        with st.grid(columns, min_column_width=170, vertical_alignment="bottom"):
            for field in rows[leading:]:
                _show(field, form)
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
    name = st.session_state[MORE_RATES]
    st.session_state[MORE_RATES] = None
    if name is not None:
        settings = draft()
        rate = settings["optimizer"]["learning_rate"] or 1e-4
        put_value(settings, (*RATES, name), rate)


def _show(field: Field, form: FormState) -> None:
    """Draw a row. The widget gets the draft's value only if it differs: writing into a widget that is being used
    would undo the visitor's edit."""
    value = field.read(value_at(form.settings, field.path))
    if field.key not in st.session_state or st.session_state[field.key] != value:
        st.session_state[field.key] = value
    on_change: Mapping[str, Any] = {"on_change": _edit, "args": (field, form)}
    match field.widget:
        case Number(step, empty):
            bounds = bounds_of(field.path)
            kind = int if bounds.whole else float
            st.number_input(
                field.label,
                min_value=None if bounds.low is None else kind(bounds.low),
                max_value=None if bounds.high is None else kind(bounds.high),
                value=bounds.default,
                step=kind(step),
                format="%d" if bounds.whole else "%g",
                placeholder=empty(form),
                key=field.key,
                help=field.help,
                **on_change,
            )
        case Steps(values, label):
            st.select_slider(
                field.label,
                sorted({*values, value}),
                format_func=label,
                key=field.key,
                help=field.help,
                **on_change,
            )
        case Choice(options, label, empty):
            there = list(options(form))
            st.selectbox(
                field.label,
                [*there, *([value] if value is not None and value not in there else [])],
                index=None if empty is not None else 0,
                format_func=lambda option: label(form, option),
                placeholder=None if empty is None else empty(form),
                key=field.key,
                help=field.help,
                **on_change,
            )
        case Segments(labels):
            st.segmented_control(
                field.label,
                list(labels),
                format_func=labels.__getitem__,
                key=field.key,
                required=True,
                label_visibility="collapsed",
                help=field.help,
                **on_change,
            )
        case Toggle():
            st.toggle(field.label, key=field.key, help=field.help, **on_change)
        case Text(placeholder):
            st.text_input(
                field.label,
                key=field.key,
                placeholder=placeholder,
                max_chars=4096,
                live=True,
                help=field.help,
                **on_change,
            )


def _edit(field: Field, form: FormState) -> None:
    """Write the value of a widget into the draft."""
    settings, chosen = draft(), st.session_state[field.key]
    if isinstance(field.widget, Choice):
        offered = [*field.widget.options(form), field.read(value_at(settings, field.path))]
        if chosen not in offered and not (chosen is None and field.widget.empty is not None):
            return  # an old option: the browser sent it while the list was being replaced
    note(())
    value = field.write(chosen, value_at(settings, field.path))
    if field.path == ("model", "backbone"):
        change_backbone(value)
    elif field.path[:-1] == RATES and value is None:
        settings["strategy"]["learning_rates"].pop(field.path[-1], None)
    else:
        before = copy.deepcopy(settings)
        put_value(settings, field.path, value)
        if field.path == ("model", "weights"):
            settings.update(refit_views(before, settings))
