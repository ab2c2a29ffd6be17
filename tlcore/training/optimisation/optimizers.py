"""The table of optimisers. Each has one parameter group per layer group.

A new one is a new entry in `OPTIMIZERS`: the form, the options of the command line and the lessons are made from the
entries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.config import OptimizerConfig, Strategy
from tlcore.errors import ConfigError, suggestion

if TYPE_CHECKING:
    import torch
    from torch import nn

ParameterGroups = list[dict[str, Any]]


@dataclass(frozen=True)
class OptimizerEntry:
    label: str
    """Name shown to users."""
    fields: tuple[str, ...]
    """The settings of an `OptimizerConfig` that it uses, besides its name."""
    words: Callable[[OptimizerConfig], str]
    """How it makes a step with these settings: the end of a sentence that starts with its label."""
    learning_rates: Mapping[Strategy, float]
    """Default learning rate of the head by strategy. benchmarks/optimizers.py compares those of a frozen backbone."""
    state: tuple[str, ...]
    """State that it may keep for each parameter between steps, by torch's names."""
    build: Callable[[ParameterGroups, OptimizerConfig], "torch.optim.Optimizer"]

    @property
    def state_values(self) -> int:
        """Most state values per weight; `step` is one number for the whole tensor."""
        return len([name for name in self.state if name != "step"])


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


def _along_the_gradient(config: OptimizerConfig) -> str:
    return f"follows the gradient of each batch{_with_momentum(config)}"


def _scaled(config: OptimizerConfig) -> str:
    return "scales each weight's step by how large its gradients have been, so that one rate fits most networks"


def _scaled_with_momentum(config: OptimizerConfig) -> str:
    return f"{_scaled(config)}{_with_momentum(config)}"


def _with_momentum(config: OptimizerConfig) -> str:
    if not config.momentum:
        return ""
    return (
        f", with momentum {config.momentum:g}: it keeps most of its last direction, so that what the batches agree on "
        "adds up and what they do not cancels out"
    )


_ADAM_RATES: dict[Strategy, float] = {"feature_extraction": 3e-3, "fine_tuning": 3e-4, "from_scratch": 1e-3}

OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry(
        label="SGD",
        fields=("learning_rate", "weight_decay", "momentum", "nesterov"),
        words=_along_the_gradient,
        learning_rates={"feature_extraction": 1e-2, "fine_tuning": 3e-3, "from_scratch": 1e-2},
        state=("momentum_buffer",),
        build=_sgd,
    ),
    "adam": OptimizerEntry(
        label="Adam",
        fields=("learning_rate", "weight_decay"),
        words=_scaled,
        learning_rates=_ADAM_RATES,
        state=("step", "exp_avg", "exp_avg_sq"),
        build=_adam,
    ),
    "adamw": OptimizerEntry(
        label="AdamW",
        fields=("learning_rate", "weight_decay"),
        words=_scaled,
        learning_rates=_ADAM_RATES,
        state=("step", "exp_avg", "exp_avg_sq"),
        build=_adamw,
    ),
    "rmsprop": OptimizerEntry(
        label="RMSprop",
        fields=("learning_rate", "weight_decay", "momentum"),
        words=_scaled_with_momentum,
        # The usual momentum of 0.9 adds up ten steps, so these are a tenth of Adam's and less
        learning_rates={"feature_extraction": 1e-4, "fine_tuning": 3e-5, "from_scratch": 1e-4},
        state=("step", "square_avg", "momentum_buffer"),
        build=_rmsprop,
    ),
}


def find_optimizer(name: str) -> OptimizerEntry:
    """The entry with this name. Raises ConfigError, which lists the known names."""
    if name not in OPTIMIZERS:
        raise ConfigError(f"No optimiser named {name!r}. {suggestion(name, OPTIMIZERS)}")
    return OPTIMIZERS[name]


def optimizers_with(field: str) -> tuple[str, ...]:
    """Names of the optimisers that use this setting of an `OptimizerConfig`."""
    return tuple(name for name, entry in OPTIMIZERS.items() if field in entry.fields)


def check_optimizer(config: OptimizerConfig) -> None:
    """Raises ConfigError for an unknown optimiser, and for Nesterov momentum if the optimiser has none."""
    if config.nesterov and "nesterov" not in find_optimizer(config.name).fields:
        users = " or ".join(optimizers_with("nesterov"))
        raise ConfigError(f"{config.name} has no Nesterov momentum: choose {users}, or leave nesterov out.")


def build_optimizer(
    config: OptimizerConfig, parameters: "Mapping[str, Sequence[nn.Parameter]]", learning_rates: Mapping[str, float]
) -> "torch.optim.Optimizer":
    """One parameter group per layer group; its `base_lr` is what the schedule multiplies."""
    groups: ParameterGroups = [
        {"params": list(members), "name": name, "lr": learning_rates[name], "base_lr": learning_rates[name]}
        for name, members in parameters.items()
    ]
    return find_optimizer(config.name).build(groups, config)
