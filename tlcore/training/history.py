"""What is known of an epoch, and which epoch to keep. Plain data that goes to JSON and back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EpochRecord:
    """Losses in nats per image, accuracies in 0-1. Epoch 0 is the untrained head: nothing was trained yet."""

    epoch: int
    train_loss: float | None
    """Mean over the epoch of what was minimised, augmentation and smoothing included."""
    train_accuracy: float | None
    val_loss: float
    """Plain cross-entropy, without smoothing or class weights."""
    val_accuracy: float
    learning_rates: dict[str, float]
    """Per layer group, at the end of the epoch."""
    seconds: float
    images_per_s: float
    imported: str = ""
    """Name of the file that it came from; empty: it was trained here. Imported epochs are numbered after all others."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def trained_here(history: Sequence[EpochRecord]) -> list[EpochRecord]:
    """Without the imported epochs."""
    return [record for record in history if not record.imported]


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """The epoch with the highest validation accuracy; among equals the lower loss, then the earlier one."""
    return min(history, key=lambda record: (-record.val_accuracy, record.val_loss, record.epoch)).epoch


def epochs_without_gain(history: Sequence[EpochRecord]) -> int:
    """Epochs since the validation accuracy was last higher than ever before."""
    top = max(record.val_accuracy for record in history)
    first_at_top = next(record.epoch for record in history if record.val_accuracy == top)
    return history[-1].epoch - first_at_top
