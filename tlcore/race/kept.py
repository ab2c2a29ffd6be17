"""Keeps the predictions of each candidate, so that the same race again reads no image: a bounded folder.

Times are not kept: those of two candidates can be compared only if they were measured one after the other.
"""

import functools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.evaluation.folds import UNSEEN, Whole
from tlcore.system.cache import DiskCache, digest_key
from tlcore.system.records import read_record
from tlcore.training.inputs.features import FeatureRequest, Trunk
from tlcore.training.plan import Plan

WHAT = "a result of a race"
MAX_ENTRIES = 512
MAX_BYTES = 256 << 20
LARGEST = 64 << 20
_NOT_PART = {"data", "model", "train_transform", "eval_transform", "workers", "device", "precision", "report_every"}
"""Settings that the key of a result leaves out: they change nothing, or are in the keys of the features."""


class Kept(BaseModel):
    """The predictions for one candidate. Images are in the order of the race's samples."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    predicted: list[Annotated[int, Field(ge=UNSEEN)]]
    """The class of each image as a head says that has not seen it; UNSEEN if there is none."""
    skipped: dict[Annotated[int, Field(ge=0)], str]
    """Position of each image that cannot be used -> the reason."""


def result_key(plan: Plan, trunk: Trunk, requests: list[FeatureRequest], fold_N: Whole) -> str:
    """Depends on the features, the labels, the folds and the settings of the head."""
    targets = [sample.target for request in requests for sample in request.samples]
    settings = plan.config.model_dump_json(exclude=_NOT_PART)
    features = [request.key(trunk) for request in requests]
    return digest_key("2", *features, repr(targets), repr(fold_N.tolist()), str(len(plan.dataset.classes)), settings)


def load_kept(key: str, images: int) -> Kept | None:
    """The result under this key; None if there is none, or it is damaged."""
    return _cache().load(key, functools.partial(_read, images=images))


def save_kept(key: str, kept: Kept) -> None:
    _cache().save(key, lambda file: file.write(kept.model_dump_json().encode()))


def _read(path: Path, images: int) -> Kept:
    kept = read_record(path, Kept, WHAT, max_bytes=LARGEST)
    if len(kept.predicted) != images or any(position >= images for position in kept.skipped):
        raise RecordError(f"{path} is not {WHAT}: it is about other images.")
    return kept


def _cache() -> DiskCache:
    return DiskCache("race", ".json", max_entries=MAX_ENTRIES, max_bytes=MAX_BYTES)
