"""Name, note and all settings of a run in words, on the Train page."""

import itertools

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.runs.folder.label import LONGEST_NAME, LONGEST_NOTE, RunLabel, load_label, save_label
from tlcore.runs.folder.run import Run
from tlcore.runs.settings import settings_of
from tlcore.system.home import is_mine
from ui.shared.widgets import error_box, escape_markdown, show_fact


def show_about(run: Run) -> None:
    """The note of a run, and two expandable parts: its name to edit, and its settings."""
    label = load_label(run.path)
    if label.note:
        st.markdown(f":material/sticky_note_2: {escape_markdown(label.note)}".replace("\n", "  \n"))
    with st.expander("Settings of this run", icon=":material/list_alt:", key="train_settings"):
        _show_settings(run)
    if is_mine(run.path):
        with st.expander("Name and note", icon=":material/edit:", key="train_label"):
            _ask_for_label(run, label)


def _show_settings(run: Run) -> None:
    settings = settings_of(run.config)
    with st.grid(2, min_column_width=320):
        for section, group in itertools.groupby(settings, key=lambda setting: setting.section):
            with st.container(gap="xxsmall"):
                st.markdown(f"**{section}**")
                for setting in group:
                    show_fact(setting.label, escape_markdown(setting.value))


def _ask_for_label(run: Run, label: RunLabel) -> None:
    with st.form(f"train_label_{run.name}", border=False):
        name = st.text_input(
            "Name",
            label.name,
            max_chars=LONGEST_NAME,
            key=f"train_name_{run.name}",
            placeholder="what to call this run in lists and charts",
        )
        note = st.text_area("Note", label.note, max_chars=LONGEST_NOTE, key=f"train_note_{run.name}", height=80)
        if not st.form_submit_button("Save", icon=":material/save:", key=f"train_label_save_{run.name}"):
            return
    try:
        save_label(run.path, name, note)
    except (TlcoreError, OSError) as error:
        error_box(str(error))
    else:
        st.rerun()
