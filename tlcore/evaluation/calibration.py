"""Calibration: whether a confidence of 90 % means 90 of 100 are right. The reliability table and its summary, and what
a temperature changes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.metrics import Logits, Mask, Targets, is_right, wilson_intervals

if TYPE_CHECKING:
    import pandas as pd

BINS = 10
RESAMPLES = 400
CHANCE_DRAWS = 100
Row = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    error: float
    """The expected calibration error: the mean distance between confidence and accuracy, in 0-1."""
    table: "pd.DataFrame"
    """Per non-empty bin of confidence: `from`, `to`, `images`, `confidence` and `accuracy` (means), and the
    95 % interval of the accuracy, `low` to `high`."""


def calibration(logits_NC: Logits, targets_N: Targets, bins: int = BINS, temperature: float = 1.0) -> Calibration:
    """Confidence against accuracy, in bins of equal width.

    Source: Guo et al. (2017), "On Calibration of Modern Neural Networks", after Naeini et al. (2015).
    """
    import pandas as pd

    confidence_N = _confidence(logits_NC, temperature)
    right_N = is_right(logits_NC, targets_N)
    edges = np.linspace(0, 1, bins + 1)
    bin_N = _bins(confidence_N, bins)
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


@dataclass(frozen=True)
class Bounded:
    """A figure with its 95 % interval, `low` to `high`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CalibrationChange:
    """The expected calibration error before and after a temperature, on the same images."""

    images: int
    before: Bounded
    after: Bounded
    gain: Bounded
    """By how much the error is smaller after. An interval that contains 0: these images do not show it."""
    by_chance: float
    """The error that so many images would show in the mean if the calibrated probabilities were exactly right."""


def calibration_change(logits_NC: Logits, targets_N: Targets, temperature: float, seed: int = 0) -> CalibrationChange:
    """The error before and after, with bootstrap intervals over the images.

    The intervals are reflected at the estimate ("basic" bootstrap), because this error is biased: few images show one
    even where there is none, and a resample of them shows a larger one still. Simulated with two classes and ten bins:
    with 60 to 1,000 images and a true error of 5 or 10 %, the interval contains it in 87 to 96 % of the cases
    (percentiles: 49 to 96 %); without a true error, it contains 0 in 75 to 78 % (percentiles: never).
    """
    draw = np.random.default_rng(seed)
    right_N = is_right(logits_NC, targets_N)
    gaps = [_gaps(_confidence(logits_NC, one), right_N) for one in (1.0, temperature)]
    images = len(targets_N)
    found = np.array([np.abs(gaps_NB.sum(0)).sum() / images for gaps_NB in gaps])
    drawn = np.empty((RESAMPLES, 2))
    for row in range(RESAMPLES):
        counts_N = draw.multinomial(images, np.full(images, 1 / images)).astype(np.float64)
        drawn[row] = [np.abs(counts_N @ gaps_NB).sum() / images for gaps_NB in gaps]
    sure_N = _confidence(logits_NC, temperature)
    chance = [_error(sure_N, draw.random(images) < sure_N) for _ in range(CHANCE_DRAWS)]
    before, after = (_reflected(float(found[place]), drawn[:, place], 0.0) for place in (0, 1))
    gain = _reflected(float(found[0] - found[1]), drawn[:, 0] - drawn[:, 1], -1.0)
    return CalibrationChange(images, before, after, gain, float(np.mean(chance)))


def _reflected(value: float, drawn: Row, least: float) -> Bounded:
    low, high = 2 * value - np.quantile(drawn, [0.975, 0.025])
    return Bounded(value, max(least, min(float(low), value)), max(float(high), value))


def _confidence(logits_NC: Logits, temperature: float = 1.0) -> Row:
    from scipy.special import softmax

    found: Row = softmax(logits_NC.astype(np.float64) / temperature, axis=1).max(1)
    return found


def _bins(confidence_N: Row, bins: int = BINS) -> npt.NDArray[np.int64]:
    return np.clip(np.ceil(confidence_N * bins).astype(np.int64) - 1, 0, bins - 1)


def _gaps(confidence_N: Row, right_N: Mask) -> Row:
    """(N, bins): accuracy minus confidence of each image in its bin, so that sums of rows give the error."""
    gaps_NB = np.zeros((len(confidence_N), BINS))
    gaps_NB[np.arange(len(confidence_N)), _bins(confidence_N)] = right_N - confidence_N
    return gaps_NB


def _error(confidence_N: Row, right_N: Mask) -> float:
    return float(np.abs(np.bincount(_bins(confidence_N), right_N - confidence_N, BINS)).sum() / len(right_N))
