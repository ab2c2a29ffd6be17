"""Metrics from logits, with scikit-learn and scipy. Fractions in 0-1, losses in nats.

N images, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Accuracy:
    correct: int
    total: int
    low: float
    """The 95 % interval of the accuracy, from `low` to `high`."""
    high: float

    @property
    def value(self) -> float:
        return self.correct / self.total


@dataclass(frozen=True)
class ClassScores:
    name: str
    precision: float
    recall: float
    f1: float
    support: int
    """Images of this class."""
    recall_low: float
    """The 95 % interval of the recall, from `recall_low` to `recall_high`; NaN for a class without images."""
    recall_high: float


@dataclass(frozen=True)
class PairedTest:
    """On how many images only one of two sets of predictions is right, and how likely that is by chance."""

    fixed: int
    """Number of images wrong in the first, right in the second."""
    broken: int
    """Number of images right in the first, wrong in the second."""
    total: int
    p_value: float
    """Probability of a difference at least this large if both were equally good."""


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for an accuracy, as fractions (low, high).

    Raises ValueError unless 0 <= correct <= total and total > 0.
    Source: Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if total <= 0:
        raise ValueError(f"an interval needs at least one image, not {total}")
    if not 0 <= correct <= total:
        raise ValueError(f"{correct} of {total} images cannot be right")
    low, high = wilson_intervals(np.array([correct]), np.array([total]), confidence)
    return float(low[0]), float(high[0])


def wilson_intervals(
    correct: npt.ArrayLike, total: npt.ArrayLike, confidence: float = 0.95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Many intervals at once, as from `wilson_interval`; NaN if a count is NaN or there are no images.

    Computed in closed form: scipy.stats.binomtest gives the same, but takes 0.7 ms each and half a second to import.
    """
    from scipy.special import ndtri

    right, images = np.asarray(correct, dtype=np.float64), np.asarray(total, dtype=np.float64)
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = right / images
        centre = (share + z**2 / (2 * images)) / (1 + z**2 / images)
        reach = z / (1 + z**2 / images) * np.sqrt(share * (1 - share) / images + z**2 / (4 * images**2))
    return np.clip(centre - reach, 0.0, 1.0), np.clip(centre + reach, 0.0, 1.0)


def is_right(logits_NC: Logits, targets_N: Targets) -> Mask:
    """Which images are predicted correctly, shape (N,)."""
    return np.asarray(logits_NC.argmax(1) == targets_N)


def accuracy(logits_NC: Logits, targets_N: Targets) -> Accuracy:
    return accuracy_of(is_right(logits_NC, targets_N))


def accuracy_of(right_N: Mask) -> Accuracy:
    """The accuracy from which images are predicted correctly."""
    correct, total = int(right_N.sum()), len(right_N)
    return Accuracy(correct, total, *wilson_interval(correct, total))


def top_k_accuracy(logits_NC: Logits, targets_N: Targets, k: int) -> float:
    """Fraction of images whose class is among the `k` largest logits; 1 if there are at most k classes."""
    from sklearn.metrics import top_k_accuracy_score

    classes = logits_NC.shape[1]
    if k >= classes:
        return 1.0
    # for two classes sklearn expects one score, that of the second
    scores = logits_NC[:, 1] - logits_NC[:, 0] if classes == 2 else logits_NC
    return float(top_k_accuracy_score(targets_N, scores, k=k, labels=range(classes)))


def losses(logits_NC: Logits, targets_N: Targets) -> npt.NDArray[np.float64]:
    """Cross-entropy of each image in nats, of shape (N,)."""
    from scipy.special import log_softmax

    log_probabilities_NC = log_softmax(logits_NC.astype(np.float64), axis=1)
    return np.asarray(-log_probabilities_NC[np.arange(len(targets_N)), targets_N])


def class_scores(logits_NC: Logits, targets_N: Targets, classes: tuple[str, ...]) -> list[ClassScores]:
    """Precision, recall and F1 of each class; 0 if a class was never predicted or has no images."""
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        targets_N, logits_NC.argmax(1), labels=range(len(classes)), zero_division=0.0
    )
    images = columns[3]
    bounds = wilson_intervals(columns[1] * images, images)
    return [
        ClassScores(name, float(precision), float(recall), float(f1), int(support), float(low), float(high))
        for name, precision, recall, f1, support, low, high in zip(classes, *columns, *bounds, strict=True)
    ]


def macro_average(scores: Sequence[ClassScores]) -> ClassScores:
    """Mean over the classes that have images; all have the same weight. There is no interval."""
    present = [score for score in scores if score.support]

    def mean(name: str) -> float:
        return float(np.mean([getattr(score, name) for score in present]))

    images = sum(score.support for score in present)
    return ClassScores("macro average", mean("precision"), mean("recall"), mean("f1"), images, np.nan, np.nan)


def confusion(logits_NC: Logits, targets_N: Targets) -> npt.NDArray[np.int64]:
    """Counts of shape (C, C): rows are the true classes, columns the predicted ones."""
    from sklearn.metrics import confusion_matrix

    matrix: npt.NDArray[np.int64] = confusion_matrix(targets_N, logits_NC.argmax(1), labels=range(logits_NC.shape[1]))
    return matrix


def paired_test(first_N: Mask, second_N: Mask) -> PairedTest:
    """The exact McNemar test for two classifiers on the same images.

    Source: McNemar (1947), as the two-sided binomial test on the images that exactly one of them gets right. With a
    probability of 1/2 both tails are equal, so the p-value is twice the lower one.
    """
    from scipy.special import bdtr

    fixed, broken = int((~first_N & second_N).sum()), int((first_N & ~second_N).sum())
    p_value = min(1.0, 2 * float(bdtr(min(fixed, broken), fixed + broken, 0.5))) if fixed + broken else 1.0
    return PairedTest(fixed, broken, len(first_N), p_value)
