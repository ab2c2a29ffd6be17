"""A pretrained network with its original head, which predicts the classes it was trained for, mostly ImageNet's."""

from torch import nn

from tlcore.errors import WeightsError
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import find_architecture


def build_classifier(backbone: str, weights: str | None = None) -> nn.Module:
    """The network in eval mode on the CPU, with the head that its weights came with.

    `weights` is a name that the architecture has, or a file; None: the usual ones. Raises UnknownBackbone, and
    WeightsError if the weights are not available, do not fit, or have no head for the architecture's own classes.
    """
    architecture = find_architecture(backbone)
    classes = len(architecture.classes())
    weights = weights or architecture.default_weights
    values = load_weights(architecture, weights)
    if values is None:
        raise WeightsError("Random weights know no classes: choose `imagenet` or a file.")
    source = str(weights_file(architecture, weights))
    for name, parameter in architecture.outline().get_submodule(architecture.head).named_parameters(architecture.head):
        found = values.get(name)
        if found is None or found.shape != parameter.shape:
            raise WeightsError(
                f"The weights in {source} have no head for the {classes:,} classes of ImageNet "
                f"({name} is {'missing' if found is None else tuple(found.shape)}). Choose weights as published."
            )
    return architecture.build(values, source).eval()
