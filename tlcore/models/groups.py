"""Layer groups in training: which are frozen, and the learning rates of the others.

Frozen means no gradient and evaluation mode, so that BatchNorm keeps its statistics and dropout is off.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlcore.config import StrategyConfig
from tlcore.errors import ConfigError, suggestion
from tlcore.models.architecture import HEAD, PARTS, Architecture, part_of


@dataclass(frozen=True)
class LayerGroup:
    """Parameters with one learning rate, by their names in the model."""

    name: str
    parameters: tuple[str, ...]
    num_parameters: int


def layer_groups(model: nn.Module, architecture: Architecture) -> list[LayerGroup]:
    """The groups from stem to head. Auxiliary classifiers belong to the head."""
    sizes: dict[str, dict[str, int]] = {group: {} for group in architecture.groups}
    for name, parameter in model.named_parameters():
        sizes[group_of(architecture, name)][name] = parameter.numel()
    return [LayerGroup(group, tuple(members), sum(members.values())) for group, members in sizes.items()]


def group_of(architecture: Architecture, name: str) -> str:
    """The layer group of the parameter or buffer with this name.

    Raises KeyError if it is in none of the groups.
    """
    for group, paths in architecture.groups.items():
        if _lies_under(name, paths):
            return group
    if _lies_under(name, architecture.aux_modules):
        return HEAD
    raise KeyError(f"{architecture.name} has no layer group for {name!r}")


def frozen_groups(architecture: Architecture, strategy: StrategyConfig, epoch: int) -> tuple[str, ...]:
    """Names of the groups that are frozen in this epoch, starting at the stem. The first epoch is 1.

    Raises ConfigError if `freeze_up_to` is not a group, or is the head.
    """
    always, first = never_trained(architecture, strategy), strategy.head_epochs or 0
    if epoch <= first:
        return architecture.group_names[:-1]
    if strategy.unfreeze_every is None:
        return always
    num_training = 1 + (epoch - first - 1) // strategy.unfreeze_every
    still_waiting = architecture.group_names[: max(0, len(architecture.groups) - num_training)]
    return max(always, still_waiting, key=len)


def never_trained(architecture: Architecture, strategy: StrategyConfig) -> tuple[str, ...]:
    """Names of the groups that are frozen in every epoch.

    Raises ConfigError if `freeze_up_to` is not a group, or is the head.
    """
    names = architecture.group_names
    if strategy.name == "feature_extraction":
        return names[:-1]
    if strategy.freeze_up_to is None:
        return ()
    _check_names([strategy.freeze_up_to], architecture, names, setting="freeze_up_to")
    if strategy.freeze_up_to == HEAD:
        raise ConfigError(
            f"freeze_up_to {HEAD!r} leaves nothing to train. Freeze up to {names[-2]!r} to train the head alone."
        )
    return names[: names.index(strategy.freeze_up_to) + 1]


def learning_rates(architecture: Architecture, strategy: StrategyConfig, base: float) -> dict[str, float]:
    """Learning rate of every group, frozen or not: the one set for the group, else for its part, else `base` (the rate
    of the head) times `learning_rate_decay` for each step from the head to the group.

    Raises ConfigError if a rate is set for a name that is neither a group nor a part.
    """
    names = architecture.group_names
    known = tuple(dict.fromkeys((*names, *PARTS)))
    _check_names(strategy.learning_rates, architecture, known, setting="learning_rates")
    decay = 1.0 if strategy.learning_rate_decay is None else strategy.learning_rate_decay
    decayed = {name: base * decay**distance for distance, name in enumerate(reversed(names))}
    of_parts = {name: strategy.learning_rates.get(part_of(name), decayed[name]) for name in names}
    return {name: strategy.learning_rates.get(name, of_parts[name]) for name in names}


def set_training_mode(
    model: nn.Module, architecture: Architecture, frozen: Collection[str], *, keep_statistics: bool = False
) -> None:
    """Put the groups in `frozen` into evaluation mode without gradients, and the others into training mode.

    With `keep_statistics`, every BatchNorm layer normalises with its stored statistics and does not change them; its
    scale and shift are trained with its group. If only the head is trained, all else is in evaluation mode, including
    the model itself (so that it returns plain logits) and auxiliary classifiers (which only help to train the trunk).
    """
    trunk_trains = any(name not in frozen for name in architecture.group_names[:-1])
    model.train(trunk_trains)
    for name, paths in architecture.groups.items():
        _set_trainable(model, paths, name not in frozen)
    _set_trainable(model, architecture.aux_modules, trunk_trains and HEAD not in frozen)
    if keep_statistics:
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


def _set_trainable(model: nn.Module, paths: Sequence[str], trainable: bool) -> None:
    for path in paths:
        parent, _, name = path.rpartition(".")
        member = getattr(model.get_submodule(parent), name)
        if isinstance(member, nn.Module):
            member.train(trainable)
        member.requires_grad_(trainable)  # for a module: all its parameters


def _lies_under(name: str, paths: Sequence[str]) -> bool:
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def _check_names(names: Collection[str], architecture: Architecture, known: Collection[str], *, setting: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"{setting}: {architecture.name} has no layer group {name!r}. {suggestion(name, known)}")
