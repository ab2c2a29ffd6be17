"""The preview of the learning rate over the epochs."""

import streamlit as st
from pydantic import ValidationError

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError
from tlcore.figures.training import plot_schedule
from tlcore.training.curves import schedule_table
from tlcore.training.defaults import default_learning_rate
from tlcore.training.optimisation.schedules import Schedule, find_schedule
from ui.shared.widgets import show_figure
from ui.train.fields import FormState


def show_schedule(form: FormState) -> None:
    """Draw the preview. Nothing if the settings contradict each other: the error is beside the start button."""
    epochs, optimizer = form["epochs"], form["optimizer"]
    try:
        config = ScheduleConfig.model_validate(form["schedule"])
        schedule = Schedule(config, epochs)
        usual = default_learning_rate(form["strategy.name"], optimizer["name"])
    except (ConfigError, ValidationError):
        return
    rate = optimizer["learning_rate"] or usual
    show_figure(plot_schedule(schedule_table(schedule, rate)), key="train_schedule_figure", mode_bar=False)
    if words := find_schedule(config.name).words(config):
        st.caption(words)
