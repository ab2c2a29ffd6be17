"""Probabilities of the classes of each image, from heads that have not seen the image or a copy of it.

N samples, D features, C classes.
"""

import warnings

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.confident_learning import Probabilities, prune_by_noise_rate
from tlcore.evaluation.folds import UNSEEN, Whole, folds_of

MAX_FEATURES = 256
"""Principal components kept. With all 1280 of a network the ranking of ants and bees is the same, and 60,000 images
take minutes."""
REGULARISATION = 0.003
"""scikit-learn's C: strong regularisation, because samples are few and some labels wrong."""
REPEATS, FEW = 4, 5_000
"""Up to FEW samples, so many cross-validations are averaged: which images a head has seen matters then."""


def out_of_fold(
    features_ND: npt.NDArray[np.float32], index_N: Whole, seed: int = 0, groups_N: Whole | None = None
) -> Probabilities:
    """Calibrated probabilities of shape (N, C); NaN for a sample whose class has no other sample to learn from.

    `index_N` has the numbers 0 to C-1, `groups_N` a number per sample that copies of an image share. Logistic
    regression on standardised features is cross-validated twice, the second time without training on labels that
    confident learning would remove after the first; the mean of both is calibrated by a temperature.
    Source of the temperature: Guo et al. (2017), "On Calibration of Modern Neural Networks".
    """
    values_ND = principal_components(features_ND, seed)
    keep_N = np.ones(len(index_N), dtype=bool)
    first_NC = cross_validated(values_ND, index_N, keep_N, seed, groups_N)
    judged_N = ~np.isnan(first_NC).any(axis=1)
    if not judged_N.any():
        return first_NC
    keep_N[judged_N] = ~prune_by_noise_rate(first_NC[judged_N], index_N[judged_N])
    lost_C = np.bincount(index_N[~keep_N], minlength=first_NC.shape[1]) * 2 > np.bincount(index_N)
    keep_N |= lost_C[index_N]  # of a class that would lose most of its samples, too little is known to drop any
    second_NC = cross_validated(values_ND, index_N, keep_N, seed, groups_N)
    mean_NC = np.where(np.isnan(second_NC), first_NC, (first_NC + second_NC) / 2)
    mean_NC[judged_N] = _calibrated(mean_NC[judged_N], index_N[judged_N])
    return mean_NC


def principal_components(features_ND: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float64]:
    """The features with mean 0 and variance 1, then their principal components if there are many. No label is used."""
    from sklearn.decomposition import PCA

    spread_D = features_ND.std(axis=0)
    scaled_ND = (features_ND - features_ND.mean(axis=0)) / np.where(spread_D > 0, spread_D, 1.0)
    kept = min(MAX_FEATURES, len(scaled_ND) - 1)
    if scaled_ND.shape[1] > kept:
        scaled_ND = PCA(kept, random_state=seed).fit_transform(scaled_ND)
    components_ND: npt.NDArray[np.float64] = scaled_ND.astype(np.float64)
    return components_ND


def cross_validated(
    values_ND: npt.NDArray[np.float64],
    index_N: Whole,
    keep_N: npt.NDArray[np.bool_],
    seed: int,
    groups_N: Whole | None,
    repeats: int | None = None,
) -> Probabilities:
    """Probabilities, the mean over the repeats, as `out_of_fold` before calibration. Only `keep_N` are trained on."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    classes = int(index_N.max()) + 1
    repeats = repeats or (REPEATS if len(index_N) <= FEW else 1)
    total_NC = np.zeros((len(index_N), classes))
    for repeat in range(repeats):
        fold_N = folds_of(index_N, (seed + repeat) % 2**32, groups_N)
        found_NC = np.full((len(index_N), classes), np.nan)
        for fold in np.unique(fold_N[fold_N != UNSEEN]):
            held_out = fold_N == fold
            train = ~held_out & keep_N
            known = np.unique(index_N[train])
            if len(known) < 2:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # close enough for a ranking
                head = LogisticRegression(C=REGULARISATION, max_iter=300).fit(values_ND[train], index_N[train])
            rows = np.flatnonzero(held_out & np.isin(index_N, known))
            found_NC[rows] = 0.0
            found_NC[np.ix_(rows, known)] = head.predict_proba(values_ND[rows])
        total_NC += found_NC
    return total_NC / repeats


def _calibrated(probabilities_NC: Probabilities, index_N: Whole) -> Probabilities:
    """The same, made more or less confident in common so that the given labels become most probable."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits_NC = np.log(np.maximum(probabilities_NC, 1e-12))
    rows_N = np.arange(len(index_N))

    def loss(log_factor: float) -> float:
        return float(-log_softmax(np.exp(log_factor) * logits_NC, axis=1)[rows_N, index_N].mean())

    best = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded").x
    calibrated: Probabilities = np.exp(log_softmax(np.exp(best) * logits_NC, axis=1))
    return calibrated
