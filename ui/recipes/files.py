"""Saves the form as a recipe, offers it as a file to share, and imports recipe files of others."""

import json

import streamlit as st

from tlcore.config import RunConfig
from tlcore.errors import ConfigError
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import MAX_BYTES, parse_recipe, portable, recipe_name, save_recipe
from ui.shared.uploads import still_here
from ui.shared.widgets import error_box, escape_markdown

_SAVED, _PROBLEM = "recipe_saved", "recipe_problem"


def show_save(config: RunConfig) -> None:
    """Save the form as a recipe under a name, or download it as a JSON file."""
    title = st.text_input("Title", key="recipe_title", max_chars=120, placeholder="My crops, second try", live=True)
    summary = st.text_input("One line about it", key="recipe_summary", max_chars=300)
    expect = st.text_input("What to expect", key="recipe_expect", max_chars=200, placeholder="94 % on val")
    if not title.strip():
        st.caption("Give it a title. It holds the settings of the form, and no path of this machine.")
        return
    recipe = Recipe(
        name=recipe_name(title),
        title=title.strip(),
        summary=summary.strip(),
        expect=expect.strip(),
        config=portable(config),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Save", key="recipe_save", icon=":material/save:", on_click=_save, args=(recipe,))
        st.download_button(
            "Share it as a file",
            data=_file(recipe),
            file_name=f"{recipe.name}.json",
            mime="application/json",
            key="recipe_download",
            icon=":material/download:",
            on_click="ignore",
        )
        problem = st.session_state.pop(_PROBLEM, None)
        if problem:
            st.button("Replace it", key="recipe_replace", icon=":material/sync:", on_click=_save, args=(recipe, True))
    if problem:
        error_box(problem)
    elif saved := st.session_state.pop(_SAVED, None):
        st.success(f"Saved as “{escape_markdown(saved)}”: it is among the recipes now.", icon=":material/check:")


def show_import() -> None:
    """Import a recipe file that somebody shared."""
    with st.expander("Add a recipe that somebody shared", icon=":material/upload_file:", key="recipe_import"):
        file = still_here(st.file_uploader("Recipe", type="json", key="recipe_file", label_visibility="collapsed"))
        if file is None:
            return
        try:
            recipe = parse_recipe(file.getvalue()[: MAX_BYTES + 1], file.name)
        except ConfigError as error:
            error_box(error)
            return
        st.markdown(f"**{escape_markdown(recipe.title)}**  \n{escape_markdown(recipe.summary)}")
        st.button("Add it", key="recipe_add", type="primary", icon=":material/add:", on_click=_save, args=(recipe,))
        problem = st.session_state.pop(_PROBLEM, None)
        if problem:
            error_box(problem)


def _save(recipe: Recipe, replace: bool = False) -> None:
    try:
        save_recipe(recipe, replace=replace)
    except ConfigError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_SAVED] = recipe.name


def _file(recipe: Recipe) -> bytes:
    return (json.dumps(recipe.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode()
