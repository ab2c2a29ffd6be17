"""The part of the form about learning: views, optimiser, schedule, and the settings that are rarely touched."""

from typing import Any

import streamlit as st

from tlcore.config import LossConfig, MixConfig, OptimizerConfig, RunConfig, ScheduleConfig, Strategy
from tlcore.models.architecture import Architecture
from tlcore.training.defaults import TRAIN_AUGMENTATION, default_learning_rate
from tlcore.training.optimisation.optimizers import OPTIMIZERS
from tlcore.training.optimisation.schedules import SCHEDULES
from tlcore.transforms.saved import list_transforms
from tlcore.transforms.spec import AUGMENTATIONS
from ui.shared.state import link, param, set_params, with_current
from ui.train.fill import OF_RECIPE, UNSHOWN, loaded_recipe

DEFAULTS = RunConfig()
MOST_VIEWS = 16
AUTO, NONE, SAVED = "automatic", "none", "saved: "


def pick_augmentation(strategy: Strategy) -> tuple[str, int]:
    usual = TRAIN_AUGMENTATION[strategy] or "the validation view"
    saved = [f"{SAVED}{name}" for name in list_transforms()]
    if asked := param("transform"):  # from the playground
        st.session_state["train_augmentation"] = f"{SAVED}{asked}"
        saved = list(dict.fromkeys([*saved, f"{SAVED}{asked}"]))
        set_params(transform=None)
    recipe = loaded_recipe()
    of_recipe = [OF_RECIPE] if recipe is not None and recipe.has_views else []
    left, right = st.columns(2, vertical_alignment="bottom")
    name = left.selectbox(
        "Training views",
        [AUTO, NONE, *of_recipe, *AUGMENTATIONS, *saved],
        format_func=lambda name: name.capitalize() if name in (AUTO, NONE, OF_RECIPE) else name,
        key="train_augmentation",
        persist_state="session",
        help="Automatic: what suits the strategy. None: as in validation.",
    )
    if name == AUTO:
        st.caption(f"Automatic is here: {usual}.")
    if name == OF_RECIPE:
        st.caption("Those of training and validation, as the recipe has them, at the size that the backbone takes.")
    if right.button("Try them out", key="train_playground", icon=":material/auto_fix_high:", type="tertiary"):
        link("pages/augment.py")
    views = DEFAULTS.cached_views
    if strategy == "feature_extraction" and name not in (AUTO, NONE):
        views = st.slider(
            "Views kept of each image",
            0,
            max(MOST_VIEWS, st.session_state.get("train_views") or 0),
            DEFAULTS.cached_views,
            key="train_views",
            persist_state="session",
            help="The frozen backbone sees this many random views of each image once, and the epochs take turns. "
            "0: fresh views in every epoch, which is slow.",
        )
    return name, views


