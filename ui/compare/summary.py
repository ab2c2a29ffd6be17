"""The head of the Compare page: accuracy by epoch, and a line for each run."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.figures.compare import plot_accuracy_by_epoch
from tlcore.runs.folder.run import Run
from tlcore.words import count, interval, percent
from ui.shared.results import epochs_of, evaluation_of, remembered
from ui.shared.runs import run_label
from ui.shared.widgets import show_figure

SPLITS = ("train", "val", "test")


def show_accuracy(runs: list[Run]) -> None:
    """Lines with bands, one per run and split."""
    several = len(runs) > 1
    tested = any("test_accuracy" in epochs_of(run) for run in runs)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader("Accuracy by epoch", width="content")
        splits = st.pills(
            "Splits",
            SPLITS,
            selection_mode="multi",
            default=SPLITS if not several else ["test" if tested else "val"],
            key=f"compare_splits{'_several' * several}{'_untested' * (not tested)}",
            label_visibility="collapsed",
            persist_state="session",
        )
        first = int(st.toggle("Without epoch 0", key="compare_without_0", persist_state="session"))
    splits = [split for split in SPLITS if split in splits]
    if not splits:
        st.caption("Choose a split above.")
        return

    def draw() -> go.Figure:
        tables = [epochs_of(run).assign(run=run_label(run)) for run in runs]
        table = pd.concat(tables, ignore_index=True)
        return plot_accuracy_by_epoch(table[table["epoch"] >= first], splits)

    show_figure(remembered("accuracy figure", runs, draw, tuple(splits), first), "compare_accuracy")
    st.caption(
        "Bands are 95 % intervals (Wilson): what chance alone can do with that many images. ◆ is the epoch that val "
        "chose. Train is measured during the epoch, while the weights still move."
    )


def show_runs_table(runs: list[Run]) -> None:
    """One row per run: what its chosen epoch is worth."""
    rows = []
    for run in runs:
        evaluation = evaluation_of(run)
        if evaluation is None:
            rows.append({"Run": run_label(run), "Note": "not evaluated yet"})
            continue
        chosen = evaluation.accuracy(evaluation.best_by_val)
        best = evaluation.accuracy(evaluation.best_on_report)
        rows.append(
            {
                "Run": run_label(run),
                "Chosen epoch": str(evaluation.best_by_val),
                "Its accuracy": interval(chosen.value, chosen.low, chosen.high),
                "Best epoch there": f"{percent(best.value)} in epoch {evaluation.best_on_report}",
                "Measured on": f"{count(chosen.total)} {evaluation.split} images",
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_runs_table")
