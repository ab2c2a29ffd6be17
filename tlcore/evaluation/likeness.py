"""Keep the features of a dataset's images in the form that asks quickly what is most like one of them.

They are computed by `keep_likeness`; `load_likeness` needs no torch, and reads a row only when it is compared.
"""

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlcore.errors import RecordError
from tlcore.evaluation.neighbours import Likeness, unit_rows
from tlcore.system.cache import DiskCache, digest_key

if TYPE_CHECKING:
    from tlcore.training.events import Progress
    from tlcore.training.plan import Plan

_ROWS = DiskCache("likeness", ".npy", max_entries=8, max_bytes=2_000_000_000)
_IDS = DiskCache("likeness-ids", ".json", max_entries=64)


def keep_likeness(plan: "Plan") -> "Generator[Progress, None, str]":
    """Yields Progress while features are computed, if necessary; returns the key for `load_likeness`.

    The features are those of the plan's network below its head, of every readable image of the plan's dataset. Raises
    DatasetInvalid if no image of a split can be read.
    """
    from tlcore.training.inputs.whole import plan_features
    from tlcore.training.plan import trunk_of

    ids = [sample.id for sample in plan.dataset.samples]
    digests = plan.dataset.source.digests(ids)
    key = digest_key("2", trunk_of(plan).digest(), plan.config.eval_transform.model_dump_json(), *ids, *digests)
    if load_likeness(key) is None:
        features = yield from plan_features(plan)
        kept = [sample.id for sample in features.samples]
        _ROWS.save(key, lambda file: np.save(file, unit_rows(features.values_ND)))
        _IDS.save(key, lambda file: file.write(json.dumps(kept).encode()))
    return key


def load_likeness(key: str) -> Likeness | None:
    """The one under this key; None if it is not kept any more, or damaged."""
    ids = _IDS.load(key, lambda path: tuple(json.loads(path.read_bytes())))
    if ids is None:
        return None
    return _ROWS.load(key, lambda path: _read(path, ids))


def _read(path: Path, ids: tuple[str, ...]) -> Likeness:
    unit_ND = np.load(path, mmap_mode="r", allow_pickle=False)
    if unit_ND.ndim != 2 or len(unit_ND) != len(ids):
        raise RecordError(f"{path} has {len(unit_ND)} rows for {len(ids)} images.")
    return Likeness(ids, unit_ND)
