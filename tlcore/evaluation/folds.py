"""Folds for cross-validation, stratified by class. Images of one group, such as copies of a file, are in one fold.

N images.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Sample

FOLDS = 5
UNSEEN = -1
"""The fold of an image that cannot be held out, and the predicted class of an image without a prediction."""
Whole = npt.NDArray[np.int64]


def folds_of(targets_N: Whole, seed: int, groups_N: Whole | None = None) -> Whole:
    """The fold of each image, stratified by class; UNSEEN for the only image of a class, which every head needs.

    There are FOLDS folds, and fewer if no class has so many images. A class with fewer images than folds is missing in
    some folds, but every head is trained with it: fewer folds would take images away from the other classes instead.
    With `groups_N`, a number per image, images of a group count as one, with the class of the first.
    """
    from sklearn.model_selection import StratifiedKFold

    if groups_N is not None:
        _, first, group_N = np.unique(groups_N, return_index=True, return_inverse=True)
        whole: Whole = folds_of(targets_N[first], seed)[group_N]
        return whole
    fold_N = np.full(len(targets_N), UNSEEN, dtype=np.int64)
    counts = np.bincount(targets_N)
    several = np.flatnonzero(counts[targets_N] > 1)
    if not len(several):
        return fold_N
    splitter = StratifiedKFold(min(FOLDS, int(counts.max())), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(several, targets_N[several])):
            fold_N[several[held_out]] = fold
    return fold_N


def groups_of(samples: Sequence[Sample]) -> Whole | None:
    """A number per image, the same for images that belong together; None if no two do."""
    numbers: dict[str, int] = {}
    group_N = [numbers.setdefault(sample.group or f"\0{place}", place) for place, sample in enumerate(samples)]
    return np.array(group_N, dtype=np.int64) if len(numbers) < len(samples) else None
