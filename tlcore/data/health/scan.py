"""Scan every image of a dataset into a table. It is cached, so that only new and changed images are read.

`measures` and `near_duplicates` define what is measured, `audit` what it means.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.dataset import SPLITS, Dataset, ImageSource
from tlcore.data.health.kept_scans import CACHE as _CACHE, scan_key
from tlcore.data.health.measures import LIKENESS_PX
from tlcore.data.health.measuring import measure_all
from tlcore.data.health.near_duplicates import near_duplicate_groups
from tlcore.system.drive import relay
from tlcore.words import CHANNELS

FLAT = 0.02
"""An image whose grey values (in 0-1) have a smaller standard deviation shows too little to be compared."""

_EVERY_S = 0.1  # shortest time between two progress reports
_FLOAT_COLUMNS = [f"{channel}_{figure}" for channel in CHANNELS for figure in ("mean", "std")]
_COLUMNS = [
    *("id", "stamp"),
    *("reason", "width", "height", "bytes", "format", "extension_agrees", "turned", "digest", "hash"),
    *_FLOAT_COLUMNS,
    *("brightness", "contrast", "dark", "bright", "near_group"),
]


@dataclass(frozen=True)
class ScanProgress:
    phase: str
    """`reading` the images, then `comparing` them."""
    done: int
    total: int
    """`done` of `total` images."""
    seconds_left: float
    """Time of this phase so far."""


def scan(dataset: Dataset) -> Generator[ScanProgress, None, pd.DataFrame]:
    """Measure every sample whose current state is not in the cache. Returns the table, one row per sample, in order.

    Columns: `id`, `split`, `class`, `group` as in `Sample`, those of `measures.measure`, and `near_group`: images that
    are nearly the same share a number, others have -1. A row with a `reason` could not be read.
    Images in another order, and a part of the images, need no new scan: other splits, or some left out.
    Closing the generator leaves the cache as it was.
    """
    wanted = _wanted(dataset)
    table = _chosen(_load(dataset), wanted)
    if table is None:
        table = yield from _measure(dataset, wanted)
        table["near_group"] = yield from _near_groups(table, dataset)
        _save(dataset, table)
    return _labelled(dataset, table)


def load_scan(dataset: Dataset) -> pd.DataFrame | None:
    """The table of an earlier `scan`; None if an image is new or has changed since."""
    table = _chosen(_load(dataset), _wanted(dataset))
    return None if table is None else _labelled(dataset, table)


def channel_statistics(table: pd.DataFrame) -> pd.DataFrame:
    """`mean` and `std` per `channel`, in 0-1, over all pixels of the readable images; each image has the same weight.

    This matches training, where images are resized to one size before they are normalised.
    """
    readable = table[table["reason"] == ""]
    rows = []
    for channel in CHANNELS:
        mean, std = readable[f"{channel}_mean"], readable[f"{channel}_std"]
        variance = (std**2 + mean**2).mean() - mean.mean() ** 2
        rows.append((channel, mean.mean(), np.sqrt(max(variance, 0))))
    return pd.DataFrame(rows, columns=["channel", "mean", "std"])


def _wanted(dataset: Dataset) -> pd.DataFrame:
    ids = [sample.id for sample in dataset.samples]
    return pd.DataFrame({"id": ids, "stamp": dataset.source.stamps(ids)})


def _chosen(table: pd.DataFrame | None, wanted: pd.DataFrame) -> pd.DataFrame | None:
    """The wanted rows of a cached table, in their order; None if one is not there.

    An image that resembled only images that are not wanted loses its `near_group`.
    """
    if table is None:
        return None
    if len(table) == len(wanted) and all((table[name] == wanted[name]).all() for name in wanted):
        return table
    rows = _keys(table).get_indexer(_keys(wanted))
    if (rows < 0).any():
        return None
    chosen = table.iloc[rows].reset_index(drop=True)
    alone = ~chosen["near_group"].duplicated(keep=False)
    return chosen.assign(near_group=chosen["near_group"].mask(alone, -1))


def _measure(dataset: Dataset, wanted: pd.DataFrame) -> Generator[ScanProgress, None, pd.DataFrame]:
    """The requested rows with their grey copies: from the cache, or measured now."""
    cached = _load(dataset, [*_COLUMNS, "grey"])
    rows = np.full(len(wanted), -1) if cached is None else _keys(cached).get_indexer(_keys(wanted))
    known, missing = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
    parts = [] if cached is None else [cached.iloc[rows[known]]]
    if len(missing):
        fresh = yield from _read(dataset.source, wanted["id"].iloc[missing].tolist())
        parts.append(pd.concat([wanted.iloc[missing].reset_index(drop=True), fresh], axis=1))
    order = np.argsort(np.concatenate([known, missing]))
    return pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)


def _keys(table: pd.DataFrame) -> pd.Index:
    return pd.Index(table["id"] + "\0" + table["stamp"])


def _read(source: ImageSource, ids: Sequence[str]) -> Generator[ScanProgress, None, pd.DataFrame]:
    blocks: list[pd.DataFrame] = []
    done, started = 0, time.perf_counter()
    for columns in measure_all(source, ids):
        blocks.append(pd.DataFrame(columns))
        done += len(blocks[-1])
        rate = done / (time.perf_counter() - started)
        yield ScanProgress("reading", done, len(ids), (len(ids) - done) / rate)
    return pd.concat(blocks, ignore_index=True)


def _near_groups(table: pd.DataFrame, dataset: Dataset) -> Generator[ScanProgress, None, npt.NDArray[np.int64]]:
    """`near_group` for every row. One image of each content is compared; its exact copies join its group."""
    targets = np.array([sample.target for sample in dataset.samples])
    compared = np.flatnonzero((table["contrast"] > FLAT) & ~table["digest"].duplicated())
    grey = np.frombuffer(b"".join(table["grey"].iloc[compared]), np.uint8).reshape(-1, LIKENESS_PX, LIKENESS_PX)
    comparing = near_duplicate_groups(table["hash"].to_numpy()[compared], grey, targets[compared])
    started = told = time.perf_counter()

    def tell(share: float) -> Iterator[ScanProgress]:
        nonlocal told
        now = time.perf_counter()
        if now - told > _EVERY_S:
            told = now
            left = (now - started) * (1 - share) / max(share, 0.01)
            yield ScanProgress("comparing", int(share * len(table)), len(table), left)

    groups = yield from relay(comparing, tell)
    group_of = dict(zip(table["digest"].iloc[compared], groups, strict=True))
    return np.array([group_of.get(digest, -1) for digest in table["digest"]], dtype=np.int64)


def _labelled(dataset: Dataset, table: pd.DataFrame) -> pd.DataFrame:
    """The table as callers get it, with the current split, class and group."""
    targets = np.array([sample.target for sample in dataset.samples])
    splits = np.array([SPLITS.index(sample.split) for sample in dataset.samples])
    labels = {
        "id": table["id"],
        "split": pd.Series(pd.Categorical.from_codes(splits, categories=pd.Index(SPLITS))),
        "class": pd.Series(pd.Categorical.from_codes(targets, categories=pd.Index(dataset.classes))),
        "group": pd.Series([sample.group for sample in dataset.samples], dtype="str"),
    }
    return pd.concat([pd.DataFrame(labels), table[_COLUMNS[2:]]], axis=1)


def _load(dataset: Dataset, columns: Sequence[str] = _COLUMNS) -> pd.DataFrame | None:
    """The cached rows for the place of the images, changed or not; None if there are none or they are damaged."""
    return _CACHE.load(scan_key(dataset), lambda path: pd.read_parquet(path, columns=list(columns)))


def _save(dataset: Dataset, table: pd.DataFrame) -> None:
    _CACHE.save(scan_key(dataset), lambda file: table.to_parquet(file, index=False, compression="lz4"))
