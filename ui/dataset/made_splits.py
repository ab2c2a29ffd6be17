"""What the Dataset page says of splits that were made here because the data has none, and where to change them."""

import streamlit as st

from tlcore.data.dataset import Dataset
from ui.shared.state import link
from ui.shared.widgets import escape_markdown


def show_made_splits(dataset: Dataset) -> None:
    """Nothing for data with splits of its own."""
    if not dataset.made_splits:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="dataset_made_splits"):
        st.caption(escape_markdown(" ".join(dataset.made_notes)))
        if st.button(
            "Set sizes and groups",
            key="dataset_splits",
            icon=":material/call_split:",
            type="tertiary",
            help="Where a run is set up, with the images per class that come out. This page shows the usual splits.",
        ):
            link("pages/train.py", view="new")
