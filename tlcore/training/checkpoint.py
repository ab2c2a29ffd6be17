"""A model's state_dict in two parts: what some epoch trains, and what none does."""

from torch import Tensor, nn

from tlcore.models.groups import group_of
from tlcore.training.plan import Plan


def trained_state(plan: Plan, model: nn.Module) -> dict[str, Tensor]:
    """Entries of the state_dict that some epoch may change."""
    return _state(plan, model, never_trained=False)


def frozen_state(plan: Plan, model: nn.Module) -> dict[str, Tensor]:
    """Entries of the state_dict that no epoch changes: the same in every checkpoint of the run."""
    return _state(plan, model, never_trained=True)


def _state(plan: Plan, model: nn.Module, *, never_trained: bool) -> dict[str, Tensor]:
    return {
        name: value
        for name, value in model.state_dict().items()
        if (group_of(plan.architecture, name) in plan.frozen) == never_trained
    }
