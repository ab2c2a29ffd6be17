"""The epoch chosen on val and early stopping use the same order of epochs."""

import pytest
from pydantic import ValidationError

from tlcore.training.history import EpochRecord, best_epoch, best_record, epochs_without_gain


def records(*figures: tuple[float, float]) -> list[EpochRecord]:
    """One epoch for each (val accuracy, val loss)."""
    return [
        EpochRecord(epoch, None, None, loss, accuracy, {}, seconds=1.0, images_per_s=1.0)
        for epoch, (accuracy, loss) in enumerate(figures)
    ]


@pytest.mark.parametrize(
    ("figures", "best", "without_gain"),
    [
        ([(0.5, 1.0)], 0, 0),
        ([(0.5, 1.0), (0.7, 1.0), (0.6, 0.1)], 1, 1),
        ([(0.5, 1.0), (0.7, 0.9), (0.7, 0.8), (0.7, 0.7)], 3, 0),  # equal accuracy with a lower loss is a gain
        ([(0.7, 0.5), (0.7, 0.5), (0.7, 0.6)], 0, 2),
    ],
)
def test_early_stopping_counts_from_the_epoch_that_val_chooses(figures, best, without_gain):
    history = records(*figures)
    assert best_epoch(history) == best_record(history).epoch == best
    assert epochs_without_gain(history) == without_gain


@pytest.mark.parametrize(
    "change", [{"val_loss": float("nan")}, {"val_accuracy": 1.5}, {"epoch": -1}, {"seconds": -1.0}]
)
def test_a_record_of_figures_that_cannot_be_is_refused(change):
    (good,) = records((0.5, 1.0))
    with pytest.raises(ValidationError):
        EpochRecord(**{**good.to_json(), **change})
