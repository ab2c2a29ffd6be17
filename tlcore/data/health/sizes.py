"""Heights and widths of a dataset's images, from its scan if there is one, else from a sample of its files."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tlcore.data.dataset import Dataset, Sample
from tlcore.data.health.scan import load_scan
from tlcore.data.pixels.images import upright_size
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import UnreadableImage

SAMPLE = 500
"""Number of images read if there is no scan: their files are read whole, though only their headers are decoded."""


def image_sizes(dataset: Dataset, split: str = "train", at_most: int = 2000) -> pd.DataFrame:
    """Columns `height` and `width` in px, of upright readable images; an evenly spaced sample if the split has more."""
    table = load_scan(dataset)
    if table is not None:
        known = table[(table["split"] == split) & (table["reason"] == "")][["height", "width"]]
        return known.iloc[_even(len(known), at_most)].reset_index(drop=True)
    samples = dataset.split(split)
    picked = [samples[index] for index in _even(len(samples), min(at_most, SAMPLE))]
    return pd.DataFrame(list(_read_sizes(dataset, picked)), columns=["height", "width"], dtype=np.int64)


def _even(count: int, at_most: int) -> list[int]:
    return np.unique(np.linspace(0, count - 1, min(count, at_most)).astype(int)).tolist() if count else []


def _read_sizes(dataset: Dataset, samples: list[Sample]) -> Iterator[tuple[int, int]]:
    source = dataset.source
    for sample in samples:
        try:
            if isinstance(source, FileSource):
                width, height = upright_size(source.read(sample.id))
            else:
                width, height = source.decode(sample.id).image.size
        except UnreadableImage:
            continue
        yield height, width
