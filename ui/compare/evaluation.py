"""Progress of the evaluation of epochs without stored logits: it starts automatically, one run at a time."""

import streamlit as st

from tlcore.runs.folder.run import Run
from tlcore.runs.progress import describe, fraction_done, remaining_s
from tlcore.runs.work.jobs import stop
from tlcore.words import percent, seconds
from ui.shared.evaluating import evaluate, evaluate_next
from ui.shared.results import stored
from ui.shared.runs import run_label
from ui.shared.widgets import escape_markdown


def show_evaluation(runs: list[Run]) -> None:
    """Progress of the evaluation, and a button to repeat a cancelled or failed one. Nothing if all is evaluated."""
    waiting = [run for run in runs if stored(run).missing]
    if not waiting:
        return
    evaluate_next("compare", waiting)
    for run in waiting:
        with st.container(border=True, key=f"compare_evaluation_{run.name}"):
            _show_run(run)


def _show_run(run: Run) -> None:
    """Buttons are outside the fragment, so that a redraw does not lose a click."""
    status = run.status()
    missing = stored(run).missing
    what = f"epoch {missing[0]}" if len(missing) == 1 else f"{len(missing)} epochs"
    if status.is_live:
        st.fragment(_show_progress, run_every=1.0)(run, missing, what)
        if status.phase == "predict" and st.button("Cancel", key=f"compare_cancel_{run.name}", icon=":material/close:"):
            stop(run)
        return
    verb = "is" if len(missing) == 1 else "are"
    reason = f" {escape_markdown(status.note)}" if status.note else ""
    st.markdown(f"**{escape_markdown(run_label(run))}**: {what} {verb} not evaluated yet.{reason}")
    if st.button("Evaluate now", key=f"compare_evaluate_{run.name}", icon=":material/play_arrow:", type="primary"):
        evaluate(run)
        st.rerun()


def _show_progress(run: Run, missing: tuple[int, ...], what: str) -> None:
    """Redrawn every second. Reruns the page once a new epoch is evaluated, or the evaluation has ended."""
    status = run.status()
    if not status.is_live or stored(run).missing != missing:
        st.rerun()
    left = remaining_s(status, run.history())
    ending = f", {seconds(left)} left" if left else ""
    if status.phase == "predict":
        part = f", {percent(status.done / status.total, 0)}" if status.total else ", loading"
        words = f"evaluating {what} on {run.report_split}{part}{ending}"
    else:
        words = f"{describe(status)}{ending}. Its epochs are evaluated when the training is over."
    st.progress(fraction_done(status), text=f"**{escape_markdown(run_label(run))}**: {words}")
