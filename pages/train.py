"""The Train page: set up a run and start it, race backbones, choose a recipe, or watch a run."""

import streamlit as st

from ui.recipes.choice import show_recipes
from ui.recipes.files import show_save
from ui.shared.cached import list_runs
from ui.shared.runs import note_unreadable, readable_runs
from ui.shared.state import param, set_params
from ui.shell import open_page
from ui.train.chosen_run import pick_run
from ui.train.queue import show_queue
from ui.train.race import show_race
from ui.train.set_up import show_set_up
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


page = open_page("Train")
st.title("Train")
view = pick_view(page.run_name)
if view == NEW:
    show_set_up(page.dataset_source, show_save)
elif view == RACE:
    show_race(page.dataset_source)
elif view == RECIPES:
    show_recipes(page.dataset_source, readable_runs(list_runs()))
else:
    note_unreadable()
    runs = readable_runs(list_runs())
    chosen = pick_run(runs, page.run_name, page.dataset_source)
    if chosen:
        st.session_state[_LAST] = (WATCH, chosen)
        show_run(runs[chosen])
        show_queue(besides=chosen)
