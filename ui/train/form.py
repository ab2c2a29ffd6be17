"""The form of a run, in the order one thinks. What was chosen comes back as plain data, nothing is computed here."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.data.dataset import Dataset
from tlcore.training.defaults import default_learning_rate
from tlcore.words import count
from ui.shared.datasets import dataset_label
from ui.shared.state import link
from ui.shared.widgets import escape_markdown
from ui.train.learning import pick_advanced, pick_augmentation, pick_optimizer, pick_schedule
from ui.train.network import pick_model, pick_strategy
from ui.train.origin import show_origin
from ui.train.schedule import show_schedule


@dataclass(frozen=True)
class Choices:
    settings: dict[str, Any]
    """Of a RunConfig, without the training transform."""
    augmentation: str
    """AUTO, NONE, OF_RECIPE, a name in AUGMENTATIONS, or SAVED and a name."""
    layers: DeltaGenerator = field(compare=False)
    """Where the table of layer groups goes."""


def show_form(source: str, dataset: Dataset) -> Choices:
    """Draw the form, and return what it says."""
    show_origin()
    settings: dict[str, Any] = {"data": {"source": source}}
    with _section("Data", ":material/photo_library:"):
        _data(source, dataset)
    with _section("Backbone", ":material/account_tree:"):
        settings["model"], architecture = pick_model()
    with _section("Strategy", ":material/tune:"):
        settings["strategy"] = pick_strategy(architecture)
        layers = st.container()
    strategy = settings["strategy"]["name"]
    with _section("Augmentation", ":material/auto_fix_high:"):
        augmentation, settings["cached_views"] = pick_augmentation(strategy)
    with _section("Optimiser", ":material/trending_down:"):
        settings["optimizer"] = pick_optimizer(strategy, architecture)
    with _section("Schedule", ":material/show_chart:"):
        settings |= pick_schedule()
        rate = settings["optimizer"]["learning_rate"] or default_learning_rate(
            strategy, settings["optimizer"]["name"], architecture
        )
        show_schedule(settings["schedule"], settings["epochs"], rate)
    with st.expander("Advanced settings", icon=":material/settings:", key="train_advanced"):
        settings |= pick_advanced()
    return Choices(settings, augmentation, layers)


def _section(title: str, icon: str) -> DeltaGenerator:
    box = st.container(border=True, key=f"train_section_{title.lower()}")
    box.markdown(f"##### {icon} {title}")
    return box


def _data(source: str, dataset: Dataset) -> None:
    splits = ", ".join(f"{count(len(dataset.split(name)))} {name}" for name in dataset.split_names)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            f"**{escape_markdown(dataset_label(source))}**: {len(dataset.classes)} classes, {splits}", width="content"
        )
        if st.button("Look at it", key="train_dataset", icon=":material/visibility:", type="tertiary"):
            link("pages/dataset.py")
