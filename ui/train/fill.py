"""Fills the form from a recipe or a run, or resets it to the defaults."""

import streamlit as st

from tlcore.config import RunConfig
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import portable
from tlcore.runs.folder.run import Run
from tlcore.training.refit import refit
from tlcore.training.resolve import left_open
from ui.shared.hosting import is_hosted
from ui.shared.state import set_params, setting_key
from ui.train.draft import Origin, draft, note, put_draft


def fill_form(recipe: Recipe) -> None:
    """Fill the form with the settings of a recipe. The page chooses the dataset. Raises UnknownBackbone."""
    find_architecture(recipe.config.model.backbone)
    put_draft(recipe.config, Origin(recipe.title, recipe.name))


def fill_from_run(run: Run) -> None:
    """Fill the form with the settings of a run and show it, on the run's dataset. For the `on_click` of a button."""
    config = left_open(run.config)
    if is_hosted():  # settings about the machine, such as paths, are not for visitors
        config = portable(config).replace(data=config.data.model_copy(update={"images": None}))
    put_draft(config, Origin(run.name))
    set_params(view="new", recipe=None, dataset=run.config.data.source)


def change_backbone(name: str) -> None:
    """Fit all settings that depend on the backbone to the new one. The form shows what changed."""
    settings = draft()
    st.session_state.pop(setting_key(("model", "weights")), None)  # "automatic" stands for other weights now
    changed, sentences = refit(settings, name)
    settings.update(changed)
    note(sentences)


def empty_form() -> None:
    put_draft(RunConfig())
