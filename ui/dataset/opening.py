"""Open the dataset of the page; where its edits do not fit the files any more, with buttons that take edits back."""

import streamlit as st

from tlcore.data.dataset import Dataset
from tlcore.data.edits import open_edits
from tlcore.errors import EditsDoNotFit
from ui.shared.cached import open_dataset
from ui.shared.widgets import error_box


def open_or_undo(source: str) -> Dataset:
    """Stops the page where the edits do not fit. Raises TlcoreError for everything else that is wrong."""
    try:
        return open_dataset(source)
    except EditsDoNotFit as error:
        error_box(error)
    edits = open_edits(source)
    with st.container(horizontal=True):
        undone = st.button("Undo the last edit", key="dataset_undo_last", icon=":material/undo:")
        discarded = st.button("Discard all edits", key="dataset_discard_all", icon=":material/delete_sweep:")
    if undone:
        edits.undo()
    elif discarded:
        edits.discard_all()
    if undone or discarded:
        st.rerun()
    st.stop()
