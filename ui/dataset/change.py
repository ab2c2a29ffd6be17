"""Rename or remove the dataset of the page. Each asks first, and says what becomes of the files and of the runs."""

import streamlit as st

from tlcore.data.intake.library import free_name, removal_of, remove, rename, uploaded_folder
from tlcore.data.intake.names import safe_name
from tlcore.errors import TlcoreError
from tlcore.runs.work.turn import live_runs
from tlcore.words import count
from ui.dataset.data import forget
from ui.shared.cached import list_runs
from ui.shared.datasets import dataset_label, dataset_sources
from ui.shared.state import DEFAULT_DATASET, NEWS, set_params
from ui.shared.widgets import error_box, escape_markdown


def show_changes(source: str) -> None:
    """The buttons; none for a built-in dataset, and none for that of somebody else."""
    removal = removal_of(source)
    if removal == "deleted" and st.button("Rename", key="dataset_rename", icon=":material/edit:"):
        _ask_for_name(source)
    if removal is not None and st.button("Remove", key="dataset_remove", icon=":material/delete:"):
        _ask_to_remove(source)


@st.dialog("Rename this dataset", icon=":material/edit:")
def _ask_for_name(source: str) -> None:
    show_renaming(source)


@st.dialog("Remove this dataset?", icon=":material/delete:")
def _ask_to_remove(source: str) -> None:
    show_removal(source)


def show_renaming(source: str) -> None:
    """What is in the dialog."""
    folder = uploaded_folder(source)
    label = dataset_label(source) if folder is None else folder.name  # a table is called like its folder
    name = st.text_input("Name", label, key="dataset_new_name", max_chars=60, live=True).strip()
    if name and safe_name(name) != label:
        st.caption(f"It will be called **{escape_markdown(free_name(name))}**.")
    busy = _show_runs(source)
    with st.container(horizontal=True):
        sure = st.button(
            "Rename it", key="dataset_rename_yes", type="primary", disabled=busy or not name or name == label
        )
        if st.button("Cancel", key="dataset_rename_no"):
            st.rerun()
    if not sure:
        return
    try:
        renamed = rename(source, name)
    except TlcoreError as error:
        error_box(error)
    else:
        _go_on(source, renamed, f"{escape_markdown(label)} is called {escape_markdown(dataset_label(renamed))} now.")


def show_removal(source: str) -> None:
    """What is in the dialog."""
    label = escape_markdown(dataset_label(source))
    st.markdown(f"**{label}**")
    deleted = removal_of(source) == "deleted"
    if deleted:
        st.write("Its files were copied here when it was added. They are deleted for good.")
    else:
        st.write("It is taken off the list of datasets. Its files stay where they are, untouched.")
    busy = _show_runs(source)
    with st.container(horizontal=True, key="danger_remove_dataset" if deleted else "dataset_forget"):
        sure = st.button(
            "Delete for good" if deleted else "Take it off the list",
            key="dataset_remove_yes",
            type="primary",
            icon=":material/delete_forever:" if deleted else ":material/playlist_remove:",
            disabled=busy,
        )
        if st.button("Keep it", key="dataset_remove_no"):
            st.rerun()
    if not sure:
        return
    try:
        remove(source)
    except TlcoreError as error:
        error_box(error)
    else:
        end = "deleted" if deleted else "off the list; its files are where they were"
        _go_on(source, DEFAULT_DATASET, f"{label} is {end}. This is the demo.")


def _show_runs(source: str) -> bool:
    """Say what becomes of the runs on a dataset. Returns whether one goes on now, so that it must stay as it is."""
    if any(run.config.data.source == source for run in live_runs()):
        st.warning("A run on it goes on. Wait until it is over, or stop it.", icon=":material/hourglass:")
        return True
    runs = sum(run.config.data.source == source for run in list_runs())
    if runs and removal_of(source) == "deleted":
        st.caption(f"{count(runs, 'run')} on it will keep all numbers, and no longer find the images.")
    return False


def _go_on(source: str, next_source: str, news: str) -> None:
    dataset_sources.clear()
    forget()
    st.session_state[NEWS] = news
    set_params(dataset=next_source)
    st.rerun()
