"""Labels that look wrong, by what a classifier says that was trained on the other images.

N samples, D features, C classes.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

FOLDS = 5
MAX_FEATURES = 128
"""Principal components that are kept. More make it slower, and 5 % of wrong labels are found no better."""


def suspect_labels(
    features_ND: npt.NDArray[np.float32], targets_N: npt.NDArray[np.int64], seed: int = 0
) -> pd.DataFrame:
    """Samples whose label looks wrong, the most suspicious first.

    Columns: `position`, `given` and `suggested`, which are targets, and the probabilities `p_given` and `p_suggested`,
    out of sample, by logistic regression. A sample is suspect where another class is as probable as that class usually
    is for its own samples, and the most probable of those is not the given one. A class with one sample is passed over.
    Source: the confident joint of Northcutt, Jiang and Chuang (2021), "Confident Learning".
    """
    columns = ["position", "given", "suggested", "p_given", "p_suggested"]
    classes, counts = np.unique(targets_N, return_counts=True)
    classes = classes[counts > 1]
    positions = np.flatnonzero(np.isin(targets_N, classes))
    if len(classes) < 2:
        return pd.DataFrame({name: [] for name in columns})
    index_M = np.searchsorted(classes, targets_N[positions])
    probabilities_MC = _out_of_sample(features_ND[positions], index_M, seed)
    rows_M = np.arange(len(index_M))
    given_M = probabilities_MC[rows_M, index_M]
    usual_C = np.array([given_M[index_M == index].mean() for index in range(len(classes))])
    suggested_M = np.where(probabilities_MC >= usual_C, probabilities_MC, 0).argmax(axis=1)
    best_M = probabilities_MC[rows_M, suggested_M]
    suspect = (best_M >= usual_C[suggested_M]) & (suggested_M != index_M) & (best_M > given_M)
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
    return found.loc[order].reset_index(drop=True)


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
    components = min(MAX_FEATURES, features_ND.shape[1], len(features_ND) - -(-len(features_ND) // folds))
    model = make_pipeline(
        StandardScaler(),
        PCA(components, random_state=seed),
        LogisticRegression(C=0.01, max_iter=300),  # strongly regularised: few samples, and some labels are wrong
    )
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    probabilities: npt.NDArray[np.float64] = cross_val_predict(
        model, features_ND, index_N, cv=splits, method="predict_proba"
    )
    return probabilities
