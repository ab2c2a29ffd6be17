"""The recipes of the Train page: all as cards, or one as a lesson."""

import streamlit as st

from tlcore.recipes.saved import list_recipes
from tlcore.runs.folder.run import Run
from ui.recipes.cards import show_cards
from ui.recipes.lesson import show_lesson
from ui.shared.state import param


def show_recipes(source: str, runs: dict[str, Run]) -> None:
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
