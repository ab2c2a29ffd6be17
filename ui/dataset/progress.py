"""Progress of the first scan of a dataset, the remaining time, and a button to stop it."""

import streamlit as st

from tlcore.words import count, seconds
from ui.dataset.data import Report, ScanJob, forget_look, look_at
from ui.shared.widgets import error_box

WORDS = {"reading": "Checking every image", "comparing": "Looking for images that are alike"}
_SOON_S = 0.3  # a scan from the cache is done by then


def wait_for_report(source: str) -> Report | None:
    """The report; None while the scan runs, with its progress drawn. The page reruns when the report is ready."""
    look = look_at(source)
    if not look.finished.wait(_SOON_S):
        with st.container(border=True, key="dataset_scan"):
            st.fragment(_draw, run_every=0.5)(look)
    elif look.report is None:
        if look.error:
            error_box(look.error)
        words = "Sizes, colours and the health report need every image to be read."
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="dataset_stopped"):
            st.markdown(words, width="stretch")
            if st.button("Check every image", key="dataset_look", icon=":material/search:", type="primary"):
                forget_look(source)
                st.rerun()
    return look.report


def _draw(look: ScanJob) -> None:
    if look.finished.is_set():
        st.rerun()
    progress = look.progress
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        if progress is None:
            st.progress(0.0, text=f"{WORDS['reading']} …")
        else:
            left = f", {seconds(progress.seconds_left)} left" if progress.seconds_left >= 1 else ""
            text = f"{WORDS[progress.phase]}: {count(progress.done)} of {count(progress.total)}{left}"
            st.progress(min(progress.done / progress.total, 1.0), text=text)
        if st.button("Cancel", key="dataset_cancel", icon=":material/close:"):
            look.cancelled = True
