"""The table of the best runs on the chosen dataset: one row per run, with its epoch chosen on val."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.evaluation.stored import load_stored, stored_version
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_record
from tlcore.words import count, interval, percent
from ui.shared.cached import list_runs
from ui.shared.caching import by_path, cache_data
from ui.shared.datasets import dataset_label
from ui.shared.runs import readable_runs, run_labels
from ui.shared.state import link
from ui.shared.widgets import empty_state, escape_markdown

SHOWN = 10


@dataclass(frozen=True)
class RunSummary:
    epoch: int
    """Chosen on val."""
    val_accuracy: float
    report: str
    """Test accuracy of that epoch with its interval, or why there is none."""


def show_best_runs(source: str) -> None:
    """Only runs on `source`: accuracies on different datasets cannot be compared."""
    runs = readable_runs(list_runs())
    here = [run for run in runs.values() if run.config.data.source == source]
    found = [(run, summary) for run in here if (summary := _summary(run))]
    if not found:
        label = escape_markdown(dataset_label(source))
        empty_state(
            f"There is no trained model on {label} yet." if runs else "There is no trained model yet.",
            "Train the first one",
            key="overview_train_first",
            icon=":material/model_training:",
            page="pages/train.py",
            params={"view": "new"},
        )
        return
    best = sorted(found, key=lambda pair: -pair[1].val_accuracy)[:SHOWN]
    labels = run_labels([run for run, _ in best])
    table = pd.DataFrame(
        {
            "Val accuracy": [percent(summary.val_accuracy) for _, summary in best],
            "Test accuracy": [summary.report for _, summary in best],  # first, so that a phone shows both
            "Run": [labels[run.name] for run, _ in best],
            "Epoch": [summary.epoch for _, summary in best],
        }
    )
    chosen = st.dataframe(
        table,
        hide_index=True,
        key="overview_runs",
        on_select="rerun",
        selection_mode="single-cell",  # a click anywhere in a row works, not only on its small checkbox
        width="stretch",
    )
    more = f" of {count(len(found), 'run')}" if len(found) > SHOWN else ""
    st.caption(
        f"The best {len(best)}{more} by val, which also chose the epoch of each. The test accuracy of that epoch, "
        "with its 95 % interval, took part in neither choice. Click a run to look into it."
    )
    if cells := chosen.selection.cells:
        link("pages/compare.py", run=best[cells[0][0]][0].name)


def _summary(run: Run) -> RunSummary | None:
    try:
        return _read_summary(str(run.path), stored_version(run), run)
    except TlcoreError:  # a damaged or half-deleted run is not listed
        return None


@cache_data(by_path, max_entries=2048, show_spinner=False)
def _read_summary(path: str, version: str, _run: Run) -> RunSummary | None:
    history = _run.history()
    if not history:
        return None
    best = best_record(history)
    epoch, val_accuracy = best.epoch, best.val_accuracy
    evaluation = load_stored(_run).evaluation
    report = "not evaluated yet" if _run.report_split == "test" else "no test split"
    if evaluation is not None and evaluation.split == "test" and epoch in evaluation.predictions:
        accuracy = evaluation.accuracy(epoch)
        report = interval(accuracy.value, accuracy.low, accuracy.high)
    return RunSummary(epoch, val_accuracy, report)
