"""The preview of the learning rate over the epochs."""

import streamlit as st
from pydantic import ValidationError

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError
from tlcore.figures.training import plot_schedule
from tlcore.training.curves import schedule_table
from tlcore.training.optimisation.schedules import Schedule, find_schedule
from ui.shared.widgets import show_figure
from ui.train.fields import FormState, schedule_name, strategy_of, usual_rate


def show_schedule(form: FormState) -> None:
    """Draw the preview. Nothing if the settings contradict each other: the error is beside the start button."""
    epochs, optimizer = form["epochs"], form["optimizer"]
    try:
        config = ScheduleConfig.model_validate({**form["schedule"], "name": schedule_name(form)})
        schedule = Schedule(config, epochs, head_epochs=strategy_of(form).head_epochs or 0)
        rate = optimizer["learning_rate"] or usual_rate(form)
    except (ConfigError, ValidationError):
        return
    show_figure(plot_schedule(schedule_table(schedule, rate)), key="train_schedule_figure", mode_bar=False)
    if words := find_schedule(schedule_name(form)).words(config):
        st.caption(words)
