"""Answer only where the model is sure: how many images get an answer, and how many of those answers are right.

The threshold is chosen on val for a wish, and reported on test. N images.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.errors import WishNotMet
from tlcore.evaluation.answers import Wish
from tlcore.evaluation.metrics import Mask, wilson_intervals
from tlcore.words import count, interval, percent

if TYPE_CHECKING:
    import pandas as pd

Confidence = npt.NDArray[np.float64]
"""The probability of the likeliest class of each image, (N,), in 0-1."""
DIGITS = 6
"""Confidences that are equal to so many decimals are not told apart: an exported model rounds otherwise."""


@dataclass(frozen=True)
class Answered:
    """What a threshold means on some images."""

    images: int
    answered: int
    right: int
    """Number of right answers, of those given."""
    share_low: float
    """The 95 % interval of the share answered, from `share_low` to `share_high`."""
    share_high: float
    low: float
    """The 95 % interval of the accuracy of the answers, from `low` to `high`; NaN without an answer."""
    high: float

    @property
    def share(self) -> float:
        """The fraction of the images that get an answer."""
        return self.answered / self.images

    @property
    def accuracy(self) -> float:
        """The fraction of the answers that are right; NaN without an answer."""
        return self.right / self.answered if self.answered else math.nan


def answered_at(confidence_N: Confidence, right_N: Mask, threshold: float) -> Answered:
    """The answers at or above a threshold. Raises ValueError without an image."""
    sure_N = confidence_N >= threshold
    images, answered, right = len(sure_N), int(sure_N.sum()), int((sure_N & right_N).sum())
    if not images:
        raise ValueError("shares need at least one image")
    low, high = wilson_intervals([answered, right], [images, answered])
    return Answered(images, answered, right, float(low[0]), float(high[0]), float(low[1]), float(high[1]))


def answering_table(confidence_N: Confidence, right_N: Mask) -> "pd.DataFrame":
    """A row for each number of answers that a threshold can give, from the fewest to all images.

    Columns: `threshold`; `answered` and `right`, numbers of images; `share` with its 95 % interval `share_low` to
    `share_high`; `accuracy` of the answers, with `low` to `high`.
    """
    import pandas as pd

    order, ends, thresholds = _cuts(confidence_N)
    right = right_N[order].cumsum()[ends - 1]
    images = len(confidence_N)
    share_low, share_high = wilson_intervals(ends, np.full(len(ends), images))
    low, high = wilson_intervals(right, ends)
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "answered": ends,
            "right": right,
            "share": ends / images,
            "share_low": share_low,
            "share_high": share_high,
            "accuracy": right / ends,
            "low": low,
            "high": high,
        }
    )


def choose_threshold(confidence_N: Confidence, right_N: Mask, wish: Wish) -> float:
    """The threshold for a wish on these images, in 0-1; 0 if every image may get an answer.

    `right`: the one with the most answers of which at least that fraction is right. Among few answers that says
    nothing, so it needs as many as one mistake in them would allow: 50 for 98 %. `unanswered`: the highest one that
    leaves at most that fraction without an answer.
    Raises WishNotMet.
    """
    images = len(confidence_N)
    order, ends, thresholds = _cuts(confidence_N)
    if wish.kind == "unanswered":
        return float(thresholds[np.flatnonzero(images - ends <= wish.value * images + 1e-9)[0]])
    least = math.ceil(1 / (1 - wish.value) - 1e-9)
    if images < least:
        raise WishNotMet(
            f"{percent_words(wish.value)} right can only be seen among {least} answers or more, and val has "
            f"{count(images, 'image')}. Wish for less, or say how many images may stay unanswered."
        )
    share = right_N[order].cumsum()[ends - 1] / ends
    enough = ends >= least
    met = np.flatnonzero(enough & (share >= wish.value - 1e-9))
    if not len(met):
        best = int(np.flatnonzero(enough)[share[enough].argmax()])
        raise WishNotMet(
            f"On val no threshold makes {percent_words(wish.value)} of at least {least} answers right. The most is "
            f"{percent(float(share[best]))}, of {count(int(ends[best]), 'answer')} to {count(images, 'image')}."
        )
    return float(thresholds[met[-1]])


def answered_words(found: Answered, split: str) -> str:
    """`Answers 92 % (88–95) of the 153 images of test, 98 % (95–99) of those right`, as a sentence."""
    share = interval(found.share, found.share_low, found.share_high, digits=0)
    sentence = f"Answers {share} of the {count(found.images, 'image')} of {split}"
    if not found.answered:
        return f"{sentence}."
    return f"{sentence}, {interval(found.accuracy, found.low, found.high, digits=0)} of those right."


def wish_words(wish: Wish | None) -> str:
    """The wish in words: `98 % right`."""
    if wish is None:
        return "an answer to every image"
    value = percent_words(wish.value)
    return f"{value} right" if wish.kind == "right" else f"at most {value} unanswered"


def percent_words(fraction: float) -> str:
    """A fraction in percent with no more decimals than it has: `98 %`, `99.5 %`."""
    return f"{100 * fraction:.4g} %"


def _cuts(confidence_N: Confidence) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Confidence]:
    """The images from the surest on; the numbers of images that a threshold can answer; and a threshold for each.

    A threshold lies in the middle between the least confidence with an answer and the largest without; the last is 0.
    """
    rounded_N = confidence_N.round(DIGITS)
    order = np.argsort(-rounded_N, kind="stable")
    sorted_N = rounded_N[order]
    ends = np.append(np.flatnonzero(sorted_N[:-1] > sorted_N[1:]) + 1, len(sorted_N))
    thresholds = np.append((sorted_N[ends[:-1] - 1] + sorted_N[ends[:-1]]) / 2, 0.0)
    return order, ends, thresholds
