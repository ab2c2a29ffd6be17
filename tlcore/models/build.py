"""A network for a task: an architecture of the zoo, its weights, and new final layers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from tlcore.errors import ConfigError, WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.head import replace_final_layer
from tlcore.models.matching import StateDict, fit_state_dict
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import find_architecture


def build_model(backbone: str, weights: str, num_classes: int, seed: int = 0) -> nn.Module:
    """The torchvision module in float32 on the CPU, with a final layer, also of auxiliary classifiers, for the task.

    `weights` is `imagenet`, `imagenet:NAME`, `builtin`, `none` or a file. What is not loaded is initialised from
    `seed` alone; the global generators are left as they were.
    Raises UnknownBackbone, WeightsError, and ConfigError for fewer than two classes.
    """
    if num_classes < 2:
        raise ConfigError(f"A classifier needs at least 2 classes, not {num_classes}.")
    architecture = find_architecture(backbone)
    state_dict = load_weights(architecture, weights)
    with _seeded(seed):
        if state_dict is None:
            model = architecture.build(pretrained=False)
        else:
            model = _build_loaded(architecture, state_dict, source=str(weights_file(architecture, weights)))
        for path in (architecture.head, *architecture.aux):
            replace_final_layer(model, path, num_classes)
    return model


def rebuild_model(
    backbone: str, weights: str, num_classes: int, state_dict: StateDict, source: str = "the checkpoint"
) -> nn.Module:
    """The network that `build_model` made with these arguments, with all its values from `state_dict`.

    Reads no weights file. Raises WeightsError, which calls the values by the name `source`, where they do not fit.
    """
    model = outline_model(backbone, weights, num_classes)
    try:
        model.load_state_dict(state_dict, assign=True)
    except RuntimeError as error:
        problems = "\n".join(line.strip() for line in str(error).splitlines()[1:5])
        raise WeightsError(
            f"The weights in {source} do not fit {backbone} with {num_classes} classes:\n{problems}"
        ) from None
    return model


def outline_model(backbone: str, weights: str, num_classes: int) -> nn.Module:
    """The network that `build_model` makes with these arguments, on the meta device: names and shapes, no values."""
    architecture = find_architecture(backbone)
    with torch.device("meta"):
        model = architecture.build(pretrained=weights != "none")
        for path in (architecture.head, *architecture.aux):
            replace_final_layer(model, path, num_classes)
    return model


def count_parameters(model: nn.Module, *, trainable: bool = False) -> int:
    """Number of parameters, or of those that have a gradient."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad or not trainable)


def _build_loaded(architecture: Architecture, state_dict: StateDict, source: str) -> nn.Module:
    """The network with these values, without first drawing random ones only to overwrite them."""
    skeleton = architecture.build_skeleton()
    values = fit_state_dict(state_dict, skeleton, architecture, source)
    model = skeleton.to_empty(device="cpu")
    for path in architecture.aux_modules:  # these may be missing from the weights
        for module in model.get_submodule(path).modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.BatchNorm2d):
                module.reset_parameters()
    target = model.state_dict()
    with torch.no_grad():
        for name, value in values.items():
            target[name].copy_(value)
    return model


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw from `seed` on the CPU inside, and leave all generators as they were outside."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
