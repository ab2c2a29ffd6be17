"""Rows of the form: draws the widget of a field, and writes what is edited into the draft."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.training.refit import refit_views
from ui.train.bounds import bounds_of
from ui.train.draft import draft, note, put_value, value_at
from ui.train.fields import RATES, Choice, Field, FormState, Number, Segments, Steps, Text, Toggle
from ui.train.fill import change_backbone

MIN_WIDTH_PX = 170


def show_rows(rows: Sequence[Field], form: FormState, columns: int = 3) -> None:
    """Side by side, as many as fit."""
    if not rows:
        return
    with st.grid(columns, min_column_width=MIN_WIDTH_PX, vertical_alignment="bottom"):
        for field in rows:
            show_row(field, form)


def show_row(field: Field, form: FormState) -> None:
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
