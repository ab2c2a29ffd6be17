"""The pickers of the network and its weights, which determine crop size, mean and std, and the validation view."""

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.models.zoo import find_architecture
from tlcore.transforms.spec import Resize, TransformSpec
from ui.augment.pipeline import fit_steps
from ui.shared.backbones import named_weights_label, offered_backbones

_BACKBONE, _WEIGHTS, _BELONGS = "augment_backbone", "augment_weights", "augment_belongs"


def pick_view_of_weights() -> tuple[TransformSpec, int]:
    """Draw the pickers; returns the validation view, and the side in px of what it delivers.

    Steps of the pipeline that had the old network's size or interpolation get those of the new one.
    """
    backbones = offered_backbones()
    name = st.selectbox(
        "For the network",
        backbones,
        index=backbones.index(ModelConfig().backbone),
        key=_BACKBONE,
        persist_state="session",
        help="Its weights bring the crop size, the mean and std, and the validation view.",
    )
    architecture = find_architecture(name)
    weights: str | None = None
    if len(architecture.named_weights) > 1:
        weights = st.selectbox(
            "With the weights",
            architecture.named_weights,
            key=f"{_WEIGHTS}_{name}",
            format_func=named_weights_label,
            persist_state="session",
            help="Weights that were trained in another way can have another validation view.",
        )
    evaluation, size_px = architecture.eval_transform(weights), architecture.input_px
    resizes = [operation for operation in evaluation.operations if isinstance(operation, Resize)]
    belongs = {"size": size_px, "interpolation": resizes[0].interpolation if resizes else "bilinear"}
    fit_steps(st.session_state.get(_BELONGS, belongs), belongs)
    st.session_state[_BELONGS] = belongs
    return evaluation, size_px
