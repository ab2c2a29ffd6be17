"""Sweeps over learning rates and weight decays, for frozen backbones, where a run takes a second: form and results."""

from typing import TYPE_CHECKING

import streamlit as st

from tlcore.figures.training import plot_sweep
from tlcore.runs.folder.run import Run
from tlcore.runs.sweep import new_sweep_name, sweep_configs, sweep_table
from tlcore.words import percent
from ui.shared.widgets import friendly_errors, show_figure
from ui.train.start import start_runs

if TYPE_CHECKING:
    from tlcore.training.plan import Plan

STEPS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Factors on the learning rate of the form."""
DECAYS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
MOST = 25


def show_sweep_form(plan: "Plan") -> None:
    if not plan.uses_features:
        st.caption(
            "For a frozen backbone whose features are kept: then a run takes a second, and many can be compared."
        )
        return
    base = plan.config.optimizer.learning_rate
    rates = [float(f"{base * step:.2g}") for step in STEPS]
    chosen = st.pills(
        "Learning rates",
        rates,
        selection_mode="multi",
        default=rates[1:6],
        format_func=_short,
        key=f"train_rates_{base:g}",
    )
    decays = st.pills(
        "Weight decays", DECAYS, selection_mode="multi", default=[0.0, 1e-3], format_func=_short, key="train_decays"
    )
    number = len(chosen) * len(decays)
    if st.button(
        f"Start {number} runs" if number != 1 else "Start 1 run",
        key="train_start_sweep",
        icon=":material/grid_view:",
        disabled=not 2 <= number <= MOST,
        help=f"From 2 to {MOST} runs.",
    ):
        with friendly_errors():
            configs = sweep_configs(plan.config, sorted(chosen), sorted(decays))
            start_runs(configs, plan.choice.reason, sweep=new_sweep_name())


def sweep_label(run: Run) -> str:
    optimizer = run.config.optimizer
    return f"rate {_short(optimizer.learning_rate)}, decay {_short(optimizer.weight_decay)}"


def show_sweep_grid(runs: list[Run]) -> None:
    """A grid of the best val accuracy of each run, and the best run."""
    table = sweep_table(runs)
    done = table.dropna(subset="val_accuracy")
    if done.empty:
        return
    show_figure(plot_sweep(table), key="train_sweep_grid")
    highest = done.iloc[int(done["val_accuracy"].argmax())]
    st.caption(
        f":material/star: Highest: learning rate {_short(highest['learning_rate'])}, weight decay "
        f"{_short(highest['weight_decay'])}, {percent(highest['val_accuracy'])} on val in epoch "
        f"{int(highest['epoch'])}. "
        f"The best of {len(done)} is optimistic: the test split on the Compare page tells."
    )


def _short(number: float) -> str:
    return f"{number:.2g}"
