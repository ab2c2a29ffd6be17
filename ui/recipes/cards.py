"""The recipes as cards, built-in and saved: a picture, one line, the expected result, and the time on this machine."""

import streamlit as st

from tlcore.data.intake.library import add_path
from tlcore.errors import TlcoreError
from tlcore.recipes.fitting import missing_data, recipe_config
from tlcore.recipes.picture import recipe_picture
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import damaged_recipes, delete_recipe, is_own_recipe, list_recipes
from ui.recipes.files import show_import
from ui.shared.cached import open_dataset
from ui.shared.caching import cache_data
from ui.shared.datasets import dataset_sources
from ui.shared.hosting import is_hosted
from ui.shared.state import link, set_params
from ui.shared.widgets import escape_markdown, note_left_out, show_fact
from ui.train.fill import fill_form
from ui.train.plan import plan_of
from ui.train.summary import show_time

NETWORKS = {"feature_extraction": "frozen", "fine_tuning": "fine-tuned", "from_scratch": "from scratch"}


def show_cards(source: str) -> None:
    """`source` is the dataset for recipes whose own is not on this machine."""
    st.caption(
        "Exercises that people learn transfer learning from, with their settings, what to expect, and what each "
        "setting does. One click fills the form; nothing starts before you press Start."
    )
    with st.grid(3, min_column_width=300):
        for recipe in list_recipes():
            with st.container(border=True, height="stretch", key=f"recipe_card_{recipe.name}"):
                _show_card(recipe, source)
    note_left_out("recipe", damaged_recipes())
    show_import()


def _show_card(recipe: Recipe, source: str) -> None:
    st.image(_picture(recipe.model_dump_json()), width="stretch")
    st.markdown(f"**{escape_markdown(recipe.title)}**  \n{escape_markdown(recipe.summary)}")
    config = recipe.config
    how = "pretrained" if recipe.task == "predict" else NETWORKS[config.strategy.name]
    with st.container(gap="xxsmall"):
        show_fact("Network", f"{escape_markdown(config.model.backbone)}, {how}")
        missing = missing_words(recipe)
        show_fact("Data", "not here yet" if missing else escape_markdown(config.data.source))
        if recipe.task == "train":
            _show_time(recipe, missing)
    if missing:
        with st.popover("How to get the data", icon=":material/download:", key=f"recipe_data_{recipe.name}"):
            st.markdown(escape_markdown(missing))
    if recipe.expect:
        st.caption(f":material/target: {escape_markdown(recipe.expect)}")
    with st.container(horizontal=True, vertical_alignment="bottom", height="stretch"):
        label = "Fill the form" if recipe.task == "train" else "Ask it"
        if st.button(label, key=f"recipe_use_{recipe.name}", type="primary", icon=":material/edit_note:"):
            use(recipe, source)
        if st.button("What it does", key=f"recipe_read_{recipe.name}", icon=":material/school:"):
            set_params(recipe=recipe.name)
            st.rerun()
        if is_own_recipe(recipe.name):
            st.button(
                "",
                key=f"recipe_delete_{recipe.name}",
                icon=":material/delete:",
                type="tertiary",
                help="Delete this recipe",
                on_click=delete_recipe,
                args=(recipe.name,),
            )


def missing_words(recipe: Recipe) -> str:
    """How to get the data of a recipe; empty if it is here. A hosted dashboard does not show its folders."""
    missing = "" if recipe.task == "predict" else missing_data(recipe)
    return f"{recipe.data}. {recipe.data_from}" if missing and is_hosted() else missing


def use(recipe: Recipe, source: str) -> None:
    """Fill the form from a recipe, with its own data if that is here; or open Predict with a pretrained network."""
    if recipe.task == "predict":
        link("pages/predict.py", predict_kind="imagenet", predict_origin="upload", predict_recipe=recipe.name)
    fill_form(recipe)
    if not missing_data(recipe):
        source = recipe_config(recipe).data.source
        if source not in dataset_sources():
            source = add_path(source)
            dataset_sources.clear()
    set_params(view="new", recipe=None, dataset=source)
    st.rerun()


def _show_time(recipe: Recipe, missing: str) -> None:
    if missing:
        show_fact("Time", "once the data is here")
        return
    try:
        config = recipe_config(recipe)
        plan = plan_of(config, open_dataset(config.data.source))
    except TlcoreError as error:
        show_fact("Time", "unknown", str(error))
        return
    show_time(plan, after_each_run=False)


@cache_data(max_entries=64, show_spinner=False)
def _picture(recipe: str) -> bytes:
    return recipe_picture(Recipe.model_validate_json(recipe))
