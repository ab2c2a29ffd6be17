"""Every test image with what an epoch says about it, and what became of it over the epochs."""

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
from ui.shared.widgets import show_figure

SHOWN = ("all", "wrong", "right")
# label -> (column, ascending)
ORDERS = {
    "highest loss": ("loss", False),
    "lowest loss": ("loss", True),
    "most confident": ("confidence", False),
    "least confident": ("confidence", True),
    "name": ("id", True),
}
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
        shown = st.segmented_control(
            "Show",
            SHOWN,
            default="all",
            required=True,
            key="compare_shown",
            bind="query-params",
            persist_state="session",
        )
        target = st.selectbox(
            "True class",
            ["every class", *run.classes],
            key="compare_class",
            bind="query-params",
            persist_state="session",
            width=220,
        )
        order = st.selectbox(
            "Order", list(ORDERS), key="compare_order", bind="query-params", persist_state="session", width=180
        )
    if shown != "all":
        table = table[table["right"] == (shown == "right")]
    if target != "every class":
        table = table[table["target"] == target]
    column, ascending = ORDERS[order]
    table = table.sort_values(column, ascending=ascending, kind="stable")
    st.caption(f"{count(len(table))} images. Their true class is in bold.")
    show_gallery(run, table, "compare_page", bind=True)


def show_timeline(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """Right and wrong of each image over the epochs, and the images of each kind."""
    table = remembered("timeline", [run], lambda: timeline_table(evaluation))
    counts = table["kind"].value_counts()
    present = [kind for kind in KINDS if counts.get(kind, 0)]
    steady = counts["always"] if len(present) > 1 else 0
    whole = not steady or st.toggle(
        f"With the {count(steady)} images that were always right", key="compare_whole_timeline", persist_state="session"
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
    show_gallery(run, predictions, "compare_kind_page", extra=partial(_marks, kept))


def _marks(timeline: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """A mark per epoch for each of the rows, which are some of the timeline's, in its order."""
    epochs = [column for column in timeline.columns if isinstance(column, int)]
    lines = timeline[timeline["id"].isin(rows["id"])][epochs].to_numpy()
    return ["".join("✓" if right else "✕" for right in line) for line in lines]
