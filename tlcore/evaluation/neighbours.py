"""The images that are most alike, by the cosine similarity of their features. Exact: each is compared with all.

N images, Q queries, D features, K neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
BLOCK_VALUES = 1 << 22  # similarities in memory at once, 16 MB


class Nearest(NamedTuple):
    positions_QK: npt.NDArray[np.int64]
    """Rows of the images, the most similar first; of equally similar ones the first row. -1 where there is none."""
    similarity_QK: Rows
    """Cosines in -1 to 1; NaN where there is none."""


class Neighbour(NamedTuple):
    id: str
    similarity: float
    """Cosine in -1 to 1."""


def unit_rows(values_ND: Rows) -> Rows:
    """The rows scaled to length 1, so that a product of two is the cosine; a row of zeros stays one."""
    length_N = np.linalg.norm(values_ND, axis=1, keepdims=True)
    scaled: Rows = (values_ND / np.where(length_N > 0, length_N, 1)).astype(np.float32, copy=False)
    return scaled


def nearest(
    unit_ND: Rows, queries_Q: npt.NDArray[np.int64], count: int, among_N: npt.NDArray[np.bool_] | None = None
) -> Nearest:
    """The `count` rows that are most similar to each of the queried rows, without the row itself.

    `unit_ND` is from `unit_rows`; `among_N` says which rows may be neighbours.
    """
    images = len(unit_ND)
    kept = min(count, images)
    positions_QK = np.full((len(queries_Q), count), -1, dtype=np.int64)
    similarity_QK = np.full((len(queries_Q), count), np.nan, dtype=np.float32)
    at_once = max(1, BLOCK_VALUES // max(images, 1))
    for start in range(0, len(queries_Q), at_once):
        block = queries_Q[start : start + at_once]
        similar_BN = unit_ND[block] @ unit_ND.T
        if among_N is not None:
            similar_BN[:, ~among_N] = -np.inf
        similar_BN[np.arange(len(block)), block] = -np.inf
        for row, similar_N in enumerate(similar_BN, start):
            best = np.argpartition(-similar_N, kept - 1)[:kept] if kept < images else np.arange(images)
            best = best[np.lexsort((best, -similar_N[best]))]
            best = best[similar_N[best] > -np.inf]
            positions_QK[row, : len(best)] = best
            similarity_QK[row, : len(best)] = similar_N[best]
    return Nearest(positions_QK, similarity_QK)


@dataclass(frozen=True, eq=False)
class Likeness:
    """The features of a dataset's images, to ask what is most like one of them."""

    ids: tuple[str, ...]
    unit_ND: Rows
    """A row per id, from `unit_rows`."""

    @cached_property
    def _row(self) -> Mapping[str, int]:
        return {name: row for row, name in enumerate(self.ids)}

    def __contains__(self, sample_id: str) -> bool:
        return sample_id in self._row

    def most_like(
        self, sample_ids: Sequence[str], count: int, among: Sequence[str] | None = None
    ) -> list[list[Neighbour]]:
        """For each image the `count` most similar ones, the most similar first; with `among`, only such. An image that
        is not its own neighbour, and one without features has none."""
        allowed_N = None
        if among is not None:
            allowed_N = np.zeros(len(self.ids), dtype=bool)
            allowed_N[[self._row[name] for name in among if name in self._row]] = True
        known = [name for name in sample_ids if name in self._row]
        found = nearest(self.unit_ND, np.array([self._row[name] for name in known], dtype=np.int64), count, allowed_N)
        result = {
            name: [
                Neighbour(self.ids[position], float(similarity))
                for position, similarity in zip(positions, similarities, strict=True)
                if position >= 0
            ]
            for name, positions, similarities in zip(known, *found, strict=True)
        }
        return [result.get(name, []) for name in sample_ids]
