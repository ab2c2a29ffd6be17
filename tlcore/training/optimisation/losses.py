"""The training loss: cross-entropy with label smoothing and class weights, one value per image."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from tlcore.config import LossConfig
from tlcore.errors import ConfigError, suggestion


def class_weights(config: LossConfig, classes: Sequence[str], counts: Sequence[int]) -> Tensor | None:
    """Weight per class, shape (C,), or None for equal ones.

    `balanced` is `images / (classes * images of the class)`, as in scikit-learn: 1 on average over the images.
    Raises ConfigError for a weight given to a class that the data does not have.
    """
    if config.class_weights == "none":
        return None
    if config.class_weights == "balanced":
        return torch.tensor([sum(counts) / (len(classes) * max(count, 1)) for count in counts])
    for name in config.class_weights:
        if name not in classes:
            raise ConfigError(f"Class weight for {name!r}, which is no class. {suggestion(name, classes)}")
    return torch.tensor([config.class_weights.get(name, 1.0) for name in classes])


def image_losses(
    logits_NC: Tensor, targets: Tensor, label_smoothing: float = 0.0, weights_C: Tensor | None = None
) -> Tensor:
    """Cross-entropy of each image in nats, shape (N,); targets are indices (N,) or mixed labels (N, C)."""
    return F.cross_entropy(
        logits_NC.float(), targets, weight=weights_C, label_smoothing=label_smoothing, reduction="none"
    )
