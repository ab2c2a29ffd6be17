"""The events that `fit` yields: everything that a display or a run folder needs to know during training."""

from dataclasses import dataclass

from torch import Tensor

from tlcore.data.dataset import Sample, Skipped
from tlcore.training.checkpoint import Checkpoint
from tlcore.training.history import EpochRecord


@dataclass(frozen=True)
class Progress:
    phase: str
    """The phase: `check` (decode every image once), `convert` (the network, for ONNX Runtime), `features`, `train` or
    `val`."""
    epoch: int
    done: int
    total: int
    """`done` of `total` images."""
    images_per_s: float
    loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True)
class BatchLoss:
    """The training loss within an epoch, reported every `RunConfig.report_every` batches."""

    epoch: int
    batch: int
    """Finished batches of the epoch."""
    batches: int
    loss: float
    """Mean over the images since the last report, of this process."""


@dataclass(frozen=True)
class ImagesSkipped:
    images: tuple[Skipped, ...]


@dataclass(frozen=True)
class EpochDone:
    record: EpochRecord
    checkpoint: Checkpoint
    """The tensors change as soon as the loop continues: save them before that."""
    val_logits: Tensor
    """Shape (N, C)."""
    val_samples: tuple[Sample, ...]
    """The samples of `val` for the rows; unreadable ones are missing."""


Event = Progress | BatchLoss | ImagesSkipped | EpochDone
