"""Find images that are nearly the same: re-encoded, brightened, converted to grey, mirrored, slightly cropped.

Pairs are candidates if their perceptual hashes differ in only a few bits; a comparison of small grey copies confirms
them. How similar two images must be depends on how similar the dataset's images are in general: two different
photographs are never close, two handwritten digits are.

Blind spots, measured with 25 copies each among 343 photographs: rotated by 90 degrees or 20 % cropped, none found;
10 % cropped or a white border of 8 %, 5 of 25; a caption, 3; rotated by 3 degrees, 16. There was no false pair.

N images, P pairs, K pixels of a grey copy, R regressors.
"""

from collections.abc import Generator, Iterator

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tlcore.data.health.measures import LIKENESS_PX, perceptual_hash
from tlcore.system.drive import relay

Hashes = npt.NDArray[np.uint64]
Likenesses = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.int64]
"""Row numbers of pairs, shape (P, 2)."""
Floats = npt.NDArray[np.float64]

MAX_DISTANCE = 12
"""Most bits of a hash that may differ. Measured on 447 photographs: none of 100,000 pairs of different ones is that
close, and 95 % of the pairs with 5 % cropped are."""

MAX_MISFIT = 0.4
"""Measured on the same photographs: for different ones whose hashes differ in up to 16 bits, the lowest misfit is 1.2;
for copies that are 5 % cropped, re-encoded and brightened, 95 % of the misfits are below 0.33."""

ALIKE = 0.3
"""This factor times the square of the 5 % quantile of the misfits of different pairs of a class is the limit if it is
lower. For photographs (1.3) it is not; for handwritten digits (0.05) it accepts 1 of 1,600,000 different pairs."""

MAX_PAIRS = 300_000
"""Most candidate pairs that are compared. If there are more, fewer bits may differ."""

EXHAUSTIVE = 120_000
"""With at most this many images every pair is compared: 2 to 4 s for 60,000. With more, two images must share a
quarter of the hash."""

_CONTRAST_CHANGE = 1.8  # at most; else a dark corner would fit any bright one
# Blurs along one axis: after the first, a shift by one pixel is a small change; the second removes all details
_FINE, _COARSE = (gaussian_filter1d(np.eye(LIKENESS_PX), sigma_px, axis=0) for sigma_px in (0.7, 2.0))
_USUAL_PAIRS = 4_000
_BLOCK_PAIRS = 64


def near_duplicate_groups(
    hash_N: Hashes, grey_NHW: Likenesses, class_N: npt.NDArray[np.int64]
) -> Generator[float, None, npt.NDArray[np.int64]]:
    """Number the groups of images that are nearly the same; -1 for an image without a near duplicate.

    `class_N` is used to measure how similar different images are. Yields the fraction done, in 0-1.
    """
    straight_P2 = yield from relay(_nominate(hash_N, hash_N), lambda share: [0.3 * share])
    mirrored_P2 = np.empty((0, 2), np.int64)
    if len(hash_N) <= EXHAUSTIVE:
        mirror_N = perceptual_hash(grey_NHW[:, :, ::-1])
        mirrored_P2 = yield from relay(_nominate(hash_N, mirror_N), lambda share: [0.3 + 0.3 * share])
    total = len(straight_P2) + len(mirrored_P2)
    if not total:
        return np.full(len(hash_N), -1)
    limit = min(MAX_MISFIT, ALIKE * _usual_misfit(hash_N, grey_NHW, class_N) ** 2)
    confirmed: list[Pairs] = []
    done = 0
    for pairs_P2, mirrored in ((straight_P2, False), (mirrored_P2, True)):
        for start in range(0, len(pairs_P2), _BLOCK_PAIRS):
            block_P2 = pairs_P2[start : start + _BLOCK_PAIRS]
            confirmed.append(block_P2[misfit(grey_NHW, block_P2, mirrored=mirrored) <= limit])
            done += len(block_P2)
            yield 0.6 + 0.4 * done / total
    return _number_groups(np.concatenate(confirmed), len(hash_N))


def misfit(grey_NHW: Likenesses, pairs_P2: Pairs, *, mirrored: bool = False) -> Floats:
    """How badly one image explains the other or its mirror image; the better direction counts. 0: perfectly.

    The model is a change of brightness and contrast and a small shift and stretch along each axis, to first order as in
    one step of Lucas and Kanade (1981), fitted by linear regression. The misfit is the larger of two values: three
    times the unexplained fraction of the variance, and the unexplained fraction of the variance in the details.
    """
    first, second = (_FINE @ (grey_NHW[side] / 255.0) @ _FINE.T for side in pairs_P2.T)
    if mirrored:
        second = second[:, :, ::-1]
    return np.minimum(_left_over(first, second), _left_over(second, first))


