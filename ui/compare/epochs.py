"""The epochs of one run: the one chosen on val beside the best one on test, and the table of all epochs."""

import math
from typing import Any, Literal

import pandas as pd
import streamlit as st

from tlcore.evaluation.metrics import Accuracy
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.selection import Selection, select_epoch
from tlcore.evaluation.words import selection_words
from tlcore.runs.folder.run import Run
from tlcore.words import bounds, count, percent, points
from ui.compare.twins import show_twins, twin_accuracies
from ui.shared.results import epochs_of, remembered
from ui.shared.widgets import escape_markdown

MOST_ROWS = 40  # a longer table scrolls


def show_choice(run: Run, evaluation: Evaluation) -> None:
    """The epoch chosen on val, the best one on the report split, and how optimistic that second choice is."""
    selection = remembered("selection", [run], lambda: select_epoch(evaluation))
    split = selection.split
    if selection.best == selection.by_val and split == "test":  # then no choice used test
        _metric(f"Epoch {selection.by_val}, chosen on val and best on test", selection.by_val_accuracy, split)
    else:
        with st.grid(3, min_column_width=230):
            _metric(f"Epoch {selection.by_val}, chosen on val", selection.by_val_accuracy, split)
            if split == "test":
                _metric(f"Epoch {selection.best}, best on test", selection.best_accuracy, split)
            _optimism(selection)
    st.markdown(escape_markdown(selection_words(selection)))
    show_twins(run, evaluation)
    for notice in evaluation.notices:
        st.warning(escape_markdown(notice), icon=":material/warning:")
    if evaluation.skipped:
        st.caption(f"{count(len(evaluation.skipped))} unreadable images are left out.")
    if evaluation.engines:
        st.caption(f"Computed by {escape_markdown(' and '.join(evaluation.engines))}.")


def show_epochs(run: Run) -> None:
    """Every epoch with its accuracies, losses, learning rate and time."""
    table = epochs_of(run)
    shown = pd.DataFrame({"Epoch": table["epoch"], "Best on": _best_on(table)})
    config: dict[str, Any] = {}
    splits = [split for split in ("test", "val", "train") if f"{split}_accuracy" in table]
    for split in splits:
        name = f"{split.capitalize()} acc."
        shown[name] = 100 * table[f"{split}_accuracy"]
        config[name] = st.column_config.NumberColumn(format="%.1f %%", width=78)
        if split == splits[0]:
            limits = zip(table[f"{split}_low"], table[f"{split}_high"], strict=True)
            shown[f"{split.capitalize()} 95 %"] = [bounds(*pair) for pair in limits]
            config[f"{split.capitalize()} 95 %"] = st.column_config.TextColumn(width=82)
            if without := _without_twins(run, table):
                shown["No twins"] = without
                config["No twins"] = st.column_config.NumberColumn(
                    format="%.1f %%", width=78, help=f"{split.capitalize()} without the images with a twin in train."
                )
    for split in splits:
        name = f"{split.capitalize()} loss"
        shown[name] = table[f"{split}_loss"]
        config[name] = st.column_config.NumberColumn(format="%.3f", width=74)
    shown["Rate"] = table["learning_rate"]
    shown["Time"] = table["seconds"]
    config["Epoch"] = st.column_config.NumberColumn(width=52)
    config["Rate"] = st.column_config.NumberColumn(format="%.2g", width=54)
    config["Best on"] = st.column_config.TextColumn(width=108)
    config["Time"] = st.column_config.NumberColumn(format="%.2f s", width=64)
    height: Literal["content", "auto"] = "content" if len(shown) <= MOST_ROWS else "auto"
    st.dataframe(
        shown, hide_index=True, column_config=config, key="compare_epochs_table", placeholder="–", height=height
    )
    st.caption(
        "Rate: learning rate of the head at the end of the epoch. Loss: cross-entropy, the lower the better. The bands "
        "of the chart are the intervals of the other splits."
    )


def _without_twins(run: Run, table: pd.DataFrame) -> list[float]:
    """Accuracy of each epoch without the images that have a twin in train, in percent; empty if there are none."""
    found = twin_accuracies(run) or {}
    if not any(one.twins for one in found.values()):
        return []
    without = [found[epoch].without if epoch in found else None for epoch in table["epoch"]]
    return [math.nan if accuracy is None else 100 * accuracy.value for accuracy in without]


def _metric(label: str, accuracy: Accuracy, split: str) -> None:
    with st.container(border=True):
        st.metric(label, percent(accuracy.value))
        st.caption(
            f"{count(accuracy.correct)} of {count(accuracy.total)} {split} images  \n"
            f"95 % interval {bounds(accuracy.low, accuracy.high)}"
        )


def _optimism(selection: Selection) -> None:
    with st.container(border=True):
        st.metric(
            "Too good by about",
            points(selection.optimism),
            help="How far the best accuracy falls, in the mean, when the epoch is chosen on resampled test images and "
            "measured on those that were not drawn (Tsamardinos et al., 2018).",
        )
        st.caption(
            f"for the best on {selection.split}: it was chosen among {selection.candidates} epochs  \n"
            "on the images that measure it"
        )


def _best_on(table: pd.DataFrame) -> list[str]:
    """`◆ val, test`, or `untrained`, or the file that an imported epoch came from."""
    on_test = table["best_on_test"] if "best_on_test" in table else [False] * len(table)
    best = []
    columns = (table["epoch"], table["best_by_val"], on_test, table["imported"])
    for epoch, val, test, imported in zip(*columns, strict=True):
        words = ["◆ val"] * bool(val) + ["test"] * bool(test) + ["untrained"] * (epoch == 0)
        best.append(", ".join(words + [f"({imported})"] * bool(imported)))
    return best
