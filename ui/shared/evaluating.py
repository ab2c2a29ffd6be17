"""Evaluations that pages start, in a separate process: the first one of a run by itself, others when they are asked."""

from collections.abc import Sequence

import streamlit as st

from tlcore.errors import NotAllowed, RunBusy
from tlcore.runs.folder.run import Run
from tlcore.runs.work.jobs import start_evaluation
from tlcore.system.failures import as_user_error
from tlcore.system.home import is_mine
from ui.shared.widgets import escape_markdown


def evaluate_next(page: str, waiting: Sequence[Run]) -> None:
    """Start the next evaluation, unless one goes on. One that was cancelled or failed is not started again: the visitor
    decides. `page` is a prefix of a session key. Runs of somebody else are left alone."""
    waiting = [run for run in waiting if is_mine(run.path)]
    statuses = [run.status() for run in waiting]
    if any(status.is_live for status in statuses):
        return
    begun: set[str] = st.session_state.setdefault(f"{page}_begun", set())
    for run, status in zip(waiting, statuses, strict=True):
        if status.note is None and run.name not in begun:
            begun.add(run.name)
            evaluate(run)
            return


def evaluate(run: Run) -> None:
    try:
        start_evaluation(run)
    except RunBusy:  # another page was quicker
        return
    except NotAllowed as error:  # nothing is left of today, or too much waits
        st.warning(escape_markdown(str(error)), icon=":material/hourglass_disabled:")
    except OSError as error:  # the home cannot be written; existing results can still be shown
        st.warning(
            escape_markdown(f"Nothing can be evaluated. {as_user_error(error) or error}"), icon=":material/lock:"
        )
