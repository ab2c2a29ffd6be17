"""What `fit` yields: everything that a display or a run folder wants to know, while it happens."""

from dataclasses import dataclass

from torch import Tensor

from tlcore.data.dataset import Sample, Skipped
from tlcore.training.checkpoint import Checkpoint
from tlcore.training.history import EpochRecord


@dataclass(frozen=True)
class Progress:
    phase: str
    """`check` (decode every image once), `features`, `train` or `val`."""
    epoch: int
    done: int
    total: int
    """`done` of `total` images."""
    images_per_s: float
    loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True)
class BatchLoss:
    """How the training loss goes within an epoch: told every `RunConfig.report_every` batches."""

    epoch: int
    batch: int
    """Batches of the epoch that are done."""
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
    """The tensors go on changing once the loop runs on: save them first."""
    val_logits: Tensor
    """Shape (N, C)."""
    val_samples: tuple[Sample, ...]
    """The samples of `val` that the rows belong to; unreadable ones are missing."""


Event = Progress | BatchLoss | ImagesSkipped | EpochDone
