"""The top of the Compare page: accuracy by epoch, and a table with one row per run."""

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.figures.compare import plot_accuracy_by_epoch
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_epoch
from tlcore.words import count, interval
from ui.compare.twins import twin_accuracies
from ui.shared.results import epochs_of, evaluation_of, remembered
from ui.shared.runs import run_colours, short_labels
from ui.shared.widgets import show_figure

VAL = "Val accuracy"
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
        untrained = st.toggle(
            "Epoch 0",
            True,
            key="compare_with_0",
            persist_state="session",
            help="The untrained head. Without it, small differences between the later epochs are easier to see.",
        )
    first = 0 if untrained else 1
    splits = [split for split in SPLITS if split in splits]
    if not splits:
        st.caption("Choose a split above.")
        return

    labels, colours = short_labels(runs), run_colours(runs)

    def draw() -> go.Figure:
        tables = [epochs_of(run).assign(run=labels[run.name]) for run in runs]
        table = pd.concat(tables, ignore_index=True)
        of_runs = {labels[name]: colour for name, colour in colours.items()}
        return plot_accuracy_by_epoch(table[table["epoch"] >= first], splits, colours=of_runs)

    depends_on = (tuple(splits), first, tuple(labels.values()), tuple(colours.values()))
    show_figure(remembered("accuracy figure", runs, draw, *depends_on), "compare_accuracy")
    st.caption(
        "Bands are 95 % intervals (Wilson): what chance alone can do with that many images. ◆ is the epoch that val "
        "chose. Train is measured during the epoch, while the weights still move."
    )


def show_runs_table(runs: list[Run]) -> None:
    """One row per run, the best val accuracy first. Val chooses; test only reports."""
    labels = short_labels(runs)
    several_datasets = len({run.config.data.source for run in runs}) > 1
    rows = []
    for run in runs:
        row: dict[str, str | float] = {"Run": labels[run.name]}
        if several_datasets:
            row["Dataset"] = run.info.dataset.name
        rows.append(row | _worth(run))
    table = pd.DataFrame(rows).sort_values(VAL, ascending=False, kind="stable", na_position="last")
    percents = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(
        table, hide_index=True, key="compare_runs_table", placeholder="", column_config={VAL: percents}, width="stretch"
    )
    st.caption(
        "The run with the best val accuracy first: val chooses epoch and run. “Accuracy” is what the chosen epoch then "
        "has on images that chose nothing, where there is a test split."
    )


def _without_twins(run: Run, epoch: int) -> dict[str, str]:
    """The accuracy without the images that have a twin in train, if some have one."""
    found = (twin_accuracies(run) or {}).get(epoch)
    if found is None or not found.twins or found.without is None:
        return {}
    without = found.without
    return {"Without twins": interval(without.value, without.low, without.high)}


def _worth(run: Run) -> dict[str, str | float]:
    """Results of the chosen epoch of a run, by column of the table."""
    evaluation = evaluation_of(run)
    history = run.history()
    if evaluation is None:
        best = best_epoch(history) if history else None
        known = [record.val_accuracy for record in history if record.epoch == best]
        return {VAL: 100 * known[0] if known else math.nan, "Accuracy": "not evaluated yet"}
    chosen = evaluation.accuracy(evaluation.best_by_val)
    return {
        VAL: next((100 * r.val_accuracy for r in history if r.epoch == evaluation.best_by_val), math.nan),
        "Accuracy": interval(chosen.value, chosen.low, chosen.high),
        **_without_twins(run, evaluation.best_by_val),
        "Right": f"{count(chosen.correct)} of {count(chosen.total)} {evaluation.split} images",
        "Epoch": str(evaluation.best_by_val),
    }
