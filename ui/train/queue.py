"""The queue on the Train page: running and waiting runs, with progress and stop buttons."""

import streamlit as st

from tlcore.runs.folder.run import Run
from tlcore.runs.progress import describe, fraction_done
from tlcore.runs.work import jobs
from tlcore.runs.work.turn import live_runs
from tlcore.runs.work.waiting import waiting_words
from tlcore.system.home import is_mine
from ui.shared.runs import run_label
from ui.shared.state import set_params
from ui.shared.widgets import escape_markdown
from ui.train.actions import stopping_words

SHOWN = 12


def show_queue(besides: str | None = None) -> None:
    """The live runs in their order, except `besides`, which the page already shows. Nothing if there are none."""
    live = any(run.name != besides for run in live_runs())
    st.fragment(_draw, run_every=1.0 if live else 10.0)(besides, live)


def _draw(besides: str | None, was_live: bool) -> None:
    runs = [run for run in live_runs() if run.name != besides]
    if bool(runs) != was_live:
        st.rerun()
    if not runs:
        return
    st.markdown("##### :material/queue: Queue")
    for run in runs[:SHOWN]:
        _draw_run(run)
    if len(runs) > SHOWN:
        st.caption(f"and {len(runs) - SHOWN} more")


def _draw_run(run: Run) -> None:
    status = run.status()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"train_queue_{run.name}"):
        words = stopping_words(run, status) or waiting_words(run.path) or describe(status)
        st.progress(fraction_done(status), text=f"{escape_markdown(run_label(run, with_dataset=True))}: {words}")
        if st.button("Watch", key=f"train_watch_{run.name}", icon=":material/visibility:", type="tertiary"):
            set_params(run=run.name, view="watch")
            st.rerun()
        if not is_mine(run.path):
            return
        st.button(
            "Take it out" if status.state == "queued" else "Stop after this epoch",
            key=f"train_stop_{run.name}",
            icon=":material/close:",
            type="tertiary",
            disabled=bool(stopping_words(run, status)),
            on_click=jobs.stop,
            args=(run,),
        )
