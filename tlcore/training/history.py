"""The record of an epoch, and which epoch to keep. Plain data that goes to JSON and back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Accuracy = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=ConfigDict(extra="ignore", allow_inf_nan=False))
class EpochRecord:
    """One epoch. Losses in nats per image, accuracies in 0-1. Epoch 0 is the untrained head, before any training."""

    epoch: Annotated[int, Field(ge=0, lt=2**31)]
    train_loss: float | None
    """Mean of the minimised loss over the epoch, including augmentation and smoothing."""
    train_accuracy: Accuracy | None
    val_loss: float
    """Plain cross-entropy, without smoothing or class weights."""
    val_accuracy: Accuracy
    learning_rates: dict[str, float]
    """Learning rate per layer group, at the end of the epoch."""
    seconds: Annotated[float, Field(ge=0)]
    images_per_s: Annotated[float, Field(ge=0)]
    device: str = ""
    """The device that computed it, in words, with the number of threads. Empty: not recorded."""
    engine: str = ""
    """The engine that validated it, or computed the features it was validated on, in words. Empty: not recorded."""
    imported: str = ""
    """Name of the imported file; empty if the epoch was trained here. Imported epochs are numbered after all others."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def trained_here(history: Sequence[EpochRecord]) -> list[EpochRecord]:
    """The records without imported epochs."""
    return [record for record in history if not record.imported]


def best_record(history: Sequence[EpochRecord]) -> EpochRecord:
    """The epoch with the highest validation accuracy; among equals the lower loss, then the earlier one.

    Raises ValueError if there is no epoch.
    """
    return min(history, key=_rank)


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """The number of the `best_record`."""
    return best_record(history).epoch


def epochs_without_gain(history: Sequence[EpochRecord]) -> int:
    """Epochs since the `best_record` last changed. Early stopping counts them."""
    return history[-1].epoch - best_epoch(history)


def _rank(record: EpochRecord) -> tuple[float, float, int]:
    return -record.val_accuracy, record.val_loss, record.epoch
