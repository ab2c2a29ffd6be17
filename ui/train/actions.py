"""What can be done with a run: stop, resume, compare, delete."""

from collections.abc import Callable

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import Status
from tlcore.runs.work import jobs
from ui.shared.cached import forget_runs
from ui.shared.hosting import is_hosted
from ui.shared.runs import run_label
from ui.shared.state import link, set_params
from ui.shared.widgets import error_box, escape_markdown


def show_actions(run: Run, together: list[Run]) -> None:
    """Buttons for a run, and for all of its sweep."""
    status = run.status()
    with st.container(horizontal=True, key="train_actions"):
        if status.is_live:
            _live_actions(run, status)
        else:
            _idle_actions(run, status)
        if len(together) > 1:
            _sweep_actions(together)


def _sweep_actions(runs: list[Run]) -> None:
    statuses = [run.status() for run in runs]
    live = [run for run, status in zip(runs, statuses, strict=True) if status.is_live]
    unfinished = [run for run, status in zip(runs, statuses, strict=True) if status.state != "finished"]
    if live and st.button("Stop the sweep", key="train_stop_all", icon=":material/stop:"):
        for run in live:
            jobs.stop(run)
        st.rerun()
    if not live and unfinished and st.button("Resume the sweep", key="train_resume_all", icon=":material/play_arrow:"):
        _try(lambda: jobs.start(unfinished))


def _live_actions(run: Run, status: Status) -> None:
    if status.state == "queued":
        st.button(
            "Take it out of the queue", key="train_stop", icon=":material/close:", on_click=jobs.stop, args=(run,)
        )
    elif status.phase == "predict":
        st.button("Skip the evaluation", key="train_stop", icon=":material/close:", on_click=jobs.stop, args=(run,))
    else:
        st.button(
            "Stop",
            key="train_stop",
            icon=":material/stop:",
            on_click=jobs.stop,
            args=(run,),
            disabled=status.state == "stopping",
            help="After this epoch. All epochs are kept, and it can be resumed.",
        )
        st.button(
            "Stop now",
            key="train_stop_now",
            icon=":material/cancel:",
            on_click=jobs.stop,
            args=(run,),
            kwargs={"now": True},
            help="Drops the epoch that is under way. Those before it are kept.",
        )


def _idle_actions(run: Run, status: Status) -> None:
    if status.state != "finished":
        begun = bool(run.epochs())
        if st.button("Resume" if begun else "Start", key="train_resume", type="primary", icon=":material/play_arrow:"):
            _try(lambda: jobs.resume(run))
    if run.epochs() and st.button(
        "Compare its epochs",
        key="train_compare",
        icon=":material/query_stats:",
        type="primary" if status.state == "finished" else "secondary",
    ):
        link("pages/compare.py", run=run.name)
    if not is_hosted() and st.button("Delete", key="train_delete", icon=":material/delete:"):
        _ask_to_delete(run)


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except TlcoreError as error:
        error_box(error)
    else:
        st.rerun()


@st.dialog("Delete this run?", icon=":material/delete:")
def _ask_to_delete(run: Run) -> None:
    st.markdown(f"**{escape_markdown(run_label(run, with_dataset=True))}**")
    st.write(f"Its {len(run.epochs())} saved epochs, its curves and its predictions are removed for good.")
    with st.container(horizontal=True):
        if st.button("Delete it", key="train_delete_yes", type="primary", icon=":material/delete_forever:"):
            try:
                jobs.delete(run)
            except TlcoreError as error:
                error_box(error)
                return
            forget_runs()
            set_params(run=None)
            st.rerun()
        if st.button("Keep it", key="train_delete_no"):
            st.rerun()
