"""Find labels that look wrong, from probabilities of heads that have not seen the image, and rank them.

N samples, D features, C classes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.evaluation.confident_learning import Probabilities
from tlcore.evaluation.out_of_fold import out_of_fold

USUAL = 0.1
"""Another class is suggested only if it is at least as probable as for all but this fraction of its own samples."""
MARGIN = 2.0
"""It must also be this many times as probable as the given class. Measured with 5 % of the labels of 397 photographs
of ants and bees changed: 18 of 20 are found among 26 suspects; among 549 drawn insects of six classes, 24 of 27 among
47. To look at a suspect takes a second, so these limits would rather show too many."""

_COLUMNS = ["position", "given", "suggested", "p_given", "p_suggested"]


class SuspectLabels(NamedTuple):
    suspects: pd.DataFrame
    """The most suspicious first. Columns: `position`; the targets `given` and `suggested`; the probabilities `p_given`
    and `p_suggested`."""
    agreement: float
    """Fraction of the samples whose label is also the most probable one. If it is low, suspicions are less reliable."""
    probabilities_NC: Probabilities
    """Of the targets that occur, ascending; NaN for samples that were skipped."""


class Doubts(NamedTuple):
    """How doubtful the label of each sample is."""

    doubt_N: npt.NDArray[np.float64]
    """Log of how many times as usual the probability of the suggested class is as that of the given one; the usual
    probability of a class is the median over the samples that are labelled so."""
    suggested_N: npt.NDArray[np.int64]
    """The other class for which it is largest."""


def doubts(probabilities_NC: Probabilities, index_N: npt.NDArray[np.int64]) -> Doubts:
    """Rank by `doubt_N`, the largest first."""
    rows_N = np.arange(len(index_N))
    of_given_N = probabilities_NC[rows_N, index_N]
    usual_C = _of_own_samples(of_given_N, index_N, probabilities_NC.shape[1], 0.5)
    relative_NC = np.log(np.maximum(probabilities_NC, 1e-12)) - np.log(np.maximum(usual_C, 1e-12))
    given_N = relative_NC[rows_N, index_N]
    relative_NC[rows_N, index_N] = -np.inf
    suggested_N = relative_NC.argmax(axis=1)
    return Doubts(relative_NC[rows_N, suggested_N] - given_N, suggested_N)


def suspect_labels(
    features_ND: npt.NDArray[np.float32],
    targets_N: npt.NDArray[np.int64],
    seed: int = 0,
    groups_N: npt.NDArray[np.int64] | None = None,
) -> SuspectLabels:
    """Samples whose label looks wrong to a logistic regression that has not seen them, nor another one of their group.

    A class with a single sample, or a single group of copies, is skipped.
    """
    classes, index_N = np.unique(targets_N, return_inverse=True)
    probabilities_NC: Probabilities = np.full((len(index_N), len(classes)), np.nan)
    if len(classes) > 1:
        probabilities_NC = out_of_fold(features_ND, index_N, seed, groups_N)
    positions = np.flatnonzero(~np.isnan(probabilities_NC).any(axis=1))
    if not len(positions):
        return SuspectLabels(pd.DataFrame({name: [] for name in _COLUMNS}), 1.0, probabilities_NC)
    probabilities_MC, index_M = probabilities_NC[positions], index_N[positions]
    doubt_M, suggested_M = doubts(probabilities_MC, index_M)
    rows_M = np.arange(len(index_M))
    given_M, best_M = probabilities_MC[rows_M, index_M], probabilities_MC[rows_M, suggested_M]
    usual_C = _of_own_samples(given_M, index_M, len(classes), USUAL)
    suspect = (best_M >= usual_C[suggested_M]) & (best_M > MARGIN * given_M)
    order = np.flatnonzero(suspect)[np.argsort(-doubt_M[suspect], kind="stable")]
    found = pd.DataFrame(
        {
            "position": positions[order],
            "given": classes[index_M[order]],
            "suggested": classes[suggested_M[order]],
            "p_given": given_M[order],
            "p_suggested": best_M[order],
        }
    )
    agreement = float((probabilities_MC.argmax(axis=1) == index_M).mean())
    return SuspectLabels(found, agreement, probabilities_NC)


def _of_own_samples(
    p_given_N: npt.NDArray[np.float64], index_N: npt.NDArray[np.int64], classes: int, quantile: float
) -> npt.NDArray[np.float64]:
    """This quantile of the probability of each class over its own samples; 1 for a class without any."""
    own = [p_given_N[index_N == label] for label in range(classes)]
    return np.array([np.quantile(values, quantile) if len(values) else 1.0 for values in own])
