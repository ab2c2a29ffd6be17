"""The curves of runs as they go. They can be held still: a chart that gets longer is a new one, and loses its zoom."""

import plotly.graph_objects as go
import streamlit as st

from tlcore.runs.folder.run import Run
from ui.shared.curves import figure_of, history_of
from ui.shared.state import HELD_CHARTS
from ui.shared.widgets import show_figure
from ui.train.sweep import sweep_label

ROWS = (("loss", "accuracy"), ("learning rates", "times"))


def show_curves(runs: list[Run], *, live: bool) -> None:
    """Charts of `ui.shared.curves.FIGURES`. While runs are `live`, a toggle keeps them as they are."""
    begun = [run for run in runs if history_of(run)]
    if not begun:
        return
    held = live and st.toggle(
        "Hold the charts still",
        key="train_hold",
        help="Draws no new epoch while you zoom in and read. The training goes on.",
    )
    figures = _figures(begun, whole=len(runs) == 1, held=held)
    for row in ROWS:
        if row[0] in figures:
            for column, name in zip(st.columns(len(row)), row, strict=True):
                with column:
                    show_figure(figures[name], key=f"train_{name.replace(' ', '_')}")


def _figures(runs: list[Run], *, whole: bool, held: bool) -> dict[str, go.Figure]:
    """By name: of a single run all, of a sweep those that tell its runs apart; the last ones while they are `held`."""
    of, before = st.session_state.get(HELD_CHARTS, ((), {}))
    shown: tuple[str, ...] = tuple(run.name for run in runs)
    if held and of == shown:
        return dict(before)
    labels = [sweep_label(run) for run in runs]
    figures = {name: figure_of(name, runs, labels) for row in ROWS[: 2 if whole else 1] for name in row}
    st.session_state[HELD_CHARTS] = (shown, figures)
    return figures
