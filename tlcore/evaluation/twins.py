"""Test images that have a twin in train, and how much of the accuracy is owed to them.

A twin is an image with equal pixels or, by the scan of the dataset, nearly the same one. What was found is kept by the
fingerprint of a run's dataset, so that showing it needs neither the images nor the scan.
"""

import functools
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from tlcore.data.dataset import Dataset
from tlcore.errors import DatasetChanged
from tlcore.evaluation.metrics import Accuracy, accuracy_of
from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.run import Run
from tlcore.system.cache import DiskCache, digest_key
from tlcore.system.records import read_record
from tlcore.words import bounds, count, percent, points

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.data.health.scan import ScanProgress

FEW = 10
"""With fewer images on one side, a difference says little whatever it is."""
_LARGEST = 64 << 20
_CACHE = DiskCache("twins", ".json", max_entries=500, max_bytes=256 << 20)


class Twins(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    ids: frozenset[str]
    """Images in val and test with a twin in train."""


@dataclass(frozen=True)
class TwinAccuracy:
    """An accuracy, and how much of it is owed to the images with a twin in train."""

    whole: Accuracy
    twins: int
    """Images with a twin in train."""
    without: Accuracy | None
    """On the others; None if all have a twin."""
    difference: float
    """`whole` minus `without`."""
    low: float
    """The 95 % interval of the difference, from `low` to `high`; both 0 without twins."""
    high: float


def load_twins(run: Run) -> Twins | None:
    """What was found for the images, labels and splits of this run; None if nobody has looked yet."""
    read = functools.partial(read_record, kind=Twins, what="a record of twins", max_bytes=_LARGEST)
    return _CACHE.load(_key(run), read)


def find_twins(run: Run) -> "Generator[ScanProgress, None, Twins]":
    """Look for twins, and keep what was found. Reads every image that the cache has no scan of.

    Raises DatasetChanged if the images are no longer those of the run, and DataError if they are gone.
    """
    from tlcore.data.health.scan import scan
    from tlcore.runs.restore import reopen_dataset

    dataset, changed = reopen_dataset(run)
    if changed:
        raise DatasetChanged(f"{changed[0]} Which of them had a twin in train can no longer be found out.")
    return _keep(run, (yield from scan(dataset)))


def note_twins(run: Run, dataset: Dataset) -> None:
    """The same for a dataset that is open and unchanged, if that needs no look at its images."""
    from tlcore.data.health.kept_scans import has_scan

    if load_twins(run) is not None or not has_scan(dataset):
        return
    from tlcore.data.health.scan import load_scan  # with pandas, which takes longer to import than an evaluation

    if (table := load_scan(dataset)) is not None:
        _keep(run, table)


def twins_in(table: "pd.DataFrame") -> Twins:
    """The images in val and test of a scan that have a twin in train."""
    from tlcore.data.health.alike import alike_numbers

    numbers, train = alike_numbers(table), (table["split"] == "train").to_numpy()
    seen = np.unique(numbers[train & (numbers >= 0)])
    return Twins(ids=frozenset(table["id"][~train & np.isin(numbers, seen)]))


def twin_accuracy(evaluation: Evaluation, epoch: int, twins: Twins) -> TwinAccuracy:
    """The accuracy of an epoch on the report split, with and without the images that have a twin in train."""
    right_N = evaluation.right_EN[evaluation.epochs.index(epoch)]
    twin_N = np.array([image in twins.ids for image in evaluation.sample_ids], dtype=bool)
    whole = evaluation.accuracy(epoch)
    if not twin_N.any():
        return TwinAccuracy(whole, 0, whole, 0.0, 0.0, 0.0)
    if twin_N.all():
        return TwinAccuracy(whole, len(twin_N), None, 0.0, 0.0, 0.0)
    of_twins, others = accuracy_of(right_N[twin_N]), accuracy_of(right_N[~twin_N])
    share = float(twin_N.mean())
    low, high = difference_interval(of_twins, others)
    return TwinAccuracy(whole, int(twin_N.sum()), others, whole.value - others.value, share * low, share * high)


def difference_interval(first: Accuracy, second: Accuracy) -> tuple[float, float]:
    """The 95 % interval of first minus second, as fractions, for accuracies on different images.

    Source: Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10, which
    combines two Wilson intervals.
    """
    difference = first.value - second.value
    below = np.hypot(first.value - first.low, second.high - second.value)
    above = np.hypot(first.high - first.value, second.value - second.low)
    return float(difference - below), float(difference + above)


def twin_words(found: TwinAccuracy, split: str) -> str:
    """How many images have a twin in train, what the accuracy is without them, and whether the difference matters."""
    if not found.twins:
        return f"No {split} image has a twin in train, so none of the accuracy is owed to one."
    have = "has" if found.twins == 1 else "have"
    start = f"{count(found.twins)} of {count(found.whole.total)} {split} images {have} a twin in train"
    if found.without is None:
        return f"{start}: this accuracy says nothing about new images."
    start = (
        f"{start}, the same image or nearly the same. Without {'it' if found.twins == 1 else 'them'} the accuracy is "
        f"{percent(found.without.value)} ({bounds(found.without.low, found.without.high)}) instead of "
        f"{percent(found.whole.value)}"
    )
    if round(1000 * found.difference) == 0:
        start += ", hardly a difference"
    else:
        start += f", {points(abs(found.difference))} {'lower' if found.difference > 0 else 'higher'}"
    interval = f"95 % interval of the difference {100 * found.low:.1f} to {100 * found.high:.1f} points"
    if found.low > 0:
        return f"{start} ({interval}). This matters: believe the accuracy without them."
    few = min(found.twins, found.without.total)
    if few < FEW:
        which = "with a twin" if found.twins == few else "without one"
        return (
            f"{start} ({interval}). {count(few, 'image')} {which} {'is' if few == 1 else 'are'} too few to tell more."
        )
    return f"{start} ({interval}). Chance alone can do that much."


def _keep(run: Run, table: "pd.DataFrame") -> Twins:
    twins = twins_in(table)
    _CACHE.save(_key(run), lambda file: file.write(twins.model_dump_json().encode()))
    return twins


def _key(run: Run) -> str:
    from tlcore.data.health.measures import VERSION

    return digest_key(str(VERSION), run.info.dataset.fingerprint)
