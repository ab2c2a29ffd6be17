"""Query parameters of the address, and session keys that pages share.

The address contains `dataset`, `run` and what a page adds (split, filter, page number). Dataset and run are also
remembered for the visit, so that they survive a page switch. Widgets keep their own values with `persist_state`.
"""

import time
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import streamlit as st

from ui.shared.datasets import dataset_name

DEFAULT_DATASET = "demo"
CARRIED = ("dataset", "run")
"""Parameters that links to other pages carry."""
_LATE_S = 2.0
"""How long after a change the browser may still send what was before it."""
TRAIN_DRAFT, TRAIN_ORIGIN, TRAIN_NOTES = "train_draft", "train_origin_of_draft", "train_notes"
"""Session keys of the Train form: settings, what it was filled from, its automatic changes (`ui.train.draft`)."""
ADDING = "state_adding"
"""Session key: whether the dialog that adds a dataset is open. It stays open when the page is redrawn."""
BUILDING = "building"
"""Session key and query parameter: the key of the dataset that is being built in this visit."""
NEWS = "state_news"
"""Session key: what was just done, as Markdown, until the next page has announced it."""
MISSING_DATASET = "state_missing_dataset"
"""Session key: the unknown dataset that an address named, and when (`time.monotonic`)."""
HELD_CHARTS = "state_held_charts"
"""In the session: the live charts as they were drawn last, which may be held still (`ui.train.live_charts`)."""
SELECTION = "state_selection"
"""Prefix of session keys: the chosen images of a set of pictures (`ui.shared.selection`)."""
PICKED = "state_picked"
"""Prefix of session keys: the ids of the images that were picked in a chart, to be shown in a set of pictures."""
DETAIL_SHOWN = "state_detail_shown"
"""Session key: the image that a dialog was opened for, and the one that it shows (`ui.dataset.detail`)."""
LABEL_QUEUE = "state_label_queue"
"""Session key: where this visit is in the queue of doubtful labels (`ui.dataset.queue`)."""
LINK_MADE = "state_link_made"
"""Session key: the folder that a link was just made to, and the address with its token, while its dialog is open."""
YOUR_SPACE = "state_your_space"
"""Session key: whether the dialog about the visitor's space is open. It stays open when the page is redrawn."""
DELETING = "state_deleting"
"""Session key: whether the visitor has asked to delete everything, and is asked whether they are sure."""
ADMITTED = "state_admitted"
"""Session key: whether the administrator has given the host's token in this visit."""
UNUSED_UPLOADS = "state_unused_uploads"
"""Session key: id of an uploaded file that no widget has -> since when (`time.monotonic`, `ui.shared.uploads`)."""
RUN_COLOURS = "state_run_colours"
"""Session key: name of a run -> its place in the palette."""


def param(name: str, default: str = "") -> str:
    """A query parameter. If the address lacks a carried one, the value from earlier in this visit."""
    value = st.query_params.get(name)
    if value:
        if name in CARRIED:
            st.session_state[_remembered(name)] = value
        return str(value)
    return str(st.session_state.get(_remembered(name), default)) if name in CARRIED else default


def param_list(name: str) -> list[str]:
    """All values of a query parameter that may occur several times in the address."""
    return st.query_params.get_all(name)


def set_param_list(name: str, values: list[str]) -> None:
    """Write a query parameter several times. If it is carried, other pages get the last value."""
    if name in CARRIED:
        st.session_state[_remembered(name)] = values[-1] if values else ""
    if st.query_params.get_all(name) != values:
        st.query_params[name] = values


def set_params(**values: str | int | None) -> None:
    """Write query parameters; None or an empty text removes one. A `dataset` is given as its source."""
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
    """Call before a widget whose options are identifiers: it takes the address's value, else keeps its own.

    Without a `default`, the first known identifier is the default. For a moment after the visitor chose, the widget's
    value wins over the address: the browser may still send the address from before the choice.
    """
    chosen_at = st.session_state.get(_chosen_at(key), float("-inf"))
    asked = st.query_params.get(key)
    if asked in known and time.monotonic() - chosen_at > _LATE_S:
        st.session_state[key] = asked
    elif st.session_state.get(key) not in known:
        st.session_state[key] = default if default in known else next(iter(known))


def write_address(key: str) -> None:
    """Put the value of such a widget into the address, after the visitor changed it."""
    st.session_state[_chosen_at(key)] = time.monotonic()
    set_params(**{key: st.session_state[key]})


def set_widget(key: str, value: Any) -> None:
    """Give a widget another value, in the callback of a widget. Ask `is_late` first in its own callback."""
    before = st.session_state.get(key)
    if before != value:
        st.session_state[_set_at(key)] = before, value, time.monotonic()
        st.session_state[key] = value


def is_late(key: str) -> bool:
    """Whether the browser has sent the value from before `set_widget` once more. The widget then has its value again.

    It does so with a part of the page that redraws itself, and with a click, until the new value has arrived there. To
    Streamlit this is a change by the visitor.
    """
    before, value, at = st.session_state.get(_set_at(key), (None, None, float("-inf")))
    if st.session_state.get(key) == before and time.monotonic() - at <= _LATE_S:
        st.session_state[key] = value
        return True
    st.session_state.pop(_set_at(key), None)
    return False


def take(key: str, empty: str | None = None) -> Any:
    """The value of a widget that is empty again once it is taken, in its own callback; None if there is none."""
    value = st.session_state.get(key)
    if value in (None, empty) or is_late(key):
        return None
    set_widget(key, empty)
    return value


def choose(key: str, value: str) -> None:
    """`set_widget` for one whose value is in the address (`ui.shared.views`)."""
    set_widget(key, value)
    write_address(key)


def carried(**changes: str | None) -> dict[str, str]:
    """The parameters that a link to another page of the dashboard gets."""
    values: dict[str, Any] = {name: param(name) for name in CARRIED} | changes
    return {name: value for name, value in values.items() if value}


def link(page: str, **params: str | None) -> NoReturn:
    """Switch to a page, given as `pages/train.py`, with these query parameters in addition to dataset and run."""
    params = {name: value and _in_address(name, value) for name, value in params.items()}
    for name in CARRIED:
        if params.get(name):
            st.session_state[_remembered(name)] = params[name]
    st.switch_page(page, query_params=carried(**params))


def _chosen_at(key: str) -> str:
    return f"state_chosen_at_{key}"


def _set_at(key: str) -> str:
    return f"state_set_at_{key}"


def setting_key(path: Sequence[str]) -> str:
    """Key of the widget for a setting, which is given by its path in RunConfig."""
    return "_".join(("train", *path))


def selection_key(pictures: str) -> str:
    """Key of the selection in the set of pictures with that key."""
    return f"{SELECTION}_{pictures}"


def picked_key(pictures: str) -> str:
    """Key of the ids that were picked to be shown in the set of pictures with that key."""
    return f"{PICKED}_{pictures}"


def _in_address(name: str, value: str) -> str:
    """The value as an address shows it: a dataset by its name, so that no folder of the server is visible."""
    return dataset_name(value) if name == "dataset" and value else value


def _remembered(name: str) -> str:
    return f"state_{name}"
