"""Numbers from logits, through scikit-learn and scipy. Fractions in 0-1, losses in nats.

N images, C classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]


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


@dataclass(frozen=True)
class PairedTest:
    """What one set of predictions gets right and the other does not, on the same images."""

    fixed: int
    """Wrong in the first, right in the second."""
    broken: int
    """Right in the first, wrong in the second."""
    total: int
    p_value: float
    """Chance of so uneven a split, or a more uneven one, if both were equally good."""


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for an accuracy, as fractions (low, high).

    Raises ValueError unless 0 <= correct <= total and total > 0.
    Source: Wilson (1927), via scipy.stats.binomtest.
    """
    from scipy.stats import binomtest

    if total <= 0:
        raise ValueError(f"an interval needs at least one image, not {total}")
    interval = binomtest(correct, total).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def accuracy(logits_NC: Logits, targets_N: Targets) -> Accuracy:
    correct, total = int((logits_NC.argmax(1) == targets_N).sum()), len(targets_N)
    return Accuracy(correct, total, *wilson_interval(correct, total))


def top_k_accuracy(logits_NC: Logits, targets_N: Targets, k: int) -> float:
    """Share of images whose class is among the `k` largest logits; 1 where there are no more than k classes."""
    from sklearn.metrics import top_k_accuracy_score

    classes = logits_NC.shape[1]
    if k >= classes:
        return 1.0
    # of two classes sklearn takes one score, of the second
    scores = logits_NC[:, 1] - logits_NC[:, 0] if classes == 2 else logits_NC
    return float(top_k_accuracy_score(targets_N, scores, k=k, labels=range(classes)))


def mean_loss(logits_NC: Logits, targets_N: Targets) -> float:
    """Cross-entropy in nats, averaged over the images."""
    from scipy.special import log_softmax

    return float(-log_softmax(logits_NC.astype(np.float64), axis=1)[np.arange(len(targets_N)), targets_N].mean())


def class_scores(logits_NC: Logits, targets_N: Targets, classes: tuple[str, ...]) -> list[ClassScores]:
    """Precision, recall and F1 of each class; 0 where a class was never predicted, or has no images."""
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        targets_N, logits_NC.argmax(1), labels=range(len(classes)), zero_division=0.0
    )
    return [
        ClassScores(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(classes, *columns, strict=True)
    ]


def confusion(logits_NC: Logits, targets_N: Targets) -> npt.NDArray[np.int64]:
    """Counts of shape (C, C): rows are the true classes, columns the predicted ones."""
    from sklearn.metrics import confusion_matrix

    matrix: npt.NDArray[np.int64] = confusion_matrix(targets_N, logits_NC.argmax(1), labels=range(logits_NC.shape[1]))
    return matrix


def mcnemar(first_NC: Logits, second_NC: Logits, targets_N: Targets) -> PairedTest:
    """The exact McNemar test of two sets of predictions for the same images.

    Source: McNemar (1947), as the two-sided binomial test of the images that exactly one of them gets right.
    """
    from scipy.stats import binomtest

    first, second = first_NC.argmax(1) == targets_N, second_NC.argmax(1) == targets_N
    fixed, broken = int((~first & second).sum()), int((first & ~second).sum())
    p_value = float(binomtest(fixed, fixed + broken, 0.5).pvalue) if fixed + broken else 1.0
    return PairedTest(fixed, broken, len(targets_N), p_value)
