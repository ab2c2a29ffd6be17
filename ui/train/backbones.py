"""The backbones and weights that can be chosen, and their labels: size, accuracy, and whether the file is here."""

import os
from dataclasses import dataclass

import streamlit as st

from tlcore.errors import ConfigError, UnknownBackbone, WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.zoo import ZOO, find_architecture
from tlcore.system.paths import given_path
from tlcore.words import percent
from ui.shared.backbones import named_weights_label
from ui.shared.caching import cache_data
from ui.shared.hosting import is_hosted
from ui.shared.torch_once import load_torch
from ui.train.fields import AUTO, FILE, is_named_weights

_LABELS = {AUTO: "Automatic", FILE: "A file", "none": "None (random)"}


@dataclass(frozen=True)
class Facts:
    parameters: int
    accuracy: float | None
    """Published ImageNet accuracy of the default weights, 0-1. None: it has no such weights."""


@st.cache_data(show_spinner=False)
def facts() -> dict[str, Facts]:
    load_torch()
    return {name: Facts(architecture.num_parameters, architecture.accuracy()) for name, architecture in ZOO.items()}


@st.cache_data(ttl=10.0, show_spinner=False)
def weights_here() -> dict[str, tuple[str, ...]]:
    """For each backbone, the names of the weights whose file is on this machine."""
    load_torch()
    return {name: _named_weights_here(architecture) for name, architecture in ZOO.items()}


def offered_weights(architecture: Architecture) -> tuple[str, ...]:
    """The weights to choose from. On a hosted dashboard only those on this machine: no files, no downloads."""
    if not is_hosted():
        return (AUTO, *architecture.named_weights, FILE, "none")
    here = _named_weights_here(architecture)
    return (*([AUTO] if architecture.default_weights in here else []), *here, "none")


def _named_weights_here(architecture: Architecture) -> tuple[str, ...]:
    return tuple(weights for weights in architecture.named_weights if architecture.is_here(weights))


def check_weights(architecture: Architecture, weights: str | None) -> None:
    """Raises ConfigError for weights that visitors of a hosted dashboard may not use."""
    if not is_hosted() or weights == "none":
        return
    if weights is not None and not is_named_weights(weights):
        raise ConfigError("A shared dashboard takes no files of weights. Choose other weights.")
    chosen = weights or architecture.default_weights
    if chosen not in architecture.named_weights or not architecture.is_here(chosen):
        raise ConfigError(
            f"The weights of {architecture.name} are not on this machine, and a shared dashboard downloads none. "
            "Choose a backbone that is here, or start from random weights."
        )


def check_weights_file(architecture: Architecture, weights: str | None) -> None:
    """Raises WeightsError if the weights are a file that is missing, unreadable, or does not fit."""
    if weights is None or is_named_weights(weights):
        return
    file = given_path(weights)
    state = file.stat() if os.path.isfile(file) else None
    if problem := _file_problem(architecture.name, weights, state and (state.st_mtime_ns, state.st_size)):
        raise WeightsError(problem)


@cache_data(max_entries=32, show_spinner="Reading the weights …")
def _file_problem(backbone: str, weights: str, version: tuple[int, int] | None) -> str:
    """What is wrong with a weights file; empty if nothing is. `version` makes a changed file a new cache entry."""
    from tlcore.models.weights import load_weights

    architecture = find_architecture(backbone)
    try:
        values = load_weights(architecture, weights)
        if values is not None:
            architecture.check_values(values, weights)
    except WeightsError as error:
        return str(error)
    return ""


def backbone_label(name: str) -> str:
    """`mobilenet_v2 · 3.5 M · 71.9 % on ImageNet · here`."""
    known = facts().get(name)
    if known is None:
        return _label_of_timm(name)
    architecture = ZOO[name]
    parts = [name, f"{known.parameters / 1e6:.1f} M"]
    if known.accuracy is not None:
        here = "imagenet" in weights_here()[name]
        parts += [f"{percent(known.accuracy)} on ImageNet", "here" if here else "to be downloaded"]
    elif "imagenet" in architecture.named_weights:
        parts.append("ImageNet weights here" if "imagenet" in weights_here()[name] else "its package is missing")
    else:
        parts.append("no weights")
    return " · ".join(parts)


def _label_of_timm(name: str) -> str:
    """`timm:vit_tiny_patch16_224 · 224 px · here`. To count its parameters would take a moment each."""
    try:
        architecture = find_architecture(name)
    except UnknownBackbone:
        return name
    if not architecture.named_weights:
        return f"{name} · {architecture.input_px} px · no weights"
    here = architecture.is_here(architecture.default_weights)
    return f"{name} · {architecture.input_px} px · {'here' if here else 'to be downloaded'}"


def weights_label(architecture: Architecture, weights: str) -> str:
    if weights == AUTO:
        return f"{_LABELS[AUTO]}: {weights_label(architecture, architecture.default_weights)}"
    return _LABELS.get(weights) or named_weights_label(weights)