def pick_optimizer(strategy: Strategy, architecture: Architecture) -> dict[str, Any]:
    defaults = OptimizerConfig()
    left, middle, right = st.columns(3)
    name = left.selectbox(
        "Optimiser",
        list(OPTIMIZERS),
        index=list(OPTIMIZERS).index(defaults.name),
        format_func=lambda name: {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW"}.get(name, name.capitalize()),
        key="train_optimizer",
        persist_state="session",
    )
    chosen: dict[str, Any] = {"name": name}
    chosen["learning_rate"] = middle.number_input(
        "Learning rate",
        min_value=0.0,
        value=None,
        step=1e-4,
        format="%g",
        placeholder=f"{default_learning_rate(strategy, name, architecture):g}",
        key="train_learning_rate",
        persist_state="session",
        help="Of the head. Empty: what suits strategy and optimiser.",
    )
    chosen["weight_decay"] = right.number_input(
        "Weight decay",
        min_value=0.0,
        value=defaults.weight_decay,
        step=1e-4,
        format="%g",
        key="train_weight_decay",
        persist_state="session",
    )
    if name in ("sgd", "rmsprop"):
        momentum, nesterov = st.columns(2, vertical_alignment="bottom")
        chosen["momentum"] = momentum.slider(
            "Momentum", 0.0, 0.99, defaults.momentum, 0.01, key="train_momentum", persist_state="session"
        )
        if name == "sgd":
            chosen["nesterov"] = nesterov.toggle("Nesterov", key="train_nesterov", persist_state="session")
    return chosen


def pick_schedule() -> dict[str, Any]:
    defaults = ScheduleConfig()
    left, middle, right = st.columns(3)
    epochs = left.number_input("Epochs", 1, 1000, DEFAULTS.epochs, key="train_epochs", persist_state="session")
    name = middle.selectbox(
        "Schedule",
        list(SCHEDULES),
        format_func=lambda name: name.replace("_", " ").capitalize(),
        key="train_schedule",
        persist_state="session",
    )
    chosen: dict[str, Any] = {"name": name}
    chosen["warmup_epochs"] = right.number_input(
        "Warm-up epochs", 0.0, value=0.0, step=0.5, format="%g", key="train_warmup", persist_state="session"
    )
    if name == "step":
        chosen["step_epochs"] = st.slider(
            "Epochs between two reductions", 1, 50, defaults.step_epochs, key="train_step", persist_state="session"
        )
    if name == "plateau":
        chosen["patience"] = st.slider(
            "Epochs without a lower validation loss",
            0,
            20,
            defaults.patience,
            key="train_patience",
            persist_state="session",
        )
    if name in ("step", "plateau"):
        chosen["gamma"] = st.select_slider(
            "Each reduction multiplies by",
            with_current([0.1, 0.2, 0.3, 0.5, 0.7], "train_gamma"),
            defaults.gamma,
            key="train_gamma",
            persist_state="session",
        )
    return {"epochs": epochs, "schedule": chosen}


def pick_advanced() -> dict[str, Any]:
    loss, mix = LossConfig(), MixConfig()
    keep: dict[str, Any] = {"persist_state": "session"}
    left, right = st.columns(2)
    chosen: dict[str, Any] = {}
    chosen["batch_size"] = left.select_slider(
        "Batch size",
        with_current([4, 8, 16, 32, 64, 128, 256, 512], "train_batch_size"),
        DEFAULTS.batch_size,
        key="train_batch_size",
        **keep,
    )
    chosen["seed"] = right.number_input("Seed", 0, 2**32 - 1, DEFAULTS.seed, key="train_seed", **keep)
    smoothing = left.slider("Label smoothing", 0.0, 0.5, loss.label_smoothing, 0.05, key="train_smoothing", **keep)
    balanced = right.toggle("Balanced class weights", key="train_balanced", help="Rare classes count more.", **keep)
    chosen["loss"] = {"label_smoothing": smoothing, "class_weights": "balanced" if balanced else "none"}
    name = left.selectbox(
        "Blend pairs of images", ["none", "mixup", "cutmix", "mixup_or_cutmix"], key="train_mix", **keep
    )
    chosen["mix"] = {"name": name, "alpha": mix.alpha}
    chosen["gradient_clip"] = left.number_input(
        "Clip the gradient at", 0.0, value=None, step=0.5, placeholder="off", key="train_clip", **keep
    )
    chosen["ema_decay"] = right.number_input(
        "Average of the weights, decay",
        0.0,
        0.9999,
        None,
        0.001,
        format="%g",
        placeholder="off",
        key="train_ema",
        **keep,
    )
    chosen["early_stopping"] = right.number_input(
        "Stop after … epochs without gain", 1, value=None, placeholder="never", key="train_early", **keep
    )
    chosen["precision"] = left.selectbox("Precision", ["auto", "bf16", "fp32"], key="train_precision", **keep)
    chosen["device"] = right.text_input(
        "Device", "auto", key="train_device", help="auto, cpu, cuda, cuda:1, mps", **keep
    )
    recipe = loaded_recipe()
    if recipe is not None:
        chosen |= {name: getattr(recipe.config, name) for name in UNSHOWN}
        chosen["mix"]["alpha"] = recipe.config.mix.alpha
    return {name: value for name, value in chosen.items() if value is not None}
