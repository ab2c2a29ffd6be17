"""What the network of an epoch gives for photographs, kept on disk by run, epoch and content.

These are logits, and no probabilities: another temperature or threshold costs no pass. C classes.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.stored import checkpoint_stamp
from tlcore.runs.folder.run import Run
from tlcore.system.cache import DiskCache, digest_key

EVERY_S = 10.0
"""What was computed is kept this often, so a killed process loses no more than this."""
_SHARE = 0.05  # most of the time that may go into that
_CACHE = DiskCache("unlabelled", ".npz", max_entries=64, max_bytes=2 << 30)
_DIGEST = "S32"  # dtype of a digest in hex; as text it would take four times as much


class Found(NamedTuple):
    """What a network gives for one image."""

    logits_C: npt.NDArray[np.float32]
    distance: float
    """Cosine distance to the nearest training image; NaN if that was not measured."""


Known: TypeAlias = Mapping[str, Found | str]
"""Content of an image -> what the network gives, or why the image cannot be read."""


def load_known(run: Run, epoch: int) -> dict[str, Found | str]:
    return _CACHE.load(_key(run, epoch), _read) or {}


def save_known(run: Run, epoch: int, known: Known) -> None:
    """Keep all this instead of what was kept. A failure, as on a full disk, costs only time later."""
    rows = {content: found for content, found in known.items() if not isinstance(found, str)}
    reasons = {content: found for content, found in known.items() if isinstance(found, str)}
    logits = np.array([found.logits_C for found in rows.values()], dtype=np.float32)
    arrays = {
        "contents": np.array(list(rows), dtype=_DIGEST),
        "logits": logits.reshape(len(rows), len(run.classes)),
        "distances": np.array([found.distance for found in rows.values()], dtype=np.float32),
        "unreadable": np.array(list(reasons), dtype=_DIGEST),
        "reasons": np.array(list(reasons.values()), dtype=np.str_),
    }
    _CACHE.save(_key(run, epoch), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


class Saver:
    """Calls `save` now and then during long work, but for no more than a small part of the time."""

    def __init__(self, save: Callable[[], None]) -> None:
        self._save = save
        self._next = time.monotonic() + EVERY_S

    def if_due(self) -> None:
        if time.monotonic() >= self._next:
            self.now()

    def now(self) -> None:
        started = time.monotonic()
        self._save()
        took = time.monotonic() - started
        self._next = time.monotonic() + max(EVERY_S, took / _SHARE)


def _key(run: Run, epoch: int) -> str:
    stamp = checkpoint_stamp(run, epoch)
    return digest_key("2", str(run.path), str(epoch), repr(stamp), run.config.eval_transform.model_dump_json())


def _read(path: Path) -> dict[str, Found | str]:
    with np.load(path, allow_pickle=False) as content:
        digests = np.char.decode(content["contents"], "ascii").tolist()
        unreadable = np.char.decode(content["unreadable"], "ascii").tolist()
        rows = zip(content["logits"], content["distances"].tolist(), strict=True)
        reasons = zip(unreadable, content["reasons"].tolist(), strict=True)
        return {**dict(zip(digests, itertools.starmap(Found, rows), strict=True)), **dict(reasons)}
