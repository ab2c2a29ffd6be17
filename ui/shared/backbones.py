"""Finds the backbones that can be used without a download."""

import streamlit as st

from tlcore.errors import ModelError
from tlcore.models.zoo import ZOO, find_architecture
from ui.shared.torch_once import load_torch


@st.cache_data(ttl=10.0, show_spinner=False)
def imagenet_weights_here() -> dict[str, bool]:
    """Backbones with a head for ImageNet's classes -> whether their usual weights are on this machine; those are first.

    Of timm's networks only those that are here.
    """
    from tlcore.models.at_hand import backbones_at_hand

    load_torch()  # it and torchvision know the names of the files
    here = {
        name: architecture.is_here("imagenet")
        for name, architecture in ZOO.items()
        if "imagenet" in architecture.named_weights
    }
    here |= {name: True for name in backbones_at_hand() if name not in ZOO and _has_classes(name)}
    return dict(sorted(here.items(), key=lambda item: not item[1]))


def offered_backbones() -> tuple[str, ...]:
    """The options of the picker: the zoo, and networks of timm whose weights are on this machine."""
    return (*ZOO, *_timm_here())


@st.cache_data(ttl=10.0, show_spinner=False)
def _timm_here() -> tuple[str, ...]:
    from tlcore.models.at_hand import backbones_at_hand
    from tlcore.models.hub import repositories_here

    if not repositories_here():
        return ()
    load_torch()  # timm needs it

    return tuple(name for name in backbones_at_hand() if name not in ZOO)


def usable_without_download() -> list[str]:
    """Names of backbones with ImageNet weights on this machine."""
    here = imagenet_weights_here()
    return [name for name in ZOO if here.get(name)]


def named_weights_label(weights: str) -> str:
    """`ImageNet`, `ImageNet, IMAGENET1K_V2` or `Pretrained`: weights that have a name in a run's configuration."""
    kind, _, name = weights.partition(":")
    label = {"imagenet": "ImageNet", "pretrained": "Pretrained"}.get(kind, kind)
    return f"{label}, {name}" if name else label


def _has_classes(name: str) -> bool:
    try:
        return bool(find_architecture(name).classes())
    except ModelError:  # weights without a head
        return False
