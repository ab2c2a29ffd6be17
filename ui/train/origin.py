"""Which recipe the form was filled from, and a way to begin anew."""

import streamlit as st

from ui.shared.state import set_params
from ui.shared.widgets import escape_markdown
from ui.train.fill import forget_recipe, loaded_recipe


def show_origin() -> None:
    recipe = loaded_recipe()
    if recipe is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="train_origin"):
        st.markdown(f":material/menu_book: Filled from the recipe **{escape_markdown(recipe.title)}**", width="stretch")
        if st.button("What it does", key="train_origin_read", type="tertiary", icon=":material/school:"):
            set_params(view="recipes", recipe=recipe.name)
            st.rerun()
        if st.button("Begin anew", key="train_origin_forget", type="tertiary", icon=":material/restart_alt:"):
            _empty_form()
            st.rerun()


def _empty_form() -> None:
    """Every widget of the form goes back to what suits its backbone."""
    forget_recipe()
    for key in [key for key in st.session_state if str(key).startswith("train_")]:
        if str(key) not in ("train_view", "train_last", "train_run"):
            del st.session_state[key]
