"""The table of a plan's layer groups, for users."""

from dataclasses import dataclass

from torch.nn.modules.batchnorm import _BatchNorm

from tlcore.models.architecture import HEAD
from tlcore.models.groups import group_of
from tlcore.training.plan import Plan


@dataclass(frozen=True)
class GroupRow:
    name: str
    parameters: int
    trained: str
    """`frozen`, `trained`, or the epoch from which it is trained."""
    learning_rate: float | None
    """Learning rate before the schedule. None: the group is frozen."""
    batchnorm: str
    """The statistics that its BatchNorm uses in training: `stored`, `batch`, or first one and then the other; empty
    without BatchNorm."""


def group_rows(plan: Plan) -> list[GroupRow]:
    """One row per group, from stem to head."""
    with_batchnorm = {
        group_of(plan.architecture, f"{name}.weight")
        for name, module in plan.model.named_modules()
        if isinstance(module, _BatchNorm)
    }
    strategy = plan.config.strategy
    every, joins = strategy.unfreeze_every, strategy.head_epochs + 1
    rows = []
    for distance, group in enumerate(reversed(plan.groups)):
        frozen = group.name in plan.frozen
        first_epoch = joins if every is None else joins + distance * every
        waits = first_epoch > 1 and group.name != HEAD
        rows.append(
            GroupRow(
                name=group.name,
                parameters=group.num_parameters,
                trained="frozen" if frozen else f"from epoch {first_epoch}" if waits else "trained",
                learning_rate=None if frozen else plan.learning_rates[group.name],
                batchnorm=_batchnorm(group.name in with_batchnorm, frozen or strategy.batch_norm == "keep", waits),
            )
        )
    return rows[::-1]


def _batchnorm(present: bool, kept: bool, waits: bool) -> str:
    if not present:
        return ""
    return "stored" if kept else "stored, then batch" if waits else "batch"
