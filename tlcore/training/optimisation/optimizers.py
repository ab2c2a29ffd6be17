"""Optimisers by name, each over one parameter group per layer group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.config import OptimizerConfig
from tlcore.errors import ConfigError, suggestion

if TYPE_CHECKING:
    import torch
    from torch import nn

ParameterGroups = list[dict[str, Any]]


def _sgd(groups: ParameterGroups, config: OptimizerConfig) -> "torch.optim.Optimizer":
    import torch

    return torch.optim.SGD(groups, momentum=config.momentum, nesterov=config.nesterov, weight_decay=config.weight_decay)


def _adam(groups: ParameterGroups, config: OptimizerConfig) -> "torch.optim.Optimizer":
    import torch

    return torch.optim.Adam(groups, weight_decay=config.weight_decay)


def _adamw(groups: ParameterGroups, config: OptimizerConfig) -> "torch.optim.Optimizer":
    import torch

    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _rmsprop(groups: ParameterGroups, config: OptimizerConfig) -> "torch.optim.Optimizer":
    import torch

    return torch.optim.RMSprop(groups, momentum=config.momentum, weight_decay=config.weight_decay)


@dataclass(frozen=True)
class OptimizerEntry:
    build: Callable[[ParameterGroups, OptimizerConfig], "torch.optim.Optimizer"]
    step_scale: float
    """How much larger than Adam's a usual learning rate is, for the default."""
    state: tuple[str, ...]
    """What it may keep for each parameter between steps, by torch's names."""


OPTIMIZERS = {
    "sgd": OptimizerEntry(_sgd, 10.0, ("momentum_buffer",)),
    "adam": OptimizerEntry(_adam, 1.0, ("step", "exp_avg", "exp_avg_sq")),
    "adamw": OptimizerEntry(_adamw, 1.0, ("step", "exp_avg", "exp_avg_sq")),
    "rmsprop": OptimizerEntry(_rmsprop, 1.0, ("step", "square_avg", "momentum_buffer")),
}


def find_optimizer(name: str) -> OptimizerEntry:
    """Raises ConfigError that lists the known names."""
    if name not in OPTIMIZERS:
        raise ConfigError(f"No optimiser named {name!r}. {suggestion(name, OPTIMIZERS)}")
    return OPTIMIZERS[name]


def build_optimizer(
    config: OptimizerConfig, parameters: "Mapping[str, Sequence[nn.Parameter]]", learning_rates: Mapping[str, float]
) -> "torch.optim.Optimizer":
    """One parameter group per layer group; its `base_lr` is what the schedule multiplies."""
    groups: ParameterGroups = [
        {"params": list(members), "name": name, "lr": learning_rates[name], "base_lr": learning_rates[name]}
        for name, members in parameters.items()
    ]
    return find_optimizer(config.name).build(groups, config)
