"""How the learning rate will go over the epochs."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError
from tlcore.figures.training import plot_schedule
from tlcore.training.optimisation.schedules import Schedule
from ui.shared.widgets import show_figure

POINTS = 201


def show_schedule(settings: dict[str, Any], epochs: int, learning_rate: float) -> None:
    """Nothing where the settings do not fit together: what is wrong with them is said beside the start button."""
    try:
        schedule = Schedule(ScheduleConfig(**settings), epochs)
    except ConfigError:
        return
    done = np.linspace(0, epochs, POINTS)
    rates = [learning_rate * schedule.factor(float(each)) for each in done]
    show_figure(plot_schedule(pd.DataFrame({"epochs_done": done, "learning_rate": rates})), key="train_schedule_figure")
    if settings["name"] == "plateau":
        st.caption("Reduced whenever the validation loss has not fallen for a while: when that is, the run will show.")
