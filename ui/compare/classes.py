"""Precision, recall and F1 per class."""

import streamlit as st

from tlcore.evaluation.metrics import class_scores, macro_average, top_k_accuracy
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.tables import classes_table
from tlcore.figures.compare import plot_per_class
from tlcore.runs.folder.run import Run
from tlcore.words import bounds, percent
from ui.shared.results import remembered
from ui.shared.widgets import show_figure

TOP_5_FROM = 10  # classes; with fewer, five guesses are almost always right
MOST_CLASSES = 40  # in the chart; the table has all


def show_classes(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """Precision, recall and F1 per class, and their macro average."""
    predictions = evaluation.predictions[epoch]
    table = remembered("classes", [run], lambda: classes_table(predictions, run.classes), epoch)
    average = remembered(
        "average",
        [run],
        lambda: macro_average(class_scores(predictions.logits_NC, predictions.targets_N, run.classes)),
        epoch,
    )
    with st.container(horizontal=True):
        st.metric("Accuracy", percent(evaluation.accuracy(epoch).value), width="content")
        for name, value in (("precision", average.precision), ("recall", average.recall), ("F1", average.f1)):
            st.metric(f"Macro {name}", percent(value), width="content")
        if len(run.classes) > TOP_5_FROM:
            top_5 = top_k_accuracy(predictions.logits_NC, predictions.targets_N, 5)
            st.metric("Top-5 accuracy", percent(top_5), width="content")
    weakest = table.sort_values("recall", kind="stable").head(MOST_CLASSES)
    show_figure(remembered("classes figure", [run], lambda: plot_per_class(weakest), epoch), "compare_classes")
    st.caption(
        "The weakest classes first. Recall: the share of a class that is found, with its 95 % interval. "
        "Precision: the share of what is called so that is so. The macro averages count each class alike."
    )
    columns = {"name": "Class", "precision": "Precision", "recall": "Recall", "f1": "F1", "support": "Images"}
    shown = table[list(columns)].rename(columns=columns)
    shown[["Precision", "Recall", "F1"]] *= 100
    shown.insert(
        3, "Recall 95 %", [bounds(*pair) for pair in zip(table["recall_low"], table["recall_high"], strict=True)]
    )
    number = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(
        shown,
        hide_index=True,
        column_config={"Precision": number, "Recall": number, "F1": number},
        key="compare_classes_table",
    )
