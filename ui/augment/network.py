"""The pickers of the network and its weights, which determine crop size, mean and std, and the validation view."""

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.models.zoo import ZOO, find_architecture
from tlcore.transforms.spec import TransformSpec
from ui.augment.pipeline import resize_crops

_BACKBONE, _WEIGHTS, _SIZE = "augment_backbone", "augment_weights", "augment_size_px"


def pick_view_of_weights() -> tuple[TransformSpec, int]:
    """Draw the pickers; returns the validation view, and the side in px of what it delivers.

    Crops in the pipeline that had the old network's size get the new network's size.
    """
    name = st.selectbox(
        "For the network",
        list(ZOO),
        index=list(ZOO).index(ModelConfig().backbone),
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
            format_func=lambda weights: weights.replace("imagenet:", "ImageNet, ").replace("imagenet", "ImageNet"),
            persist_state="session",
            help="Weights that were trained in another way can have another validation view.",
        )
    size_px = architecture.input_px
    before_px = st.session_state.get(_SIZE, size_px)
    if before_px != size_px:
        resize_crops(before_px, size_px)
    st.session_state[_SIZE] = size_px
    return architecture.eval_transform(weights), size_px
