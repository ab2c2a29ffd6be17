"""The Train page: set up a run and start it, race backbones, choose a recipe, or watch a run."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.data.dataset import Dataset
from tlcore.errors import TlcoreError
from tlcore.recipes.saved import list_recipes
from tlcore.runs.folder.run import Run
from ui.recipes.cards import show_cards
from ui.recipes.files import show_save
from ui.recipes.lesson import show_lesson
from ui.shared.cached import list_runs
from ui.shared.datasets import dataset_label
from ui.shared.runs import newest_of, note_other_dataset, note_unreadable, readable_runs, run_labels
from ui.shared.state import param, set_params
from ui.shared.torch_once import load_torch
from ui.shared.widgets import empty_state, escape_markdown, friendly_errors
from ui.shell import open_page
from ui.train.asked import asked_config, form_state, opened_data
from ui.train.fields import FormState
from ui.train.form import show_form
from ui.train.layers import show_layers
from ui.train.lr_finder import show_finder
from ui.train.plan import plan_of
from ui.train.queue import show_queue
from ui.train.race import show_race
from ui.train.style import show_style
from ui.train.summary import show_problem, show_summary
from ui.train.sweep import show_sweep_form
from ui.train.warnings import warnings_of
from ui.train.watch import show_run

NEW, RACE, RECIPES, WATCH = "new", "race", "recipes", "watch"
VIEWS = {
    NEW: ":material/add_circle: Set up a run",
    RACE: ":material/sports_score: Which backbone?",
    RECIPES: ":material/menu_book: Recipes",
    WATCH: ":material/monitoring: Watch",
}
_LAST = "train_last"


def pick_view(run_name: str | None) -> str:
    """The view that the address names; else the last one, unless the run changed; else Watch if a run is chosen."""
    last_view, last_run = st.session_state.get(_LAST, (None, None))
    view = param("view")
    if view not in VIEWS:
        view = last_view if last_view and last_run == run_name else WATCH if run_name else NEW
    st.session_state["train_view"] = view
    st.segmented_control(
        "View",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key="train_view",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: set_params(view=st.session_state["train_view"]),
    )
    set_params(view=view)
    st.session_state[_LAST] = (view, run_name)
    return view


def set_up(source: str) -> None:
    load_torch()
    with friendly_errors():
        dataset = opened_data(source)
        form = form_state(dataset)
    show_style()
    summary, settings = st.columns([1, 1.7], gap="medium")
    with settings:
        layers = show_form(form, dataset)
    with summary, st.container(key="train_rest"):
        show_rest(form, dataset, layers)


def show_rest(form: FormState, dataset: Dataset, layers: DeltaGenerator) -> None:
    """The parts beside the form that depend on the network."""
    try:
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


def recipes(source: str, runs: dict[str, Run]) -> None:
    """All recipes as cards, or the page of the recipe that the address names."""
    name = param("recipe")
    if not name:
        show_cards(source)
        return
    known = {recipe.name: recipe for recipe in list_recipes()}  # a link must not open just any file of the server
    if name in known:
        show_lesson(known[name], list(runs.values()), source)
    else:
        st.info("There is no recipe of that name here. These are all.", icon=":material/info:")
        show_cards(source)


def watch(runs: dict[str, Run], run_name: str | None, source: str) -> None:
    """Show the run that the address names, else the newest on the sidebar's dataset.

    A run on another dataset is shown only if the address names it.
    """
    if run_name and run_name not in runs:
        st.info("That run is not there any more.", icon=":material/info:")
    chosen = run_name if run_name in runs else newest_of(runs, source)
    if chosen is None and empty_state(
        f"There is no run on {escape_markdown(dataset_label(source))} yet." if runs else "There is no run yet.",
        "Set up the first one",
        key="train_first",
    ):
        set_params(view=NEW)
        st.rerun()
    if not runs:
        return
    labels = run_labels(list(runs.values()), with_dataset=True)
    st.session_state["train_run"] = chosen
    st.selectbox(
        "Run",
        list(runs),
        index=None if chosen is None else 0,
        format_func=labels.__getitem__,
        key="train_run",
        on_change=lambda: set_params(run=st.session_state["train_run"]),
        placeholder="Choose a run on another dataset",
    )
    if chosen is None:
        return
    set_params(run=chosen)
    st.session_state[_LAST] = (WATCH, chosen)
    note_other_dataset(runs[chosen], source)
    show_run(runs[chosen])
    show_queue(besides=chosen)


page = open_page("Train")
st.title("Train")
view = pick_view(page.run_name)
if view == NEW:
    set_up(page.dataset_source)
elif view == RACE:
    show_race(page.dataset_source)
elif view == RECIPES:
    recipes(page.dataset_source, readable_runs(list_runs()))
else:
    note_unreadable()
    watch(readable_runs(list_runs()), page.run_name, page.dataset_source)
