"""Summary of a dataset before it is added: its classes and splits, and which files are left out and why."""

import pandas as pd
import streamlit as st

from tlcore.data.intake.upload import Summary
from tlcore.words import count
from ui.shared.widgets import escape_markdown

SHOWN = 200  # the maximal number of left-out files in the list


def show_summary(summary: Summary) -> None:
    splits = ", ".join(f"{count(sum(counts.values()))} {split}" for split, counts in summary.counts.items())
    st.markdown(f"**{count(summary.images)} images of {count(len(summary.classes))} classes**: {splits}")
    table = pd.DataFrame({"Class": list(summary.classes)})
    for split, counts in summary.counts.items():
        table[split] = [counts[name] for name in summary.classes]
    st.dataframe(table, hide_index=True, height=min(38 + 35 * len(table), 260))
    for note in summary.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    if summary.skipped:
        files = "1 file is" if len(summary.skipped) == 1 else f"{count(len(summary.skipped))} files are"
        with st.expander(f"{files} left out", icon=":material/block:"):
            rows = [(image.id, image.reason) for image in summary.skipped[:SHOWN]]
            st.dataframe(pd.DataFrame(rows, columns=["File", "Why"]), hide_index=True)
