"""The confusion matrix and the most frequent mistakes. A click on a cell or row shows its images."""

from typing import Any

import pandas as pd
import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.tables import confused_pairs, confusion_table, most_confused
from tlcore.figures.compare import plot_confusion
from tlcore.runs.folder.run import Run
from tlcore.words import count, percent
from ui.shared.prediction_gallery import show_gallery
from ui.shared.results import predictions_of, remembered
from ui.shared.views import pick_segment
from ui.shared.widgets import escape_markdown, show_figure

READABLE = "<style>.st-key-compare_matrix .textpoint text { fill: currentColor !important; }</style>"
"""The page's text colour for the counts: it is readable on every cell colour, and the chart's own is not."""
WIDEST_MATRIX = 100  # classes; if there are more, only those with the most mistakes are shown
SIDE_BY_SIDE = 12  # classes up to which the matrix leaves room beside it
NUMBERS = {"images": "Images", "share": "Share of the class"}
_CELL = "compare_cell"


def show_confusion(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """The matrix, the table of mistakes, and the images of the last chosen cell or row."""
    predictions = evaluation.predictions[epoch]
    counts = remembered("confusion", [run], lambda: confusion_table(predictions, run.classes), epoch)
    pairs = remembered("confused pairs", [run], lambda: confused_pairs(counts), epoch)
    which = f"{run.name}_{epoch}"
    if len(counts) <= SIDE_BY_SIDE:
        left, right = st.columns([1.15, 1], gap="medium")
    else:
        left, right = st.container(), st.container()
    with left:
        _show_matrix(run, epoch, counts, which)
    cell = chosen_cell(which, counts)
    with right:
        if len(pairs):
            _show_pairs(pairs, which)
        else:
            st.markdown("**No mistakes.** Click a cell on the diagonal to see the images that are right.")
        if cell is not None:
            _show_cell(run, evaluation, epoch, cell)


def chosen_cell(which: str, counts: pd.DataFrame) -> tuple[str, str] | None:
    """True and predicted class of the last choice in this run and epoch; else of the most frequent mistake."""
    chosen, cell = st.session_state.get(_CELL, ("", None))
    return cell if chosen == which else worst_cell(counts)


def clicked_cell(selected: Any, counts: pd.DataFrame) -> tuple[str, str] | None:
    """True and predicted class of the selected cell of the chart."""
    points = selected.get("selection", {}).get("points", []) if selected else []
    if not points:
        return None
    row, column = round(points[0]["y"]), round(points[0]["x"])
    if not (0 <= row < len(counts) and 0 <= column < len(counts)):
        return None
    return str(counts.index[row]), str(counts.columns[column])


def picked_pair(selected: Any, pairs: pd.DataFrame) -> tuple[str, str] | None:
    """True and predicted class of the selected row of the table."""
    cells = selected.get("selection", {}).get("cells", []) if selected else []
    if not cells or not 0 <= cells[0][0] < len(pairs):
        return None
    row = pairs.iloc[cells[0][0]]
    return str(row["target"]), str(row["predicted"])


def worst_cell(counts: pd.DataFrame) -> tuple[str, str] | None:
    """The most frequent mistake; None if there is none."""
    pairs = confused_pairs(counts, 1)
    return None if pairs.empty else (str(pairs["target"].iloc[0]), str(pairs["predicted"].iloc[0]))


def _show_matrix(run: Run, epoch: int, counts: pd.DataFrame, which: str) -> None:
    shown = most_confused(counts, WIDEST_MATRIX)
    numbers = pick_segment("compare_numbers", NUMBERS, "Numbers") if len(shown) <= SIDE_BY_SIDE else "images"
    figure = remembered(
        "confusion figure", [run], lambda: plot_confusion(shown, shares=numbers == "share"), epoch, numbers
    )
    if len(shown) < len(counts):
        st.caption(f"The {len(shown)} of {len(counts)} classes with the most mistakes.")
    key = f"compare_confusion_{which}"

    def choose() -> None:
        if cell := clicked_cell(st.session_state[key], shown):
            st.session_state[_CELL] = (which, cell)

    with st.container(key="compare_matrix"):
        st.html(READABLE)
        show_figure(figure, key, on_select=choose, selection_mode="points")
    st.caption(
        "Green: right. Red: taken for another class. The stronger, the larger the share of its true class. "
        "Click a cell to see its images."
    )


def _show_pairs(pairs: pd.DataFrame, which: str) -> None:
    table = pd.DataFrame(
        {
            "Class": pairs["target"],
            "Taken for": pairs["predicted"],
            "Images": pairs["images"],
            "Share": [percent(share, 0) for share in pairs["share"]],
            "Reverse": pairs["back"],
        }
    )
    key = f"compare_pairs_{which}"

    def choose() -> None:
        if pair := picked_pair(st.session_state[key], pairs):
            st.session_state[_CELL] = (which, pair)

    st.markdown("**Most frequent mistakes**")
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        height=min(37 + 35 * len(table), 37 + 35 * 6),
        column_config={
            "Images": st.column_config.NumberColumn(width=60),
            "Share": st.column_config.TextColumn(width=56, help="Of the images of this class"),
            "Reverse": st.column_config.NumberColumn(width=66, help="Mistaken the other way round"),
        },
    )


def _show_cell(run: Run, evaluation: Evaluation, epoch: int, cell: tuple[str, str]) -> None:
    target, predicted = cell
    table = predictions_of(run, evaluation, epoch)
    of_class = table[table["target"] == target]
    rows = of_class[of_class["predicted"] == predicted].sort_values("confidence", ascending=False, kind="stable")
    what = "right" if target == predicted else f"taken for {escape_markdown(predicted)}"
    st.markdown(f"**{escape_markdown(target)}, {what}**: {count(len(rows))} of {count(len(of_class), 'image')}")
    key, empty = f"compare_cell_page_{target}_{predicted}", "No image is in this cell."
    why = f"{target}, right" if target == predicted else f"{target} taken for {predicted}"
    show_gallery(run, rows, key, empty=empty, why=why, epoch=epoch)
