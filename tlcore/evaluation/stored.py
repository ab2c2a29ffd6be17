"""Read stored evaluations in milliseconds: without torch, and without opening the dataset.

`predictions/SPLIT/index.json` records the checkpoint file, by size and time, that the logits of each epoch came from.
Whether the images are unchanged is not checked here: `evaluate_run` checks every one.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from tlcore.data.dataset import Skipped
from tlcore.errors import RecordError
from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.layout import METRICS_FILE, checkpoint_path, frozen_path, predictions_path
from tlcore.runs.folder.predictions import load_predictions
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.writing import write_json_in
from tlcore.system.records import read_record
from tlcore.training.history import best_epoch

Stamp = tuple[int, int, int, int]
"""Size and mtime in ns of a checkpoint, then of the frozen part that all checkpoints share."""


class Entry(BaseModel):
    """The index entry of one checkpoint file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stamp: Stamp
    weights: str = ""
    """Digest of the whole network's values."""
    key: str = ""
    """The `runs.folder.predictions.predictions_key` of the stored logits."""
    engine: str = ""
    """The engine that computed the logits, in words. Empty: not recorded, as for those that validation computed."""
    error: str = ""
    """Why the checkpoint cannot be read; empty if it can."""


class Index(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: dict[int, Entry] = {}
    skipped: tuple[tuple[str, str], ...] = Field((), validation_alias=AliasChoices("skipped", "left_out"))
    """(sample id, reason)."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    evaluation: Evaluation | None
    """None if no epoch has stored logits."""
    missing: tuple[int, ...]
    """Epochs with a checkpoint that is not evaluated yet."""


def load_stored(run: Run, split: str | None = None) -> Stored:
    """The stored part of the evaluation on a split, by default the report split, and the epochs that are missing."""
    split = split or run.report_split
    index = load_index(run, split)
    predictions, damaged, missing = {}, [], []
    for epoch in run.epochs():
        entry = index.epochs.get(epoch)
        if entry is None or entry.stamp != checkpoint_stamp(run, epoch):
            missing.append(epoch)
        elif entry.error:
            damaged.append(f"Epoch {epoch} is left out: {entry.error}")
        elif (found := load_predictions(run.path, split, epoch, entry.key)) is not None:
            predictions[epoch] = found
        else:
            missing.append(epoch)
    if not predictions:
        return Stored(None, tuple(missing))
    history = [record for record in run.history() if record.epoch in predictions]
    evaluation = Evaluation(
        split=split,
        predictions=predictions,
        best_by_val=best_epoch(history) if history else min(predictions),
        skipped=tuple(Skipped(*image) for image in index.skipped),
        notices=(*index.notices, *damaged),
        engines=tuple(dict.fromkeys(filter(None, (index.epochs[epoch].engine for epoch in predictions)))),
    )
    return Stored(evaluation, tuple(missing))


def load_index(run: Run, split: str | None = None) -> Index:
    """The index of a split, by default of the report split; empty if there is none or it is damaged, which only costs
    time."""
    try:
        return read_record(_index_path(run, split or run.report_split), Index, "an index of evaluations")
    except (FileNotFoundError, RecordError):
        return Index()


def save_index(run: Run, split: str, index: Index) -> None:
    write_json_in(run.path, _index_path(run, split), index.model_dump(mode="json"))


def checkpoint_stamp(run: Run, epoch: int) -> Stamp:
    """The stamp of a checkpoint. Zeros mean that a file does not exist."""
    return (*_stamp(checkpoint_path(run.checkpoints, epoch)), *_stamp(frozen_path(run.checkpoints)))


def stored_version(run: Run, split: str | None = None) -> str:
    """A short text that changes whenever `load_stored` might return something else. Caches use it as their key."""
    split = split or run.report_split
    files = [_index_path(run, split), run.path / METRICS_FILE]
    for epoch in run.epochs():
        files += [checkpoint_path(run.checkpoints, epoch), predictions_path(run.path, split, epoch)]
    return hashlib.blake2b(repr([_stamp(file) for file in files]).encode(), digest_size=8).hexdigest()


def _index_path(run: Run, split: str) -> Path:
    return run.path / "predictions" / split / "index.json"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
