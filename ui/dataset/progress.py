"""Progress of the first scan of a dataset, the remaining time, and a button to stop it."""

from collections.abc import Callable

import streamlit as st

from tlcore.config import DataConfig, RunConfig
from tlcore.runs.work.probes import find_probe
from tlcore.runs.work.tickets import goes_to_queue
from tlcore.words import count, seconds
from ui.dataset.data import Report, ScanJob, forget_look, look_at
from ui.shared.cached import edits_version
from ui.shared.widgets import error_box, friendly_errors
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key

WORDS = {"reading": "Checking every image", "comparing": "Looking for images that are alike"}
_READ = "dataset_scan_read"
_WORK = "Checking every image"
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
        again = _wait_for_work(source) if goes_to_queue() else lambda: forget_look(source)
        if again is not None:
            _ask(again)
    return look.report


def _ask(look_again: Callable[[], None]) -> None:
    words = "Sizes, colours and the health report need every image to be read."
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="dataset_stopped"):
        st.markdown(words, width="stretch")
        if st.button("Check every image", key="dataset_look", icon=":material/search:", type="primary"):
            with friendly_errors():
                look_again()
                st.rerun()


def _wait_for_work(source: str) -> Callable[[], None] | None:
    """The scan as work in the queue, which starts at the first call. None while it goes on, else what starts it."""
    key = work_key("scan", source, "", str(edits_version(source)))

    def start() -> None:
        forget_work(key)
        start_work(key, ["audit", "--json"], RunConfig(data=DataConfig(source=source)))

    if find_probe(key) is None:
        with friendly_errors():
            start()
    if is_working(key):
        with st.container(border=True, key="dataset_scan"):
            show_work(key, _WORK)
        return None
    if find_result(key) is not None and st.session_state.get(_READ) != key:
        st.session_state[_READ] = key  # once: images that have changed since need another look
        forget_look(source)
        st.rerun()
    if find_result(key) is None:
        show_work(key, _WORK)
    return start


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
