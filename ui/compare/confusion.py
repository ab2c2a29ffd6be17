"""The confusion matrix, whose cells open their images."""

from typing import Any

import pandas as pd
import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.tables import confusion_table, most_confused
from tlcore.figures.compare import plot_confusion
from tlcore.runs.folder.run import Run
from tlcore.words import count
from ui.shared.prediction_gallery import show_gallery
from ui.shared.results import predictions_of, remembered
from ui.shared.widgets import escape_markdown, show_figure

READABLE = "<style>.st-key-compare_matrix .textpoint text { fill: currentColor !important; }</style>"
"""The counts in the colour of the page's text, which is readable on every shade of a cell; a chart's own is not."""
WIDEST_MATRIX = 30  # classes; of more, those with the most mistakes are shown


def show_confusion(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """The confusion matrix; a click on a cell shows its images."""
    predictions = evaluation.predictions[epoch]
    counts = remembered("confusion", [run], lambda: confusion_table(predictions, run.classes), epoch)
    shown = most_confused(counts, WIDEST_MATRIX)
    figure = remembered("confusion figure", [run], lambda: plot_confusion(shown, height_px=_side(len(shown))), epoch)
    if len(shown) < len(counts):
        st.caption(f"The {len(shown)} of {len(counts)} classes with the most mistakes.")
    matrix, images = st.columns([1, 1], gap="medium")
    with matrix, st.container(key="compare_matrix"):
        st.html(READABLE)
        selected = show_figure(
            figure, f"compare_confusion_{run.name}_{epoch}", on_select="rerun", selection_mode="points"
        )
        st.caption("Click a cell to see its images.")
    cell = clicked_cell(selected, shown) or worst_cell(counts)
    with images:
        if cell is None:
            st.markdown("**No mistakes.** Click a cell on the diagonal to see the images that are right.")
            return
        target, predicted = cell
        table = predictions_of(run, evaluation, epoch)
        rows = table[(table["target"] == target) & (table["predicted"] == predicted)]
        rows = rows.sort_values("confidence", ascending=False, kind="stable")
        what = "right" if target == predicted else f"taken for {escape_markdown(predicted)}"
        total = count(int(counts.loc[[target]].to_numpy().sum()))
        st.markdown(f"**{escape_markdown(target)}, {what}**: {count(len(rows))} of {total} images")
        show_gallery(run, rows, f"compare_cell_page_{target}_{predicted}", empty="No image is in this cell.")


def clicked_cell(selected: Any, counts: pd.DataFrame) -> tuple[str, str] | None:
    """True and predicted class of the cell that a chart says is selected."""
    points = selected.get("selection", {}).get("points", []) if selected else []
    if not points:
        return None
    row, column = round(points[0]["y"]), round(points[0]["x"])
    if not (0 <= row < len(counts) and 0 <= column < len(counts)):
        return None
    return str(counts.index[row]), str(counts.columns[column])


def worst_cell(counts: pd.DataFrame) -> tuple[str, str] | None:
    """The most frequent mistake; None where there is none."""
    mistakes = counts.to_numpy().copy()
    mistakes[range(len(mistakes)), range(len(mistakes))] = 0
    if not mistakes.any():
        return None
    row, column = divmod(int(mistakes.argmax()), len(mistakes))
    return str(counts.index[row]), str(counts.columns[column])


def _side(classes: int) -> int:
    return min(700, 300 + 22 * classes)
