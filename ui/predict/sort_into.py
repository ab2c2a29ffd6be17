"""Sort predicted photographs into a folder per class, on one's own machine: visitors of a server name no paths."""

import streamlit as st

from tlcore.data.formats.unlabelled import Photographs
from tlcore.errors import ConfigError, TlcoreError
from tlcore.evaluation.sorting import Sorted, sort_photographs, sorted_lines
from tlcore.evaluation.unlabelled import Guesses
from tlcore.system.drive import drive
from tlcore.system.paths import given_path
from tlcore.words import count
from ui.shared.hosting import is_own_machine
from ui.shared.widgets import error_box, escape_markdown

_KEY = "predict_sort"


def show_sorting(photographs: Photographs, guesses: Guesses) -> None:
    if not is_own_machine() or not guesses.ids:
        return
    with st.popover("Sort into folders", icon=":material/folder_copy:", key=_KEY):
        st.caption("A new folder gets one folder per class, and one for what the run is not sure of.")
        place = st.text_input(
            "New folder on this machine", key=f"{_KEY}_place", placeholder="/home/me/sorted", max_chars=1000
        ).strip()
        copy = st.checkbox(
            "Copies, not hard links",
            key=f"{_KEY}_copy",
            help="A hard link is the same file under a second name, and takes no space. Copies can be changed without "
            "changing the originals.",
        )
        if not st.button("Sort them", key=f"{_KEY}_start", disabled=not place, icon=":material/drive_file_move:"):
            return
        try:
            found = _sort(photographs, guesses, place, copy=copy)
        except TlcoreError as error:
            error_box(error)
            return
        for line in sorted_lines(found):
            st.markdown(escape_markdown(line))


def _sort(photographs: Photographs, guesses: Guesses, place: str, *, copy: bool) -> Sorted:
    """With a progress bar. Raises ConfigError for a path that is not whole, StorageError."""
    folder = given_path(place)
    if not folder.is_absolute():
        raise ConfigError(f"{place} is not a whole path. Begin it with the root of the disk, or with ~.")
    bar = st.progress(0.0)
    found = drive(
        sort_photographs(photographs, guesses, folder, copy=copy),
        lambda at: bar.progress(at.done / at.total, text=f"{count(at.done)} of {count(at.total)}"),
    )
    bar.empty()
    return found
