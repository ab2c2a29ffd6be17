"""Summary of a dataset before it is added: its classes and splits, and which files are left out and why."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from tlcore.data.dataset import Skipped
from tlcore.data.intake.upload import Summary
from tlcore.words import count
from ui.shared.widgets import escape_markdown

SHOWN = 200  # files of each list


def show_summary(summary: Summary) -> None:
    about = "" if summary.all_looked_at else "about "
    splits = ", ".join(f"{count(sum(counts.values()))} {split}" for split, counts in summary.counts.items())
    st.markdown(
        f"**{about}{count(summary.images, 'image')} of {count(len(summary.classes), 'class', 'classes')}**: {splits}"
    )
    table = pd.DataFrame({"Class": list(summary.classes)})
    for split, counts in summary.counts.items():
        table[split] = [counts[name] for name in summary.classes]
    st.dataframe(table, hide_index=True, height=min(38 + 35 * len(table), 260))
    _show_unreadable(summary)
    for note in summary.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    if summary.skipped:
        files = "1 file is" if len(summary.skipped) == 1 else f"{count(len(summary.skipped))} files are"
        with st.expander(f"{files} left out", icon=":material/block:"):
            _show_files(summary.skipped)


def _show_unreadable(summary: Summary) -> None:
    number = len(summary.unreadable)
    if number:
        title = f"{count(number, 'image')} cannot be read, and {'is' if number == 1 else 'are'} not counted"
        with st.expander(title, icon=":material/broken_image:"):
            _show_files(summary.unreadable)
    if not summary.all_looked_at:
        st.caption(
            f":material/info: {count(summary.looked_at, 'image')} were tried so far. The health report on the Dataset "
            "page tries all."
        )


def _show_files(files: Sequence[Skipped]) -> None:
    rows = [(image.id, image.reason) for image in files[:SHOWN]]
    st.dataframe(pd.DataFrame(rows, columns=["File", "Why"]), hide_index=True)
