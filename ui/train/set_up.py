"""Set up a run: the form, and beside it what its settings mean, what they cost, and the start."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.config import RunConfig
from tlcore.errors import ConfigError, TlcoreError
from ui.shared.torch_once import load_torch
from ui.shared.widgets import friendly_errors
from ui.train.asked import OpenedData, asked_config, form_state, opened_data
from ui.train.fields import FormState
from ui.train.form import show_form
from ui.train.layers import show_layers
from ui.train.lr_finder import show_finder
from ui.train.plan import plan_of
from ui.train.queue import show_queue
from ui.train.style import show_style
from ui.train.summary import show_problem, show_summary
from ui.train.sweep import show_sweep_form
from ui.train.warnings import warnings_of


def show_set_up(source: str, show_save: Callable[[RunConfig], object]) -> None:
    """`show_save` draws what saves the settings as a recipe."""
    load_torch()
    with friendly_errors():
        opened = opened_data(source)
        form = form_state(opened.dataset)
    show_style()
    summary, settings = st.columns([1, 1.7], gap="medium")
    with settings:
        layers = show_form(form, opened)
    with summary, st.container(key="train_rest"):
        _show_rest(form, opened, layers, show_save)


def _show_rest(
    form: FormState, opened: OpenedData, layers: DeltaGenerator, show_save: Callable[[RunConfig], object]
) -> None:
    """The parts beside the form that depend on the network."""
    dataset = opened.dataset
    try:
        if opened.waits_for:
            raise ConfigError("The splits come when every image has been looked at.")
        if opened.problem:
            raise ConfigError(opened.problem)
        asked = asked_config(form)
        plan = plan_of(asked, dataset)
    except TlcoreError as error:
        show_problem(error)
        show_queue()
        return
    show_layers(plan, layers)
    show_summary(plan, warnings_of(form["data.source"], dataset))
    show_queue()
    with st.expander("Find a learning rate", icon=":material/search:", key="train_finder"):
        show_finder(plan.config)
    with st.expander("Sweep", icon=":material/grid_view:", key="train_sweep"):
        show_sweep_form(plan)
    with st.expander("Save as a recipe", icon=":material/menu_book:", key="train_recipe"):
        show_save(asked)
