"""Which split each group of images goes to, so that images that belong together stay together.

G groups, C classes.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

FOLDS = 20
"""Splits are put together from so many folds. With fewer groups, a fold is one group."""
MOST_BUNDLES = 300
"""More groups than this are bundled: the folds take 0.1 ms per bundle and fold, and so many are fine enough."""

Counts = npt.NDArray[np.int64]


def place_groups(images: Sequence[tuple[str, str | None]], fractions: Mapping[str, float], seed: int) -> dict[str, str]:
    """The split of each group of at least two images: one of `fractions`, or `train`. Images are (class, group).

    scikit-learn's StratifiedGroupKFold makes folds with about the same share of every class. Each split takes the folds
    that bring it closest to its fraction of every class, and of the whole; images without a group can fill it up later.
    Every class keeps an image in `train`, so the only group of a class stays there. Depends on the seed, the names and
    the sizes of groups, not on the order of the images.
    """
    sizes = Counter(group for _, group in images if group)
    groups = sorted(group for group, size in sizes.items() if size > 1)
    classes = sorted({label for label, _ in images})
    row, column = ({name: place for place, name in enumerate(names)} for names in (groups, classes))
    counts_GC = np.zeros((len(groups), len(classes)), np.int64)
    single_C = np.zeros(len(classes), np.int64)
    for label, group in images:
        if group in row:
            counts_GC[row[group], column[label]] += 1
        else:
            single_C[column[label]] += 1
    only_C = (counts_GC > 0).sum(0) + single_C == 1
    movable = np.flatnonzero(~(counts_GC[:, only_C] > 0).any(1))
    placed = dict.fromkeys(groups, "train")
    folds = [movable[fold] for fold in _folds(counts_GC[movable], seed)]
    train_C = counts_GC.sum(0) + single_C
    total_C = train_C.copy()
    for split, fraction in fractions.items():
        for fold in _closest(folds, counts_GC, total_C, train_C, single_C, fraction):
            folds = [other for other in folds if other is not fold]
            train_C = train_C - counts_GC[fold].sum(0)
            placed |= {groups[group]: split for group in fold}
    return placed


def only_groups(images: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """The classes whose images are all in one group, with that group. Images are (class, group)."""
    found: dict[str, set[str | None]] = {}
    for label, group in images:
        found.setdefault(label, set()).add(group)
    return {label: group for label, (group, *others) in found.items() if group and not others}


def _folds(counts_GC: Counts, seed: int) -> list[npt.NDArray[np.int64]]:
    """The rows of each fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    bundle_G = _bundles(counts_GC, seed)
    counts_BC = np.zeros((bundle_G.max(initial=-1) + 1, counts_GC.shape[1]), np.int64)
    np.add.at(counts_BC, bundle_G, counts_GC)
    folds = min(FOLDS, len(counts_BC), int(counts_BC.sum(0).max(initial=0)))
    if folds < 2:
        return [np.array([group]) for group in range(len(counts_GC))]
    bundles, classes = np.nonzero(counts_BC)
    images = counts_BC[bundles, classes]
    bundle_N, class_N = np.repeat(bundles, images), np.repeat(classes, images)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        held_out = [np.unique(bundle_N[rows]) for _, rows in splitter.split(bundle_N, class_N, bundle_N)]
    return [np.flatnonzero(np.isin(bundle_G, fold)) for fold in held_out if len(fold)]


def _bundles(counts_GC: Counts, seed: int) -> npt.NDArray[np.int64]:
    """The bundle of each group, from 0. Groups of one main class go to different bundles, in turn."""
    order_G = np.lexsort((np.random.default_rng(seed).random(len(counts_GC)), counts_GC.argmax(1)))
    bundle_G = np.empty(len(counts_GC), np.int64)
    bundle_G[order_G] = np.arange(len(counts_GC)) % MOST_BUNDLES
    return bundle_G


def _closest(
    folds: list[npt.NDArray[np.int64]],
    counts_GC: Counts,
    total_C: Counts,
    train_C: Counts,
    single_C: Counts,
    fraction: float,
) -> list[npt.NDArray[np.int64]]:
    """The folds for one split: always the one that helps most, as long as one helps."""
    taken: list[npt.NDArray[np.int64]] = []
    got_C = np.zeros_like(total_C)
    left = list(folds)

    def miss(candidate_C: Counts) -> float:
        """How far from the wish. A class that is not there counts most, unless single images can make up for it."""
        share_C = candidate_C / total_C
        lacking_C = (candidate_C == 0) & (single_C <= 1)
        whole = candidate_C.sum() / total_C.sum()
        return float((np.abs(share_C - fraction) + lacking_C).mean() + abs(whole - fraction))

    while left:
        sums = [counts_GC[fold].sum(0) for fold in left]
        allowed = [place for place, sum_C in enumerate(sums) if ((train_C - got_C - sum_C) > 0).all()]
        if not allowed:
            break
        best = min(allowed, key=lambda place: miss(got_C + sums[place]))
        if miss(got_C + sums[best]) >= miss(got_C):
            break
        got_C = got_C + sums[best]
        taken.append(left.pop(best))
    return taken
