"""Counting the parameters of networks."""

from torch import nn


def count_parameters(model: nn.Module, *, trainable: bool = False) -> int:
    """Number of parameters, or only of those with a gradient."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad or not trainable)
