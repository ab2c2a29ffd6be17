"""Which image was in which split, as a CSV of `path,label,split`. A run stores it to restore its splits later."""

import csv
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tlcore.data.dataset import SPLITS, Dataset, in_order
from tlcore.errors import DatasetChanged
from tlcore.system.files import write_atomic

_HEADER = ["path", "label", "split"]


def samples_table(dataset: Dataset) -> list[tuple[str, str, str]]:
    """Rows of (path, label, split), in the order of the samples."""
    return [(sample.id, dataset.classes[sample.target], sample.split) for sample in dataset.samples]


def samples_csv(dataset: Dataset) -> bytes:
    """The rows of `samples_table` as CSV in UTF-8 with a header. Such a file can itself be opened as a table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(samples_table(dataset))
    return text.getvalue().encode()


def save_samples(dataset: Dataset, path: Path) -> None:
    """Write `samples_csv` to a file."""
    content = samples_csv(dataset)
    write_atomic(path, lambda file: file.write(content))


def restore_splits(dataset: Dataset, path: Path) -> Dataset:
    """For a dataset with made splits: give each sample the split that an earlier `save_samples` recorded.

    Samples that are not in the record are left out, with a note. A dataset with its own splits is returned unchanged.
    Raises DatasetChanged if the record cannot be read or contains none of the samples.
    """
    if not dataset.made_splits:
        return dataset
    recorded = _load_splits(path)
    kept = [replace(s, split=recorded[s.id]) for s in dataset.samples if s.id in recorded]
    if not kept:
        raise DatasetChanged(
            f"None of the images recorded in {path} is in {dataset.name} now. Open the dataset it names."
        )
    notes = [*dataset.notes, f"Which image is in which split was taken over from {path.name}."]
    new, gone = len(dataset.samples) - len(kept), len(recorded) - len(kept)
    if new:
        notes.append(f"Left out, because they are not in the record: {new} images.")
    if gone:
        notes.append(f"In the record, but no longer in the dataset: {gone} images.")
    return replace(dataset, samples=in_order(kept), notes=tuple(notes))


def _load_splits(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            splits = {row["path"]: row["split"] for row in csv.DictReader(file)}
    except OSError as error:
        raise DatasetChanged(f"Cannot read the recorded splits in {path}: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error, KeyError):
        raise DatasetChanged(f"{path} is not a record of splits: expected is CSV with {','.join(_HEADER)}.") from None
    unknown = set(splits.values()) - set(SPLITS)
    if unknown:
        raise DatasetChanged(f"{path} names a split that does not exist. Known are: {', '.join(SPLITS)}.")
    return splits


def load_counts(path: Path) -> dict[str, Counter[str]]:
    """Images per split and class name in a recorded file; empty if it cannot be read."""
    counts: dict[str, Counter[str]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                counts.setdefault(row["split"], Counter())[row["label"]] += 1
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return {}
    return counts