def _left_over(image_PHW: Floats, other_PHW: Floats) -> Floats:
    slope_y, slope_x = np.gradient(image_PHW, axis=(1, 2))
    along = np.linspace(-1, 1, image_PHW.shape[-1])
    regressors = np.stack([image_PHW, slope_x, slope_x * along, slope_y, slope_y * along[:, None]], axis=1)
    parts_PRK = _centred(regressors.reshape(*regressors.shape[:2], -1))
    other_PK = _centred(other_PHW.reshape(len(other_PHW), -1))
    steady_RR = 1e-9 * np.eye(parts_PRK.shape[1])  # an image of a single grey has no gradients
    weights_PR1 = np.linalg.solve(parts_PRK @ parts_PRK.transpose(0, 2, 1) + steady_RR, parts_PRK @ other_PK[..., None])
    rest_PK = other_PK - (weights_PR1.transpose(0, 2, 1) @ parts_PRK)[:, 0]
    whole = _energy(rest_PK) / np.maximum(_energy(other_PK), 1e-9)
    fine = _energy(_details(rest_PK)) / np.maximum(_energy(_details(other_PK)), 1e-9)
    contrast_P = weights_PR1[:, 0, 0]
    plausible = (contrast_P > 1 / _CONTRAST_CHANGE) & (contrast_P < _CONTRAST_CHANGE)
    return np.where(plausible, np.maximum(3 * whole, fine), np.inf)


def _centred(values: Floats) -> Floats:
    result: Floats = values - values.mean(axis=-1, keepdims=True)
    return result


def _details(image_PK: Floats) -> Floats:
    image_PHW = image_PK.reshape(len(image_PK), *_COARSE.shape)
    details: Floats = image_PHW - _COARSE @ image_PHW @ _COARSE.T
    return details.reshape(image_PK.shape)


def _energy(values_PK: Floats) -> Floats:
    energy: Floats = (values_PK**2).sum(axis=1)
    return energy


def _usual_misfit(hash_N: Hashes, grey_NHW: Likenesses, class_N: npt.NDArray[np.int64]) -> float:
    """The 5 % quantile of the misfits of random pairs of one class, without the candidate pairs."""
    draw = np.random.default_rng(0)
    by_class = np.argsort(class_N, kind="stable")
    start_N = np.searchsorted(class_N[by_class], class_N)
    size_N = np.bincount(class_N)[class_N]
    first_P = draw.integers(0, len(hash_N), _USUAL_PAIRS)
    second_P = by_class[start_N[first_P] + draw.integers(0, size_N[first_P])]
    different = np.bitwise_count(hash_N[first_P] ^ hash_N[second_P]) > MAX_DISTANCE
    pairs_P2 = np.stack([first_P[different], second_P[different]], axis=1)
    if not len(pairs_P2):
        return 0.0
    starts = range(0, len(pairs_P2), _BLOCK_PAIRS)
    misfits = np.concatenate([misfit(grey_NHW, pairs_P2[start : start + _BLOCK_PAIRS]) for start in starts])
    return float(np.quantile(misfits, 0.05, method="lower"))


def _nominate(hash_N: Hashes, other_N: Hashes) -> Generator[float, None, Pairs]:
    """Pairs where the hash of the first image and the other hash of the second, a later one, differ in at most
    MAX_DISTANCE bits. If there are more than MAX_PAIRS, only the closest.

    Yields the fraction done.
    """
    limit, count = MAX_DISTANCE, 0
    found: list[Pairs] = [np.empty((0, 2), np.int64)]
    for share, rows in _neighbours(hash_N):
        close = np.bitwise_count(hash_N[rows[0]] ^ other_N[rows[1:]]) <= limit
        if close.any():
            others = rows[1:][close]
            found.append(np.stack([np.full(len(others), rows[0]), others], axis=1))
            count += len(others)
        while count > MAX_PAIRS and limit > 0:
            limit -= 1
            pairs_P2 = np.concatenate(found)
            found = [pairs_P2[np.bitwise_count(hash_N[pairs_P2[:, 0]] ^ other_N[pairs_P2[:, 1]]) <= limit]]
            count = len(found[0])
        if count > MAX_PAIRS:  # so many equal hashes: images without content
            break
        yield share
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)[:MAX_PAIRS]


def _neighbours(hash_N: Hashes) -> Iterator[tuple[float, npt.NDArray[np.int64]]]:
    """Yield a row with the later rows to compare it with, and the fraction done."""
    rows_N = np.arange(len(hash_N))
    if len(hash_N) <= EXHAUSTIVE:
        for row in range(len(hash_N) - 1):
            yield 1 - (1 - row / len(hash_N)) ** 2, rows_N[row:]
        return
    for quarter in range(4):
        key_N = (hash_N >> np.uint64(16 * quarter)) & np.uint64(0xFFFF)
        order_N = np.argsort(key_N, kind="stable")
        for bucket in np.split(order_N, np.flatnonzero(np.diff(key_N[order_N])) + 1):
            for start in range(len(bucket) - 1):
                yield quarter / 4, bucket[start:]


def _number_groups(pairs_P2: Pairs, count: int) -> npt.NDArray[np.int64]:
    """Numbers, from 0, of the connected components that the pairs form; -1 for a row without a pair."""
    graph = coo_array((np.ones(len(pairs_P2)), (pairs_P2[:, 0], pairs_P2[:, 1])), shape=(count, count))
    _, component_N = connected_components(graph, directed=False)
    paired = np.bincount(component_N, minlength=1)[component_N] > 1
    group_N = np.full(count, -1)
    group_N[paired] = np.unique(component_N[paired], return_inverse=True)[1]
    return group_N
