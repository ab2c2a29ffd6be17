"""Predict photographs without labels with an epoch of a run. What was computed is kept on disk, by run, epoch and
content: a second visit costs no pass over the images, and a folder that grew costs only its new ones.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Dataset, ImageSource, Sample, Skipped
from tlcore.data.formats.cells import escape_table
from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import UnreadableImage
from tlcore.evaluation.stored import checkpoint_stamp
from tlcore.runs.folder.run import Run
from tlcore.system.cache import DiskCache, digest_key

if TYPE_CHECKING:  # importing torch takes seconds, and kept predictions do without
    from tlcore.training.events import Progress
    from tlcore.training.plan import Plan

CHUNK = 512
"""Images after which what was computed is kept: a cancelled pass loses no more than these."""
_CACHE = DiskCache("unlabelled", ".npz", max_entries=64)
_SMALL_PX = 32

_Known: TypeAlias = "Mapping[str, npt.NDArray[np.float32] | str]"
"""Content of an image -> its probabilities (C,), or why it cannot be read."""


@dataclass(frozen=True)
class Guesses:
    """What an epoch of a run says about photographs. N readable images, C classes."""

    ids: tuple[str, ...]
    digests: tuple[str, ...]
    """Content of each image, as `ImageSource.digests` gives it."""
    probabilities_NC: npt.NDArray[np.float32]
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    """Photographs that cannot be read, and why."""

    @property
    def predicted(self) -> list[str]:
        """The likeliest class of each image."""
        return [self.classes[index] for index in self.probabilities_NC.argmax(1)]

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """The probability of the likeliest class, in 0-1."""
        found: npt.NDArray[np.float32] = self.probabilities_NC.max(1, initial=0.0)
        return found

    @property
    def least_sure(self) -> list[int]:
        """Positions of the images, those with the lowest confidence first."""
        return [int(position) for position in np.argsort(self.confidence, kind="stable")]


def guesses_csv(guesses: Guesses) -> bytes:
    """Rows of path,label,probability, for people who open them in a spreadsheet: no cell is a formula."""
    import pandas as pd

    columns = {"path": guesses.ids, "label": guesses.predicted, "probability": guesses.confidence}
    return escape_table(pd.DataFrame(columns)).to_csv(index=False).encode()


def load_guesses(run: Run, epoch: int, photographs: Photographs) -> Guesses | None:
    """The kept predictions, without torch; None unless there is one for every photograph, or its reason."""
    known, digests = _load(run, epoch), photographs.source.digests(photographs.ids)
    if any(digest != MISSING and digest not in known for digest in digests):
        return None
    return _assemble(run, photographs, digests, known)


def predict_unlabelled(
    run: Run, epoch: int, photographs: Photographs, device: str = "auto"
) -> "Generator[Progress, None, Guesses]":
    """Yields Progress while it computes what is not kept; returns the predictions of all photographs.

    Raises CheckpointError, DeviceError.
    """
    known, digests = dict(_load(run, epoch)), photographs.source.digests(photographs.ids)
    missing = {d: i for i, d in zip(photographs.ids, digests, strict=True) if d != MISSING and d not in known}
    if missing:
        yield from _compute(run, epoch, photographs, missing, known, device)
    return _assemble(run, photographs, digests, known)


def _compute(
    run: Run,
    epoch: int,
    photographs: Photographs,
    missing: Mapping[str, str],
    known: "dict[str, npt.NDArray[np.float32] | str]",
    device: str,
) -> "Generator[Progress, None, None]":
    """Predict the `missing` images, by content -> id, and keep what is `known` after each chunk."""
    from tlcore.runs.restore import restore_model
    from tlcore.training.inputs.meter import as_part
    from tlcore.training.plan import plan_run

    # a dataset for the loading of images only: nobody reads its targets
    samples = tuple(Sample(sample_id, 0, "test") for sample_id in missing.values())
    dataset = Dataset(photographs.name, run.classes, samples, photographs.source)
    plan = plan_run(run.config, dataset, restore_model(run, epoch), device)
    contents = list(missing)
    for start in range(0, len(samples), CHUNK):
        chunk = samples[start : start + CHUNK]
        found = yield from as_part(_predict(plan, chunk), start, len(samples))
        known |= {content: found[s.id] for s, content in zip(chunk, contents[start : start + CHUNK], strict=True)}
        _save(run, epoch, known)


def _predict(
    plan: "Plan", samples: Sequence[Sample]
) -> "Generator[Progress, None, dict[str, npt.NDArray[np.float32] | str]]":
    """Probabilities by id, or the reason why an image cannot be read."""
    from tlcore.training.distributed import Processes
    from tlcore.training.inputs.inference import logits_of, predict_logits
    from tlcore.training.inputs.meter import Meter
    from tlcore.training.inputs.prepare import evaluation_inputs

    found: dict[str, npt.NDArray[np.float32] | str] = {}
    if any(not _reason(plan.dataset.source, sample.id) for sample in samples):  # usually the first one is readable
        kept, batches, network = yield from evaluation_inputs(plan, samples)
        logits = logits_of(network, plan.architecture, batches, plan.choice, Processes())
        predicting = predict_logits(logits, batches, Processes())
        logits_NC = yield from Meter("predict", 0, len(kept)).through(predicting)
        found.update(zip((sample.id for sample in kept), logits_NC.softmax(1).numpy(), strict=True))
    for sample in samples:
        if sample.id not in found:
            found[sample.id] = _reason(plan.dataset.source, sample.id) or "its size does not suit the transform"
    return found


def _reason(source: ImageSource, sample_id: str) -> str:
    """Why an image cannot be read; empty if it can."""
    try:
        source.decode(sample_id, _SMALL_PX)
    except UnreadableImage as error:
        return str(error)
    return ""


def _assemble(run: Run, photographs: Photographs, digests: Sequence[str], known: _Known) -> Guesses:
    ids, contents, rows, skipped = [], [], [], []
    for sample_id, digest in zip(photographs.ids, digests, strict=True):
        found = known.get(digest, "cannot be read, or is a link that leads out of the folder")
        if isinstance(found, str):
            skipped.append(Skipped(sample_id, found))
        else:
            ids.append(sample_id)
            contents.append(digest)
            rows.append(found)
    probabilities_NC = np.array(rows, dtype=np.float32).reshape(len(rows), len(run.classes))
    return Guesses(tuple(ids), tuple(contents), probabilities_NC, run.classes, tuple(skipped))


def _key(run: Run, epoch: int) -> str:
    stamp = checkpoint_stamp(run, epoch)
    return digest_key("1", str(run.path), str(epoch), repr(stamp), run.config.eval_transform.model_dump_json())


def _load(run: Run, epoch: int) -> _Known:
    return _CACHE.load(_key(run, epoch), _read) or {}


def _read(path: Path) -> _Known:
    with np.load(path, allow_pickle=False) as content:
        rows = zip(content["contents"].tolist(), content["probabilities"], strict=True)
        reasons = zip(content["unreadable"].tolist(), content["reasons"].tolist(), strict=True)
        return {**dict(rows), **dict(reasons)}


def _save(run: Run, epoch: int, known: _Known) -> None:
    rows = {content: found for content, found in known.items() if not isinstance(found, str)}
    reasons = {content: found for content, found in known.items() if isinstance(found, str)}
    arrays = {
        "contents": np.array(list(rows), dtype=np.str_),
        "probabilities": np.array(list(rows.values()), dtype=np.float32).reshape(len(rows), len(run.classes)),
        "unreadable": np.array(list(reasons), dtype=np.str_),
        "reasons": np.array(list(reasons.values()), dtype=np.str_),
    }
    _CACHE.save(_key(run, epoch), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
