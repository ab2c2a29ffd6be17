"""Fill the form of the Train page from a recipe: each setting goes to the widget that shows it, the rest is kept."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from tlcore.config import RunConfig
from tlcore.models.architecture import HEAD, PARTS
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import Recipe

_LOADED = "recipe_loaded"
OF_RECIPE = "of the recipe"
"""In the form: views that come from the recipe that it was filled from."""
UNSHOWN = ("keep_optimizer_state", "report_every")
"""Settings of a recipe that the form has no widget for, and leaves as they are."""


@dataclass(frozen=True)
class Loaded:
    """The recipe that the form was last filled from."""

    name: str
    title: str
    config: RunConfig

    @property
    def has_views(self) -> bool:
        return self.config.train_transform is not None or self.config.eval_transform is not None


def loaded_recipe() -> Loaded | None:
    found = st.session_state.get(_LOADED)
    return None if found is None else Loaded(found["name"], found["title"], RunConfig.model_validate(found["config"]))


def forget_recipe() -> None:
    st.session_state.pop(_LOADED, None)


def fill_form(recipe: Recipe) -> None:
    """Call it before the form is drawn. The dataset is the page's own business."""
    st.session_state[_LOADED] = {
        "name": recipe.name,
        "title": recipe.title,
        "config": recipe.config.model_dump(mode="json"),
    }
    for key, value in _widgets(recipe.config).items():
        st.session_state[f"train_{key}"] = value


def _widgets(config: RunConfig) -> dict[str, Any]:
    """Widget of the form, without `train_` -> its value."""
    architecture = find_architecture(config.model.backbone)
    strategy, optimizer, schedule, loss = config.strategy, config.optimizer, config.schedule, config.loss
    weights = config.model.weights or ("none" if strategy.name == "from_scratch" else _usual_weights(config))
    views = OF_RECIPE if config.train_transform or config.eval_transform else "automatic"
    return {
        "backbone": architecture.name,
        f"weights_{architecture.name}": weights,
        "strategy": strategy.name,
        f"freeze_{architecture.name}": strategy.freeze_up_to,
        "decay": strategy.learning_rate_decay,
        "unfreeze": strategy.unfreeze_every,
        **{f"rate_{part}": strategy.learning_rates.get(part) for part in PARTS if part != HEAD},
        "augmentation": views,
        "views": config.cached_views,
        "optimizer": optimizer.name,
        "learning_rate": strategy.learning_rates.get(HEAD, optimizer.learning_rate),
        "weight_decay": optimizer.weight_decay,
        "momentum": optimizer.momentum,
        "nesterov": optimizer.nesterov,
        "epochs": config.epochs,
        "schedule": schedule.name,
        "warmup": schedule.warmup_epochs,
        "step": schedule.step_epochs,
        "patience": schedule.patience,
        "gamma": schedule.gamma,
        "batch_size": config.batch_size,
        "seed": config.seed,
        "smoothing": loss.label_smoothing,
        "balanced": loss.class_weights == "balanced",
        "mix": config.mix.name,
        "clip": config.gradient_clip,
        "ema": config.ema_decay,
        "early": config.early_stopping,
        "precision": config.precision,
        "device": config.device,
    }


def _usual_weights(config: RunConfig) -> str:
    architecture = find_architecture(config.model.backbone)
    return architecture.default_weights if architecture.weights or architecture.builtin else "none"
