"""Build a network for a task: an architecture of the zoo, its weights, and new final layers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from tlcore.errors import ConfigError, WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.head import begin_small, replace_final_layers
from tlcore.models.matching import check_finite, fit_whole_network, reorder_classes
from tlcore.models.saved_model import SavedModel, StateDict
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import find_architecture
from tlcore.words import shorten


def build_model(backbone: str | Architecture, weights: str, num_classes: int, seed: int = 0) -> nn.Module:
    """The network in float32 on the CPU, with final layers (also of auxiliary classifiers) for the task.

    `weights` is a name that the architecture has, such as `imagenet`; `none`; or a file. Values that are not loaded are
    initialised only from `seed`; the global generators do not change. With weights, a linear head begins near zero.
    Raises UnknownBackbone, WeightsError, and ConfigError for fewer than two classes.
    """
    if num_classes < 2:
        raise ConfigError(f"A classifier needs at least 2 classes, not {num_classes}.")
    architecture = find_architecture(backbone) if isinstance(backbone, str) else backbone
    values = load_weights(architecture, weights)
    with _seeded(seed):
        model = architecture.build(values, source=str(weights_file(architecture, weights)))
        replace_final_layers(model, architecture, num_classes)
    if values is not None:
        begin_small(model, architecture)
    return model


def rebuild_model(
    architecture: Architecture,
    weights: str,
    num_classes: int,
    state_dict: StateDict,
    source: str = "the checkpoint",
) -> nn.Module:
    """The network that `build_model` makes with these arguments, with all its values from `state_dict`.

    Reads no weights file. Raises WeightsError, which names the values `source`, if they do not fit.
    """
    model = architecture.hollow(num_classes, pretrained=weights != "none")
    values = fit_whole_network(state_dict, model, architecture, num_classes, source)
    model.load_state_dict(values, assign=True)
    return model


def model_of_file(
    architecture: Architecture, weights: str, classes: Sequence[str], saved: SavedModel, source: str
) -> tuple[nn.Module, tuple[str, ...]]:
    """The network in a saved file, with its logits in the order of `classes`; and notes about it for the user.

    If the file has its classes in another order, the rows of its head are reordered.
    Raises WeightsError, which names the file `source`, if it has other classes, or its values do not fit or are not
    finite.
    """
    try:
        model = rebuild_model(architecture, weights, len(classes), saved.state_dict, source)
    except WeightsError as error:
        if saved.lacks_frozen:
            raise WeightsError(
                f"{source} is an epoch of a run that keeps what it does not train in frozen.pt. That is not beside it. "
                "Give the file where it lies in the run's folder, or a whole one, as the run's download is.",
                cli="`export --format pth` writes one.",
            ) from error
        raise
    values = model.state_dict()
    check_finite(values, source)
    if saved.classes is None or saved.classes == tuple(classes):
        return model, ()
    if sorted(saved.classes) != sorted(classes):
        raise WeightsError(
            f"{source} is for the classes {_listed(saved.classes)}, and the run has {_listed(classes)}. "
            "Choose weights for the same classes."
        )
    model.load_state_dict(reorder_classes(values, architecture, saved.classes, classes), assign=True)
    return model, (f"{source} has the classes in another order: its head was put into the order of this run.",)


def _listed(classes: Sequence[str]) -> str:
    return shorten(", ".join(classes), 200)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Inside, random numbers on the CPU come from `seed`; afterwards all generators have their old state."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
