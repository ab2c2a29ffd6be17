"""What a link carries and what a visit remembers: every query parameter, in one place.

`dataset`, `run` and whatever a page adds (split, filter, page number) stand in the address. Dataset and run are also
remembered for the visit, so that they survive a page switch. Widgets keep their own values with `persist_state`.
"""

import time
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import streamlit as st

from ui.shared.datasets import dataset_name

DEFAULT_DATASET = "demo"
CARRIED = ("dataset", "run")
"""Parameters that go along from page to page."""
_LATE_ADDRESS_S = 2.0
TRAIN_DRAFT, TRAIN_ORIGIN, TRAIN_NOTES = "train_draft", "train_origin_of_draft", "train_notes"
"""In the session: the form of the Train page, what it was filled from, what it changed by itself (`ui.train.draft`)."""
ADDING = "state_adding"
"""In the session: whether the dialog that adds a dataset is open. A page that is drawn anew keeps it open."""
ADDED = "state_added"
"""In the session: the dataset that was added just now, until the next page has said so."""
MISSING_DATASET = "state_missing_dataset"
"""In the session: the dataset that an address asked for in vain, and when (`time.monotonic`)."""
RUN_COLOURS = "state_run_colours"
"""In the session: by the name of a run, its place in the palette."""


def param(name: str, default: str = "") -> str:
    """A query parameter; for those that are carried, what this visit had before where the address has none."""
    value = st.query_params.get(name)
    if value:
        if name in CARRIED:
            st.session_state[_remembered(name)] = value
        return str(value)
    return str(st.session_state.get(_remembered(name), default)) if name in CARRIED else default


def param_list(name: str) -> list[str]:
    """All values of a query parameter that stands in the address several times."""
    return st.query_params.get_all(name)


def set_param_list(name: str, values: list[str]) -> None:
    """Write a query parameter several times. Of one that is carried, the last value goes along to other pages."""
    if name in CARRIED:
        st.session_state[_remembered(name)] = values[-1] if values else ""
    if st.query_params.get_all(name) != values:
        st.query_params[name] = values


def set_params(**values: str | int | None) -> None:
    """Write query parameters; None or an empty text takes one out. A `dataset` is given as its source."""
    for name, value in values.items():
        text = "" if value is None else _in_address(name, str(value))
        if name in CARRIED:
            st.session_state[_remembered(name)] = text
        if text:
            if st.query_params.get(name) != text:
                st.query_params[name] = text
        else:
            st.query_params.pop(name, None)


def adopt_address(key: str, known: Collection[str], default: str | None = None) -> None:
    """Before a widget whose options are identifiers: give it the one that the address has, else the one it had before.

    The first one known is the default, where none is given. For a moment after the person chose, the widget is right
    and not the address: the browser sends the address along as it was when it sent the request.
    """
    chosen_at = st.session_state.get(_chosen_at(key), float("-inf"))
    asked = st.query_params.get(key)
    if asked in known and time.monotonic() - chosen_at > _LATE_ADDRESS_S:
        st.session_state[key] = asked
    elif st.session_state.get(key) not in known:
        st.session_state[key] = default if default in known else next(iter(known))


def write_address(key: str) -> None:
    """When a person chose in such a widget: put the identifier into the address."""
    st.session_state[_chosen_at(key)] = time.monotonic()
    set_params(**{key: st.session_state[key]})


def carried(**changes: str | None) -> dict[str, str]:
    """The parameters that a link to another page of ours gets."""
    values: dict[str, Any] = {name: param(name) for name in CARRIED} | changes
    return {name: value for name, value in values.items() if value}


def link(page: str, **params: str | None) -> NoReturn:
    """Go to a page, given as `pages/train.py`, with these query parameters beside dataset and run."""
    params = {name: value and _in_address(name, value) for name, value in params.items()}
    for name in CARRIED:
        if params.get(name):
            st.session_state[_remembered(name)] = params[name]
    st.switch_page(page, query_params=carried(**params))


def _chosen_at(key: str) -> str:
    return f"state_chosen_at_{key}"


def setting_key(path: Sequence[str]) -> str:
    """Key of the widget that shows a setting of a run, which is given by its path in RunConfig."""
    return "_".join(("train", *path))


def _in_address(name: str, value: str) -> str:
    """An address names a dataset, and tells nobody in which folder of the server it lies."""
    return dataset_name(value) if name == "dataset" and value else value


def _remembered(name: str) -> str:
    return f"state_{name}"
