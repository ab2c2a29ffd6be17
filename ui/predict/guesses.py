"""The table of what a run predicts of many photographs."""

from collections.abc import Sequence

import streamlit as st

from tlcore.evaluation.guess_tables import guesses_table
from tlcore.evaluation.unlabelled import Guesses

_NAMES = {"path": "Photograph", "label": "Answer", "probability": "Probability", "far": "Far from training"}


def show_guesses(guesses: Guesses, order: Sequence[int]) -> None:
    """Those at these positions, in this order, with their two likeliest classes."""
    table = guesses_table(guesses, top=2).iloc[list(order)].drop(columns="unreadable")
    ranks = {f"class_{rank}": words for rank, words in ((1, "Likeliest class"), (2, "Second"))}
    percents = {name: st.column_config.NumberColumn(format="percent") for name in ("Probability", "Its probability")}
    shown = table.drop(columns="probability_1").rename(columns=_NAMES | ranks | {"probability_2": "Its probability"})
    st.dataframe(shown, hide_index=True, column_config=percents, key="predict_table")
