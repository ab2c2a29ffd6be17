"""The picker of the network: its weights determine crop size, mean and std, and the validation transform."""

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.models.architecture import Architecture
from tlcore.models.zoo import ZOO, find_architecture
from ui.augment.pipeline import resize_crops

_BACKBONE, _SIZE = "augment_backbone", "augment_size_px"


def pick_architecture() -> Architecture:
    """Draw the picker. Crops in the pipeline that had the old network's size get the new network's size."""
    name = st.selectbox(
        "For the network",
        list(ZOO),
        index=list(ZOO).index(ModelConfig().backbone),
        key=_BACKBONE,
        persist_state="session",
        help="Its weights bring the crop size, the mean and std, and the validation transform.",
    )
    architecture = find_architecture(name)
    size_px = architecture.input_px
    before_px = st.session_state.get(_SIZE, size_px)
    if before_px != size_px:
        resize_crops(before_px, size_px)
    st.session_state[_SIZE] = size_px
    return architecture
