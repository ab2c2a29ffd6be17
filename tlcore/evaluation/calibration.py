"""Calibration: whether a confidence of 90 % means 90 of 100 are right. The reliability table and its summary."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore.evaluation.metrics import Logits, Targets, wilson_intervals

if TYPE_CHECKING:
    import pandas as pd

BINS = 10


@dataclass(frozen=True)
class Calibration:
    error: float
    """The expected calibration error: the mean distance between confidence and accuracy, in 0-1."""
    table: "pd.DataFrame"
    """Per non-empty bin of confidence: `from`, `to`, `images`, `confidence` and `accuracy` (means), and the
    95 % interval of the accuracy, `low` to `high`."""


def calibration(logits_NC: Logits, targets_N: Targets, bins: int = BINS) -> Calibration:
    """Confidence against accuracy, in bins of equal width.

    Source: Guo et al. (2017), "On Calibration of Modern Neural Networks", after Naeini et al. (2015).
    """
    import pandas as pd
    from scipy.special import softmax

    confidence_N = softmax(logits_NC.astype(np.float64), axis=1).max(1)
    right_N = logits_NC.argmax(1) == targets_N
    edges = np.linspace(0, 1, bins + 1)
    bin_N = np.clip(np.ceil(confidence_N * bins).astype(int) - 1, 0, bins - 1)
    images = np.bincount(bin_N, minlength=bins)
    used = images > 0
    confidence = np.bincount(bin_N, confidence_N, bins)[used] / images[used]
    right = np.bincount(bin_N, right_N, bins)[used]
    low, high = wilson_intervals(right, images[used])
    table = pd.DataFrame(
        {
            "from": edges[:-1][used],
            "to": edges[1:][used],
            "images": images[used],
            "confidence": confidence,
            "accuracy": right / images[used],
            "low": low,
            "high": high,
        }
    )
    error = float((table["images"] * (table["accuracy"] - table["confidence"]).abs()).sum() / len(targets_N))
    return Calibration(error, table)
