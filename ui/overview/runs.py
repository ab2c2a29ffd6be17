"""The table of the best runs: one row each, with the epoch that val chose."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.evaluation.metrics import wilson_interval
from tlcore.evaluation.stored import load_stored, stored_version
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_record
from tlcore.words import interval, percent
from ui.shared.cached import list_runs
from ui.shared.state import link
from ui.shared.widgets import empty_state

SHOWN = 10


@dataclass(frozen=True)
class RunSummary:
    name: str
    dataset: str
    backbone: str
    strategy: str
    epoch: int
    """Chosen on val."""
    val_accuracy: float
    report: str
    """Accuracy of that epoch on test with its interval, or why there is none."""
    rank: float
    """Lower end of the interval: few images do not make a run good."""


def show_best_runs() -> None:
    summaries = [summary for run in list_runs() if (summary := _summary(run))]
    if not summaries:
        empty_state(
            "There is no trained model yet.",
            "Train the first one",
            key="overview_train_first",
            icon=":material/model_training:",
            page="pages/train.py",
        )
        return
    best = sorted(summaries, key=lambda summary: -summary.rank)[:SHOWN]
    table = pd.DataFrame(
        {
            "Test accuracy": [summary.report for summary in best],
            "Dataset": [summary.dataset for summary in best],
            "Backbone": [summary.backbone for summary in best],
            "Strategy": [summary.strategy.replace("_", " ") for summary in best],
            "Epoch": [summary.epoch for summary in best],
            "Val accuracy": [percent(summary.val_accuracy) for summary in best],
            "Run": [summary.name for summary in best],
        }
    )
    chosen = st.dataframe(
        table, hide_index=True, key="overview_runs", on_select="rerun", selection_mode="single-row", width="stretch"
    )
    st.caption(
        "With its 95 % interval. The epoch is chosen on val, then tested once. Select a row to look into that run."
    )
    if rows := chosen.selection.rows:
        link("pages/compare.py", run=best[rows[0]].name)


def _summary(run: Run) -> RunSummary | None:
    try:
        return _read_summary(str(run.path), stored_version(run), run)
    except TlcoreError:  # a damaged or half-deleted run has no place among the best
        return None


@st.cache_data(max_entries=2048, show_spinner=False)
def _read_summary(path: str, version: str, _run: Run) -> RunSummary | None:
    history = _run.history()
    if not history:
        return None
    best = best_record(history)
    epoch, val_accuracy = best.epoch, best.val_accuracy
    evaluation = load_stored(_run).evaluation
    report = "not evaluated yet" if _run.report_split == "test" else "no test split"
    images = _run.info.dataset.counts.get("val", 0)
    low = wilson_interval(round(val_accuracy * images), images)[0] if images else 0.0
    if evaluation is not None and epoch in evaluation.predictions:
        found = evaluation.accuracy(epoch)
        low = found.low
        if evaluation.split == "test":
            report = interval(found.value, found.low, found.high)
    return RunSummary(
        name=_run.name,
        dataset=_run.info.dataset.name,
        backbone=_run.config.model.backbone,
        strategy=_run.config.strategy.name,
        epoch=epoch,
        val_accuracy=val_accuracy,
        report=report,
        rank=low,
    )
