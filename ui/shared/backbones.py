"""Finds the backbones that can be used without a download."""

import streamlit as st

from tlcore.models.zoo import ZOO


@st.cache_data(ttl=10.0, show_spinner=False)
def imagenet_weights_here() -> dict[str, bool]:
    """Backbones with ImageNet weights -> whether their default file is on this machine. Those with a file are first."""
    from tlcore.models.weights import weights_file

    files = {
        name: weights_file(architecture, "imagenet")
        for name, architecture in ZOO.items()
        if "imagenet" in architecture.named_weights
    }
    here = {name: file is not None and file.is_file() for name, file in files.items()}
    return dict(sorted(here.items(), key=lambda item: not item[1]))


def usable_without_download() -> list[str]:
    """Names of backbones with ImageNet weights on this machine."""
    here = imagenet_weights_here()
    return [name for name in ZOO if here.get(name)]
