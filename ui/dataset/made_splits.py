"""The splits that runs get where the data has none: set on the Dataset page, with the fields of the Train form.

What is set here is in the draft of the visit, so the Train page has it, too. The other parts of the page show the
usual splits.
"""

import streamlit as st

from tlcore.data.dataset import Dataset
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.train.asked import data_state, opened_data
from ui.train.data import show_data_fields


def show_made_splits(source: str, dataset: Dataset) -> None:
    """Nothing for data with splits of its own."""
    if not dataset.made_splits:
        return
    usual = st.container()
    box = st.expander(
        "Set sizes, seed and groups of the splits",
        icon=":material/call_split:",
        key="dataset_splits",
        on_change="rerun",
    )
    if not box.open:
        usual.caption(escape_markdown(" ".join(dataset.made_notes)))
    else:
        with box, friendly_errors():
            opened = opened_data(source)
            show_data_fields(data_state(opened.dataset), opened, prefix="dataset_")
            st.caption("Runs that you set up in this visit get these splits. The parts below show the usual ones.")
