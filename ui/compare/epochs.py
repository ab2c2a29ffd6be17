"""The epochs of one run: the one that val chose beside the best-looking one, and the table of all."""

from typing import Any, Literal

import pandas as pd
import streamlit as st

from tlcore.evaluation.metrics import Accuracy
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.selection import Selection, select_epoch
from tlcore.evaluation.words import selection_words
from tlcore.runs.folder.run import Run
from tlcore.words import bounds, count, percent, points
from ui.shared.results import epochs_of, remembered
from ui.shared.widgets import escape_markdown

MOST_ROWS = 40  # of a table that is shown in full height


def show_choice(run: Run, evaluation: Evaluation) -> None:
    """The epoch chosen on val, the one that looks best on the report split, and what that look is worth."""
    selection = remembered("selection", [run], lambda: select_epoch(evaluation))
    split = selection.split
    with st.grid(3, min_column_width=230):
        _metric(f"Epoch {selection.by_val}, chosen on val", selection.by_val_accuracy, split)
        _metric(f"Epoch {selection.best}, best on {split}", selection.best_accuracy, split)
        _optimism(selection)
    st.markdown(escape_markdown(selection_words(selection)))
    for notice in evaluation.notices:
        st.warning(escape_markdown(notice), icon=":material/warning:")
    if evaluation.skipped:
        st.caption(f"{count(len(evaluation.skipped))} unreadable images are left out.")


def show_epochs(run: Run) -> None:
    """Every epoch with its accuracies, losses, learning rate and time."""
    table = epochs_of(run)
    shown = pd.DataFrame({"Epoch": table["epoch"], "Best on": _best_on(table)})
    config: dict[str, Any] = {}
    for split in ("test", "val", "train"):
        if f"{split}_accuracy" not in table:
            continue
        name = split.capitalize()
        shown[f"{name} accuracy"] = 100 * table[f"{split}_accuracy"]
        shown[f"{name} 95 %"] = [
            bounds(*pair) for pair in zip(table[f"{split}_low"], table[f"{split}_high"], strict=True)
        ]
        shown[f"{name} loss"] = table[f"{split}_loss"]
        config[f"{name} accuracy"] = st.column_config.NumberColumn(format="%.1f %%")
        config[f"{name} loss"] = st.column_config.NumberColumn(format="%.3f")
    shown["Learning rate"] = table["learning_rate"]
    shown["Time"] = table["seconds"]
    config["Learning rate"] = st.column_config.NumberColumn(format="%.2g")
    config["Best on"] = st.column_config.TextColumn(width=104)
    config["Time"] = st.column_config.NumberColumn(format="%.2f s")
    height: Literal["content", "auto"] = "content" if len(shown) <= MOST_ROWS else "auto"
    st.dataframe(
        shown, hide_index=True, column_config=config, key="compare_epochs_table", placeholder="–", height=height
    )
    st.caption("Learning rate of the head at the end of the epoch. Losses in nats per image.")


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
            "How optimistic that is",
            points(selection.optimism),
            help="How far the best accuracy falls, in the mean, when the epoch is chosen on resampled test images and "
            "measured on those that were not drawn (Tsamardinos et al., 2018).",
        )
        st.caption(f"owed to choosing among {selection.candidates} epochs  \non {selection.split} itself")


def _best_on(table: pd.DataFrame) -> list[str]:
    """`◆ val, test`, or that it is the untrained one, or the file that an imported one came from."""
    on_test = table["best_on_test"] if "best_on_test" in table else [False] * len(table)
    best = []
    columns = (table["epoch"], table["best_by_val"], on_test, table["imported"])
    for epoch, val, test, imported in zip(*columns, strict=True):
        words = ["◆ val"] * bool(val) + ["test"] * bool(test) + ["(untrained)"] * (epoch == 0)
        best.append(", ".join(words + [f"({imported})"] * bool(imported)))
    return best
