"""Buttons for a run: stop, resume, set up again, delete."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.models.zoo import why_gone
from tlcore.runs.folder.requests import asked_to_stop
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import Status
from tlcore.runs.work import jobs
from tlcore.system.home import is_mine
from tlcore.words import count
from ui.shared.cached import forget_runs, list_runs
from ui.shared.datasets import dataset_sources
from ui.shared.runs import newest_of, readable_runs, run_label
from ui.shared.sharing import show_share
from ui.shared.state import set_params
from ui.shared.widgets import error_box, escape_markdown
from ui.train.fill import fill_from_run


def show_actions(run: Run, together: list[Run]) -> None:
    """Buttons for a run, and for its whole sweep."""
    status = run.status()
    if not is_mine(run.path):
        st.caption(":material/visibility: This run is not yours: you can look at it, and set up one like it.")
        _again_action(run, "Set up one like this", "secondary")
        return
    with st.container(horizontal=True, key="train_actions"):
        if status.is_live:
            _live_actions(run, status)
        else:
            _idle_actions(run, status)
        if len(together) > 1:
            _sweep_actions(together)
        show_share(run.path, "train")


def stopping_words(run: Run, status: Status) -> str:
    """What a request to stop will do, shown from the click on; empty without a request or after the end."""
    asked = asked_to_stop(run.path)
    if asked is None or not status.is_live:
        return ""
    if status.state == "queued":
        return "It is taken out of the queue …"
    if status.phase == "predict":
        return "The evaluation is being cancelled …"
    if status.phase not in ("train", "val"):
        return "Stopping. No epoch has begun."
    if asked == "now":
        return "Stopping now. The epoch that has begun is dropped."
    return "Stopping once this epoch is done."


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
    asked = asked_to_stop(run.path)
    if status.state == "queued":
        label = "Take it out of the queue"
        st.button(label, "train_stop", icon=":material/close:", disabled=bool(asked), on_click=jobs.stop, args=(run,))
    elif status.phase == "predict":
        label = "Skip the evaluation"
        st.button(label, "train_stop", icon=":material/close:", disabled=bool(asked), on_click=jobs.stop, args=(run,))
    else:
        st.button(
            "Stop after this epoch",
            key="train_stop",
            icon=":material/stop:",
            disabled=asked is not None or status.state == "stopping",
            help="All epochs are kept, and the run can be resumed.",
            on_click=jobs.stop,
            args=(run,),
        )
        st.button(
            "Stop now, drop this epoch",
            key="train_stop_now",
            icon=":material/cancel:",
            kwargs={"now": True},
            disabled=asked == "now",
            help="The epochs before this one are kept, and the run can be resumed.",
            on_click=jobs.stop,
            args=(run,),
        )


def _idle_actions(run: Run, status: Status) -> None:
    failed = status.state == "failed"  # unchanged, it would fail again
    gone = why_gone(run.config.model.backbone)
    if failed:
        _again_action(run, "Change the settings", "primary")
    if status.state != "finished":
        label = "Resume" if run.epochs() else "Start"
        if st.button(
            label,
            key="train_resume",
            type="secondary" if failed else "primary",
            icon=":material/play_arrow:",
            disabled=bool(gone),
            help=gone or None,
        ):
            _try(lambda: jobs.resume(run))
    if not failed:
        _again_action(run, "Set up again like this one", "secondary")
    if st.button("Delete", key="train_delete", icon=":material/delete:"):
        _ask_to_delete(run)


def _again_action(run: Run, label: str, kind: Literal["primary", "secondary"]) -> None:
    """A button that fills the form with the settings of this run, for a new run."""
    gone = why_gone(run.config.model.backbone)
    st.button(
        label,
        key="train_again",
        type=kind,
        icon=":material/tune:",
        on_click=fill_from_run,
        args=(run,),
        disabled=bool(gone),
        help=gone or None,
    )


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except TlcoreError as error:
        error_box(error)
    else:
        st.rerun()


def what_is_lost(run: Run) -> str:
    """What deleting a run removes, in one sentence."""
    epochs = len(run.epochs())
    if not epochs:
        return "It has no saved epoch. Its settings and its log are removed for good."
    noun = count(epochs, "saved epoch")
    return f"Its {noun}, its curves and its predictions are removed for good."


@st.dialog("Delete this run?", icon=":material/delete:")
def _ask_to_delete(run: Run) -> None:
    st.markdown(f"**{escape_markdown(run_label(run, with_dataset=True))}**")
    st.write(what_is_lost(run))
    with st.container(horizontal=True, key="danger_delete_run"):
        if st.button("Delete for good", key="train_delete_yes", type="primary", icon=":material/delete_forever:"):
            try:
                jobs.delete(run)
            except TlcoreError as error:
                error_box(error)
                return
            forget_runs()
            _go_on_without(run)
        if st.button("Keep it", key="train_delete_no"):
            st.rerun()


def _go_on_without(run: Run) -> None:
    """After deleting: show the newest run on the same dataset, or that there is none."""
    source = run.config.data.source
    runs = readable_runs([other for other in list_runs() if other.name != run.name])
    set_params(run=newest_of(runs, source), view="watch")
    if source in dataset_sources():
        set_params(dataset=source)
    st.rerun()
