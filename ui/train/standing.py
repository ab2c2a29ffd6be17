"""The standing of a race: verdict, chart, table, and a button that fills the form with one of the candidates."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pandas as pd
import streamlit as st

from tlcore.config import RunConfig
from tlcore.errors import RecordError
from tlcore.figures.race import plot_race
from tlcore.race.candidates import Candidate, candidate_config
from tlcore.race.standing import Standing, standing_table
from tlcore.race.words import left_out_words, method_words, place_words, speed_words, test_words, verdict_words
from tlcore.system.records import as_record
from tlcore.words import bounds
from ui.shared.state import set_params
from ui.shared.widgets import escape_markdown, show_figure
from ui.train.draft import note, put_draft

AGAINST = {"ms_per_image": "Milliseconds per image", "megabytes": "Size"}
LISTED = 10  # images that were left out


def last_standing(lines: Sequence[dict[str, Any]]) -> Standing | None:
    """The last standing among the lines that a race has printed."""
    for line in reversed(lines):
        if "standing" in line:
            with suppress(RecordError):
                return as_record(line["standing"], Standing, "the standing of a race", "a line of its output")
    return None


def show_standing(standing: Standing, config: RunConfig) -> None:
    """`config`: that of the race."""
    if standing.finished:
        with st.container(border=True, key="train_race_verdict"):
            st.markdown(f"#### :material/sports_score: {escape_markdown(verdict_words(standing))}")
            _show_choice(standing, config)
        against = st.segmented_control(
            "Accuracy against",
            list(AGAINST),
            default="ms_per_image",
            required=True,
            format_func=AGAINST.__getitem__,
            key="train_race_against",
        )
        show_figure(plot_race(standing_table(standing), against), key="train_race_figure")
        other = "size" if against == "ms_per_image" else "time"
        st.caption(f"Bars are 95 % intervals (Wilson). The larger a mark, the larger the {other} of the network.")
    _show_table(standing)
    for row in standing.failed:
        st.caption(f":material/error: **{escape_markdown(row.candidate.label)}**: {escape_markdown(row.reason)}")
    _show_left_out(standing)
    with st.expander("How this was measured", icon=":material/science:", key="train_race_how"):
        for sentence in filter(None, (method_words(standing), test_words(standing), speed_words(standing))):
            st.markdown(escape_markdown(sentence))


def _show_choice(standing: Standing, config: RunConfig) -> None:
    candidates = [row.candidate for row in standing.finished]
    labels = [candidate.label for candidate in candidates]
    suggested = candidates.index(standing.suggestion) if standing.suggestion in candidates else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Backbone to train", labels, index=suggested, key="train_race_choice", width=260)
        chosen = st.button(
            "Train this one",
            key="train_race_train",
            type="primary",
            icon=":material/model_training:",
            help="Fills the form as in the race: a frozen backbone, and the default head.",
        )
    if chosen:
        _fill(candidates[labels.index(label)], config)
        st.rerun()  # the whole page: the button is in a part that is drawn by itself


def _fill(candidate: Candidate, config: RunConfig) -> None:
    put_draft(candidate_config(candidate, config))
    note((f"Filled from the race: {candidate.label}, frozen, with the default head. Its features are kept.",))
    set_params(view="new")


def _show_table(standing: Standing) -> None:
    rows = [
        {
            "Backbone": row.candidate.label,
            "Accuracy": 100 * row.accuracy if row.measured else None,
            "95 % interval": bounds(row.low, row.high) if row.measured else "",
            "Against the best": place_words(row),
            "ms per image": 1000 * row.measured.seconds_per_image if row.measured else None,
            "Parameters": row.measured.parameters / 1e6 if row.measured else None,
            "Size": row.measured.bytes / 1e6 if row.measured else None,
            "Licence": row.measured.licence if row.measured else "",
        }
        for row in standing.rows
    ]
    formats = {"Accuracy": "%.1f %%", "ms per image": "%.1f", "Parameters": "%.1f M", "Size": "%.1f MB"}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="train_race_table",
        placeholder="",
        width="stretch",
        column_config={name: st.column_config.NumberColumn(format=how) for name, how in formats.items()},
    )


def _show_left_out(standing: Standing) -> None:
    if not standing.left_out:
        return
    lines = "  \n".join(escape_markdown(line) for line in left_out_words(standing, LISTED))
    st.caption(f":material/warning: Images left out:  \n{lines}")
