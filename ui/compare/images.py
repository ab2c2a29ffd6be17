"""Every test image with its prediction in one epoch, and its right and wrong predictions over the epochs."""

from functools import partial

import pandas as pd
import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.timeline import KINDS, timeline_table
from tlcore.figures.compare import plot_timeline
from tlcore.runs.folder.run import Run
from tlcore.words import count
from ui.shared.prediction_gallery import show_gallery
from ui.shared.results import predictions_of, remembered
from ui.shared.views import pick_from_list, pick_segment
from ui.shared.widgets import show_figure

SHOWN = {"all": "all", "wrong": "wrong", "right": "right"}
ORDERS = {
    "loss-high": "highest loss",
    "loss-low": "lowest loss",
    "sure": "most confident",
    "unsure": "least confident",
    "name": "name",
}
# order -> (column, ascending)
_SORTED = {
    "loss-high": ("loss", False),
    "loss-low": ("loss", True),
    "sure": ("confidence", False),
    "unsure": ("confidence", True),
    "name": ("id", True),
}
EVERY_CLASS = ""
MOST_MARKS = 12  # that fit on a card
MEANINGS = {
    "never": "wrong in every trained epoch",
    "forgotten": "right once, then wrong to the end",
    "flickering": "forgotten and right again",
    "learned": "wrong at first, right from some epoch on",
    "always": "right in every trained epoch",
}


def show_images(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """The gallery of predictions, filtered and sorted."""
    table = predictions_of(run, evaluation, epoch)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = pick_segment("compare_shown", SHOWN, "Show")
        classes = {EVERY_CLASS: "every class", **{name: name for name in run.classes}}
        target = pick_from_list("compare_class", classes, "True class", width=220)
        order = pick_from_list("compare_order", ORDERS, "Order", width=180)
    if shown != "all":
        table = table[table["right"] == (shown == "right")]
    if target != EVERY_CLASS:
        table = table[table["target"] == target]
    column, ascending = _SORTED[order]
    table = table.sort_values(column, ascending=ascending, kind="stable")
    st.caption(f"{count(len(table))} images. Their true class is in bold.")
    show_gallery(
        run, table, "compare_page", bind=True, why=f"With the {ORDERS[order]}" if "loss" in order else "", epoch=epoch
    )


def show_timeline(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """Right and wrong of each image over the epochs, and the images of each kind."""
    table = remembered("timeline", [run], lambda: timeline_table(evaluation))
    counts = table["kind"].value_counts()
    present = [kind for kind in KINDS if counts.get(kind, 0)]
    steady = counts["always"] if len(present) > 1 else 0
    whole = not steady or st.toggle(
        f"Show the {count(steady)} images that were always right, too",
        key="compare_whole_timeline",
        persist_state="session",
    )
    drawn = table if whole else table[table["kind"] != "always"]
    show_figure(remembered("timeline figure", [run], lambda: plot_timeline(drawn), whole), "compare_timeline")
    st.caption("One row per image, one column per epoch: green is right, red is wrong. In epoch 0 the head guesses.")
    kind = st.pills(
        "Images that were",
        present,
        default=present[0],
        required=True,
        format_func=lambda name: f"{name} · {counts[name]}",
        key="compare_kind",
        persist_state="session",
    )
    st.caption(f"{kind.capitalize()}: {MEANINGS[kind]}.")
    kept = table[table["kind"] == kind]
    predictions = predictions_of(run, evaluation, epoch).set_index("id").loc[kept["id"]].reset_index()
    why = f"{kind.capitalize()}: {MEANINGS[kind]}"
    show_gallery(run, predictions, "compare_kind_page", extra=partial(_marks, kept), why=why, epoch=epoch)


def _marks(timeline: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """A mark per epoch for some rows of the timeline, in its order. With many epochs, only the last ones."""
    epochs = [column for column in timeline.columns if isinstance(column, int)]
    lines = timeline[timeline["id"].isin(rows["id"])][epochs].to_numpy()
    before = "…" if len(epochs) > MOST_MARKS else ""
    return [before + "".join("✓" if right else "✕" for right in line[-MOST_MARKS:]) for line in lines]
