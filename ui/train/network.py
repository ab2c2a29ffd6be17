"""The part of the form about the network: backbone, weights, and which part of it learns."""

from typing import Any

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.models.architecture import CLASSIFIER, FEATURES, Architecture
from tlcore.models.zoo import ZOO
from ui.shared.state import with_current

STRATEGIES = {
    "feature_extraction": "Feature extraction",
    "fine_tuning": "Fine-tuning",
    "from_scratch": "From scratch",
}
STRATEGY_HELP = {
    "feature_extraction": "The backbone stays as it is, and only a new head learns. Quick, and hard to beat.",
    "fine_tuning": "The backbone learns on, at a low learning rate. For many images, or images unlike those it knows.",
    "from_scratch": "Everything begins at random. Needs many images: a yardstick for what the weights are worth.",
}
FILE = "a file"
WEIGHTS_LABELS = {"imagenet": "ImageNet", "builtin": "Built-in", "none": "None (random)", FILE: "A file"}


def pick_model() -> tuple[dict[str, Any], Architecture]:
    left, right = st.columns(2)
    names = list(ZOO)
    backbone = left.selectbox(
        "Backbone",
        names,
        index=names.index(ModelConfig().backbone),
        key="train_backbone",
        persist_state="session",
    )
    architecture = ZOO[backbone]
    builtin = ["builtin"] if architecture.builtin else []
    imagenet = (
        ["imagenet", *(f"imagenet:{name}" for name in architecture.other_weights)] if architecture.weights else []
    )
    weights = right.selectbox(
        "Weights",
        [*builtin, *imagenet, FILE, "none"],
        format_func=lambda name: WEIGHTS_LABELS.get(name, name.replace("imagenet:", "ImageNet, ")),
        key=f"train_weights_{backbone}",
        persist_state="session",
        help="Where the pretrained values come from. From scratch always begins at random.",
    )
    if weights == FILE:
        weights = st.text_input(
            "Path of the weights file",
            key="train_weights_file",
            placeholder="a .pth, .pt or .safetensors file on the machine that runs the dashboard",
            persist_state="session",
        ).strip()
    return {"backbone": backbone, "weights": weights}, architecture


def pick_strategy(architecture: Architecture) -> dict[str, Any]:
    name = st.segmented_control(
        "Strategy",
        list(STRATEGIES),
        default="feature_extraction",
        format_func=STRATEGIES.__getitem__,
        key="train_strategy",
        persist_state="session",
        required=True,
        label_visibility="collapsed",
    )
    st.caption(STRATEGY_HELP[name])
    chosen: dict[str, Any] = {"name": name}
    if name != "fine_tuning":
        return chosen
    chosen["learning_rates"] = _pick_rates(architecture)
    frozen, decay, thaw = st.columns(3, vertical_alignment="bottom")
    chosen["freeze_up_to"] = frozen.selectbox(
        "Frozen up to",
        architecture.group_names[:-1],
        index=None,
        placeholder="nothing",
        key=f"train_freeze_{architecture.name}",
        persist_state="session",
        help="Layer groups from the stem up to this one keep their weights and BatchNorm statistics.",
    )
    chosen["learning_rate_decay"] = decay.select_slider(
        "Factor per group",
        with_current([0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0], "train_decay"),
        value=1.0,
        format_func=lambda factor: f"× {factor:g}",
        key="train_decay",
        persist_state="session",
        help="Each group learns this much slower than the next one towards the head.",
    )
    chosen["unfreeze_every"] = thaw.number_input(
        "Unfreeze one every",
        min_value=1,
        value=None,
        placeholder="off",
        key="train_unfreeze",
        persist_state="session",
        help="Epochs until the next group, from the head down, joins the training. Off: all from the start.",
    )
    return chosen


def _pick_rates(architecture: Architecture) -> dict[str, float]:
    """Learning rates of parts of the network; that of the head is the optimiser's."""
    labels = {FEATURES: "Rate of the features"}
    if CLASSIFIER in architecture.groups:
        labels[CLASSIFIER] = "Rate of the hidden classifier"
    columns = st.columns(2)
    rates = {
        part: column.number_input(
            label,
            min_value=0.0,
            value=None,
            step=1e-4,
            format="%g",
            placeholder="as below",
            key=f"train_rate_{part}",
            persist_state="session",
            help="Empty: the head's learning rate, times the factor from group to group.",
        )
        for column, (part, label) in zip(columns, labels.items(), strict=False)
    }
    return {part: rate for part, rate in rates.items() if rate is not None}
