"""A pretrained network with its original head, which predicts the 1,000 classes of ImageNet."""

from torch import nn

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.matching import fit_state_dict
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import find_architecture


def imagenet_classes(architecture: Architecture) -> tuple[str, ...]:
    """Names of the classes in the order of the logits. Two of them occur twice: `crane` and `maillot`."""
    entry = find_architecture("resnet18") if architecture.packaged is not None else architecture
    return tuple(entry.pretrained().meta["categories"])


def build_classifier(backbone: str, weights: str = "imagenet") -> nn.Module:
    """The network in eval mode on the CPU, with the head that its weights came with.

    `weights` is `imagenet`, `imagenet:NAME` or a file. Raises UnknownBackbone, and WeightsError if the weights are not
    available, do not fit, or have no head for ImageNet.
    """
    architecture = find_architecture(backbone)
    classes = len(imagenet_classes(architecture))
    state_dict = load_weights(architecture, weights)
    if state_dict is None:
        raise WeightsError("Random weights know no classes: choose `imagenet` or a file.")
    source = str(weights_file(architecture, weights))
    skeleton = architecture.outline()
    values = fit_state_dict(state_dict, skeleton, architecture, source)
    for name, parameter in skeleton.get_submodule(architecture.head).named_parameters(prefix=architecture.head):
        found = state_dict.get(name)
        if found is None or found.shape != parameter.shape:
            raise WeightsError(
                f"The weights in {source} have no head for the {classes:,} classes of ImageNet "
                f"({name} is {'missing' if found is None else tuple(found.shape)}). Choose weights as published."
            )
        values[name] = found
    model = skeleton.to_empty(device="cpu")
    model.load_state_dict(values, strict=False)  # auxiliary classifiers may be missing: eval mode does not run them
    return model.eval()
