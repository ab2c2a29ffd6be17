"""Which network's features a part of the page uses: a backbone, and on one's own machine a file of weights."""

from collections.abc import Sequence

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.models.zoo import ZOO
from ui.shared.backbones import offered_backbones, usable_without_download
from ui.shared.hosting import is_hosted


def pick_network(key: str) -> ModelConfig:
    """Draw the pickers; `key` is the prefix of their keys. Visitors of a hosted dashboard cannot make the server
    download weights, or name its files."""
    backbones: Sequence[str] = usable_without_download() if is_hosted() else offered_backbones()
    usual = ModelConfig().backbone
    backbone = st.selectbox(
        "Features of",
        backbones,
        index=backbones.index(usual) if usual in backbones else 0,
        key=f"{key}_backbone",
        persist_state="session",
        width=200,
    )
    weights = "" if is_hosted() else _pick_weights(f"{key}_weights")
    return ModelConfig(backbone=backbone, weights=weights or None)


def usual_network() -> ModelConfig:
    """The network that the parts of the page begin with. Without the networks of timm, to list which takes a while."""
    usual = ModelConfig()
    here = usable_without_download() if is_hosted() else ZOO
    return usual if usual.backbone in here or not here else ModelConfig(backbone=next(iter(here)))


def chosen_network(key: str) -> ModelConfig:
    """What was chosen in this visit with the pickers of that key; at first the usual network."""
    backbone, weights = st.session_state.get(f"{key}_backbone"), st.session_state.get(f"{key}_weights")
    return ModelConfig(backbone=backbone or usual_network().backbone, weights=(weights or "").strip() or None)


def network_parts(model: ModelConfig) -> tuple[str, str]:
    """The parts of the key of work that uses this network."""
    return model.backbone, model.weights or ""


def _pick_weights(key: str) -> str:
    path: str = st.text_input(
        "Weights file",
        key=key,
        placeholder="else the usual ones",
        help="A .pth, .pt or .safetensors file on the machine that runs the dashboard; `none` for random weights.",
        max_chars=1000,
        persist_state="session",
        width=200,
    )
    return path.strip()
