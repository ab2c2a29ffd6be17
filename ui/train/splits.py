"""The splits that a run gets where the data has none: what came out, and how many images of each class go where."""

import pandas as pd
import streamlit as st

from tlcore.data.dataset import Dataset
from tlcore.words import count, percent
from ui.shared.widgets import error_box, escape_markdown
from ui.train.asked import OpenedData
from ui.train.similar import show_looking

MOST_ROWS = 8  # a longer table scrolls
_ROW_PX = 35


def show_splits(opened: OpenedData) -> None:
    """Nothing for data with splits of its own."""
    dataset = opened.dataset
    if not dataset.made_splits:
        return
    if opened.waits_for is not None:
        show_looking(opened.waits_for)
        st.caption("Until then, these are the splits without groups.")
    elif opened.problem:
        error_box(opened.problem)
        st.caption("These are the splits without groups.")
    table = counts_per_class(dataset)
    totals = {split: int(table[split].sum()) for split in dataset.split_names}
    images = sum(totals.values())
    st.markdown(
        "Images per class: "
        + ", ".join(f"{split} **{count(number)}** ({percent(number / images)})" for split, number in totals.items())
    )
    st.dataframe(
        table,
        hide_index=True,
        key="train_splits_table",
        height="content" if len(table) <= MOST_ROWS else (MOST_ROWS + 1) * _ROW_PX,
    )
    st.caption("  \n".join(escape_markdown(note) for note in dataset.made_notes))


def counts_per_class(dataset: Dataset) -> pd.DataFrame:
    """One row per class: `Class`, then the number of images in each split."""
    counts = {split: list(dataset.class_counts(split).values()) for split in dataset.split_names}
    return pd.DataFrame({"Class": list(dataset.classes), **counts})
