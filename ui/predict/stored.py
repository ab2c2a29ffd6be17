"""Rename or remove photographs without labels, beside their picker on the Predict page."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from tlcore.data.intake.inputs import ZIP_EXTENSION
from tlcore.data.intake.library import removal_of_unlabelled, remove_unlabelled, rename_unlabelled
from tlcore.errors import TlcoreError
from ui.shared.state import NEWS
from ui.shared.widgets import error_box, escape_markdown

_KEY = "predict_stored"
_NAME, _PROBLEM = f"{_KEY}_name", f"{_KEY}_problem"


def show_changes(path: str, choose: Callable[[str | None], object]) -> None:
    """`choose` gets the path that is shown next; None after a removal."""
    removal = removal_of_unlabelled(path)
    if removal is None:
        return
    stored = removal == "deleted"
    if problem := st.session_state.pop(_PROBLEM, ""):
        error_box(problem)
    with st.popover("Rename or remove" if stored else "Remove", icon=":material/edit:", key=_KEY):
        if stored:
            st.text_input("Name", Path(path).name.removesuffix(ZIP_EXTENSION), key=f"{_NAME}_{path}", max_chars=60)
            st.button("Rename", key=f"{_KEY}_rename", on_click=_rename, args=(path, choose))
            st.caption("They were copied here. Removed, they are deleted for good; what you accepted stays.")
        else:
            st.caption("The folder is taken off this list. Its files stay where they are, untouched.")
        with st.container(key=f"danger_{_KEY}" if stored else f"{_KEY}_forget"):
            st.button(
                "Delete for good" if stored else "Take it off the list",
                key=f"{_KEY}_remove",
                type="primary",
                icon=":material/delete_forever:" if stored else ":material/playlist_remove:",
                on_click=_remove,
                args=(path, choose),
            )


def _rename(path: str, choose: Callable[[str | None], object]) -> None:
    name = st.session_state[f"{_NAME}_{path}"].strip()
    if not name:
        return
    try:
        renamed = rename_unlabelled(path, name)
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    choose(renamed)
    st.session_state[NEWS] = f"They are called {escape_markdown(Path(renamed).name)} now."


def _remove(path: str, choose: Callable[[str | None], object]) -> None:
    try:
        remove_unlabelled(path)
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    choose(None)
    st.session_state[NEWS] = f"{escape_markdown(Path(path).name)} is off the list."
