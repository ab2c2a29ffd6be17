"""The type of a checkpoint; and a model's state_dict in two parts: weights that some epoch trains, and the others."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from tlcore.errors import CheckpointError, RecordError
from tlcore.models.groups import group_of
from tlcore.system.records import as_record
from tlcore.training.history import EpochRecord

if TYPE_CHECKING:
    from tlcore.training.plan import Plan

FORMAT = 1
"""Format of checkpoint files. It increases when an older version would misread them."""


@dataclass(frozen=True)
class RandomState:
    cpu: Tensor
    cuda: Tensor | None = None


@dataclass(frozen=True)
class Checkpoint:
    """One epoch: the weights for prediction and, with `optimizer`, all that training needs to continue exactly."""

    epoch: int
    model: dict[str, Tensor]
    """The weights to evaluate (their moving average, if there is one), without those that no epoch changes."""
    metrics: EpochRecord | None = None
    """None: it is from another program and not validated yet."""
    optimizer: dict[str, Any] | None = None
    schedule: dict[str, Any] | None = None
    rng: RandomState | None = None
    training_model: dict[str, Tensor] | None = None
    """The weights to continue training with, if `model` is an average."""
    averaged_steps: int = 0
    train_loss: float | None = None
    """The loss stored in a checkpoint of another program."""
    frozen_digest: str = ""
    """Digest of the values that no epoch changes, which are stored once. Empty: not known."""

    @property
    def can_continue(self) -> bool:
        return self.optimizer is not None and self.schedule is not None and self.rng is not None

    def to_file(self) -> dict[str, Any]:
        """The checkpoint as tensors and plain values, which can be read without running code."""
        content = {field.name: getattr(self, field.name) for field in fields(self)}
        metrics, rng = self.metrics, self.rng
        return content | {
            "format": FORMAT,
            "metrics": None if metrics is None else metrics.to_json(),
            "rng": None if rng is None else {"cpu": rng.cpu, "cuda": rng.cuda},
        }


def checkpoint_from_file(content: dict[str, Any], where: str) -> Checkpoint:
    """The checkpoint from the result of `to_file`. Raises CheckpointError for anything else and for a newer format."""
    number = content.get("format", FORMAT)
    if not isinstance(number, int) or number > FORMAT:
        raise CheckpointError(
            f"{where} was made by a newer version of this project (format {number}, and this version reads up to "
            f"{FORMAT}). Update this version to use it."
        )
    epoch, model, metrics, rng = (content.get(key) for key in ("epoch", "model", "metrics", "rng"))
    if not isinstance(model, dict) or not all(isinstance(value, Tensor) for value in model.values()):
        raise CheckpointError(f"{where} is not a checkpoint of this project: it holds no model.")
    if not isinstance(epoch, int):
        raise CheckpointError(f"{where} is not a checkpoint of this project: it does not say its epoch.")
    optional: dict[str, Any] = {
        key: content.get(key) for key in ("optimizer", "schedule", "training_model", "train_loss")
    }
    for key in ("optimizer", "schedule", "training_model"):
        if not isinstance(optional[key], dict | None):
            raise CheckpointError(f"{where} is damaged: its {key} is not a dictionary.")
    steps = content.get("averaged_steps", 0)
    try:
        record = None if metrics is None else as_record(metrics, EpochRecord, "the record of an epoch", where)
    except RecordError as error:
        raise CheckpointError(str(error)) from None
    return Checkpoint(
        epoch=epoch,
        model=model,
        metrics=record,
        rng=_random_state(rng),
        averaged_steps=steps if isinstance(steps, int) else 0,
        frozen_digest=str(content.get("frozen_digest", "")),
        **optional,
    )


def _random_state(content: object) -> RandomState | None:
    if not isinstance(content, dict) or not isinstance(content.get("cpu"), Tensor):
        return None
    cuda = content.get("cuda")
    return RandomState(content["cpu"], cuda if isinstance(cuda, Tensor) else None)


def trained_state(plan: "Plan", model: nn.Module) -> dict[str, Tensor]:
    """Entries of the state_dict that some epoch may change."""
    return _state(plan, model, never_trained=False)


def frozen_state(plan: "Plan", model: nn.Module) -> dict[str, Tensor]:
    """Entries of the state_dict that no epoch changes: the same in every checkpoint of the run."""
    return _state(plan, model, never_trained=True)


def _state(plan: "Plan", model: nn.Module, *, never_trained: bool) -> dict[str, Tensor]:
    return {
        name: value
        for name, value in model.state_dict().items()
        if (group_of(plan.architecture, name) in plan.frozen) == never_trained
    }
