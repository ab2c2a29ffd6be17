"""A run, drawn from its folder every second: state, progress, curves, and the buttons for it."""

from typing import Literal

import streamlit as st

from tlcore.runs.folder.layout import LOG_FILE
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import State, Status
from tlcore.runs.progress import describe, fraction_done, remaining_s, silence_s
from tlcore.runs.sweep import members, sweep_of
from tlcore.runs.work.waiting import waiting_words
from tlcore.training.history import best_record
from tlcore.words import count, percent, seconds
from ui.shared.cached import list_runs
from ui.shared.curves import history_of
from ui.shared.results import evaluation_of
from ui.shared.state import link
from ui.shared.verdict import show_verdict
from ui.shared.widgets import error_box, escape_markdown
from ui.train.about import show_about
from ui.train.actions import show_actions, stopping_words
from ui.train.live_charts import show_curves
from ui.train.sweep import show_sweep_grid

Colour = Literal["red", "orange", "blue", "green", "gray"]
LOG_SHOWN = 4000  # characters, from the end
COLOURS: dict[State, Colour] = {
    "running": "blue",
    "stopping": "orange",
    "queued": "gray",
    "finished": "green",
    "stopped": "orange",
    "failed": "red",
    "interrupted": "orange",
}
ICONS: dict[State, str] = {
    "running": ":material/play_circle:",
    "stopping": ":material/pending:",
    "queued": ":material/hourglass_empty:",
    "finished": ":material/check_circle:",
    "stopped": ":material/pause_circle:",
    "failed": ":material/error:",
    "interrupted": ":material/power_off:",
}
Drawn = tuple[State, bool, str]
"""What the buttons depend on: the state, whether any run is live, and the words about a requested stop."""


def show_run(run: Run) -> None:
    """Buttons are outside the fragment, so that a redraw does not lose a click."""
    runs = _together(run)
    drawn = _drawn(run, runs)
    _, live, _ = drawn
    if not run.status().is_live and not show_verdict(run, key="train") and run.epochs():
        label = "Compare its epochs"
        if st.button(label, key="train_compare", icon=":material/query_stats:"):
            link("pages/compare.py", run=run.name)
    show_actions(run, runs)
    st.fragment(_draw, run_every=1.0 if live else 10.0)(run, runs, drawn)
    show_about(run)


def _together(run: Run) -> list[Run]:
    """The run, or all runs of its sweep."""
    sweep = sweep_of(run)
    return (members(list_runs(), sweep) if sweep else []) or [run]


def _drawn(run: Run, runs: list[Run]) -> Drawn:
    status = run.status()
    return status.state, any(each.status().is_live for each in runs), stopping_words(run, status)


def _draw(run: Run, runs: list[Run], drawn: Drawn) -> None:
    if _drawn(run, runs) != drawn:
        st.rerun()  # to choose the buttons and the interval again
    status = run.status()
    _show_state(run, status)
    if len(runs) > 1:
        _show_sweep(runs)
    elif status.is_live or evaluation_of(run) is None:
        _show_figures(run, status)
    show_curves(runs, live=drawn[1])


def _show_state(run: Run, status: Status) -> None:
    history = history_of(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status.state.capitalize(), icon=ICONS[status.state], color=COLOURS[status.state], width="content")
        computed_by = history[-1].device if history else ""  # the plan before the start does not know the threads
        engine = history[-1].engine if history else ""
        facts = filter(None, (computed_by or run.info.device, engine))
        name, device = escape_markdown(run.name), escape_markdown(" · ".join(facts))
        edits = run.info.dataset.edits.get("in_effect", 0)
        mended = f"  \n:material/edit_note: Trained with {count(edits, 'edit')} of the dataset" if edits else ""
        st.caption(f"{name}  \n:material/memory: {device}{mended}", width="stretch")
    if status.is_live:
        left = remaining_s(status, history)
        doing = waiting_words(run.path) or describe(status).capitalize()
        text = doing + (f" · {seconds(left)} left" if left is not None else "")
        st.progress(fraction_done(status), text=text)
    if heard := stopping_words(run, status):
        st.info(heard, icon=":material/pending:")
    if status.error:
        error_box(status.error)
    if status.state == "interrupted":
        st.warning(
            "Its process is gone: it was killed, or the machine went down. Every whole epoch is kept; resume goes on "
            "after the last one.",
            icon=":material/power_off:",
        )
    if (silent := silence_s(status)) is not None:
        st.warning(
            f"No sign of life for {seconds(silent)}: its process may hang. “Stop now” ends it, and the queue goes on.",
            icon=":material/heart_broken:",
        )
    for problem in run.problems():
        st.warning(escape_markdown(problem).replace("\n", "  \n"), icon=":material/warning:")
    if status.note:
        st.warning(escape_markdown(status.note), icon=":material/info:")
    if status.state in ("failed", "interrupted") and (log := _end_of_log(run)):
        with st.expander("What the worker printed", icon=":material/terminal:", key="train_log"):
            st.code(log, language=None, wrap_lines=True)


def _end_of_log(run: Run) -> str:
    try:
        return (run.path / LOG_FILE).read_text(encoding="utf-8", errors="replace")[-LOG_SHOWN:].strip()
    except OSError:
        return ""


def _show_figures(run: Run, status: Status) -> None:
    history = history_of(run)
    if not history:
        return
    last = history[-1]
    best = best_record(history)
    rate = status.images_per_s if status.is_live and status.images_per_s else last.images_per_s
    values = {
        "Epochs done": f"{count(last.epoch)} of {count(run.config.epochs)}",
        "Val accuracy": percent(last.val_accuracy),
        f"Best, epoch {best.epoch}": percent(best.val_accuracy),
        "Images per second": count(round(rate)),
    }
    with st.grid(len(values), min_column_width=150):
        for label, value in values.items():
            st.metric(label, value, border=True)


def _show_sweep(runs: list[Run]) -> None:
    statuses = [run.status() for run in runs]
    over = sum(status.state not in ("queued", "running", "stopping") for status in statuses)
    if over < len(runs):
        st.progress(over / len(runs), text=f"Sweep: {over} of {len(runs)} runs are done")
    show_sweep_grid(runs)
