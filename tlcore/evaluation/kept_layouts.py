"""Layouts of the images of a dataset, kept on disk under the key of their features. No torch here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlcore.data.dataset import SPLITS, Dataset
from tlcore.errors import RecordError
from tlcore.evaluation.layout import Values
from tlcore.system.cache import DiskCache

if TYPE_CHECKING:
    import pandas as pd

_CACHE = DiskCache("layouts", ".npz", max_entries=200, max_bytes=500_000_000)


@dataclass(frozen=True)
class PlacedImages:
    ids: tuple[str, ...]
    places_N2: Values
    variance: tuple[float, ...] = ()
    """As in Layout."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Id of each image that has no place -> why."""


def load_layout(key: str) -> PlacedImages | None:
    """The layout under this key; None if it is not kept any more, or damaged."""
    return _CACHE.load(key, _read)


def save_layout(key: str, placed: PlacedImages) -> None:
    parts = {"ids": placed.ids, "skipped": dict(placed.skipped), "variance": placed.variance}
    told = np.frombuffer(json.dumps(parts).encode(), dtype=np.uint8)
    _CACHE.save(key, lambda file: np.savez(file, places=placed.places_N2, told=told))


def map_table(dataset: Dataset, placed: PlacedImages) -> "pd.DataFrame":
    """Per image of the dataset that has a place: `id`, `split`, `class` (a categorical), and its place `x` and `y`."""
    import pandas as pd

    rows = {name: row for row, name in enumerate(placed.ids)}
    samples = [sample for sample in dataset.samples if sample.id in rows]
    places_N2 = placed.places_N2[[rows[sample.id] for sample in samples]]
    targets = np.array([sample.target for sample in samples], dtype=np.int64)
    return pd.DataFrame(
        {
            "id": pd.Series([sample.id for sample in samples], dtype=object),
            "split": pd.Categorical([sample.split for sample in samples], categories=list(SPLITS)),
            "class": pd.Categorical.from_codes(targets, categories=pd.Index(dataset.classes, dtype=object)),
            "x": places_N2[:, 0],
            "y": places_N2[:, 1],
        }
    )


def _read(path: Path) -> PlacedImages:
    with np.load(path, allow_pickle=False) as content:
        places, told = content["places"], json.loads(content["told"].tobytes())
    ids = tuple(told["ids"])
    if places.shape != (len(ids), 2):
        raise RecordError(f"{path} has {len(ids)} images for places of shape {places.shape}.")
    return PlacedImages(ids, places, tuple(told["variance"]), told["skipped"])
