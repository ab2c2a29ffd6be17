"""Predict photographs without labels with an epoch of a run. What the network gives is kept on disk: a second visit
costs no pass, and neither does another temperature or threshold; a folder that grew costs only its new images.

N readable images, C classes.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Dataset, ImageSource, Sample, Skipped
from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import UnreadableImage
from tlcore.evaluation.answers import Answers, are_sure, labels_of, load_answers, probabilities
from tlcore.evaluation.familiar import Familiar, load_familiar
from tlcore.evaluation.kept_logits import Found, Known, Saver, load_known, save_known
from tlcore.runs.folder.run import Run

if TYPE_CHECKING:  # importing torch takes seconds, and kept predictions do without
    from tlcore.training.events import Progress

_AT_ONCE = 2048  # files whose contents are looked up together
_SMALL_PX = 32


@dataclass(frozen=True, eq=False)
class Guesses:
    """What an epoch of a run says about photographs."""

    ids: tuple[str, ...]
    digests: tuple[str, ...]
    """Content of each image, as `ImageSource.digests` gives it."""
    logits_NC: npt.NDArray[np.float32]
    distances_N: npt.NDArray[np.float32]
    """Cosine distance to the nearest training image; NaN where it was not measured."""
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    """Photographs that cannot be read, and why."""
    answers: Answers
    kept: int = 0
    """Number of photographs that were predicted, or found to be unreadable, before this call."""
    new: int = 0
    """Number of those that were so in this call."""

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Calibrated, in 0-1, shape (N, C)."""
        return probabilities(self.logits_NC, self.answers)

    @cached_property
    def predicted(self) -> list[str]:
        """The likeliest class of each image."""
        return [self.classes[index] for index in self.probabilities.argmax(1)]

    @cached_property
    def labels(self) -> list[str]:
        """The answer for each image: its likeliest class, or `answers.NOT_SURE`."""
        return labels_of(self.probabilities, self.classes, self.answers)[0]

    @cached_property
    def sure(self) -> npt.NDArray[np.bool_]:
        """Which images have a class as their answer. A class may be called "not sure", too."""
        return are_sure(self.probabilities, self.answers)

    @cached_property
    def confidence(self) -> npt.NDArray[np.float64]:
        """The probability of the likeliest class, in 0-1."""
        found: npt.NDArray[np.float64] = self.probabilities.max(1, initial=0.0)
        return found

    @cached_property
    def far(self) -> list[bool | None] | None:
        """Whether each image is far from all training images, None where that was not measured; None if it was for no
        image."""
        largest = self.answers.far_distance
        if largest is None or np.isnan(self.distances_N).all():
            return None
        return [None if np.isnan(distance) else bool(distance > largest) for distance in self.distances_N]

    @cached_property
    def lacks_distances(self) -> bool:
        """Whether some were predicted before it was known what is far. Predicting them again measures only that."""
        return self.answers.far_distance is not None and bool(np.isnan(self.distances_N).any())

    @cached_property
    def least_sure(self) -> list[int]:
        """Positions of the images, those with the lowest confidence first."""
        return [int(position) for position in np.argsort(self.confidence, kind="stable")]


def load_guesses(run: Run, epoch: int, photographs: Photographs) -> Guesses | None:
    """The kept predictions, without torch; None unless there is one for every photograph, or its reason."""
    known = load_known(run, epoch)
    if not known and photographs.source.digests(photographs.ids[:1]) != [MISSING]:  # then it need not read all of them
        return None
    digests = photographs.source.digests(photographs.ids)
    if any(digest != MISSING and digest not in known for digest in digests):
        return None
    return _assemble(run, epoch, photographs, digests, known)


def predict_unlabelled(
    run: Run, epoch: int, photographs: Photographs, device: str = "auto"
) -> "Generator[Progress, None, Guesses]":
    """Yields Progress while it computes what is not kept; returns the predictions of all photographs.

    What is computed is kept when the generator is closed, too, as by Ctrl-C. Raises CheckpointError, DeviceError.
    """
    familiar = load_familiar(run, load_answers(run, epoch))
    known, digests = load_known(run, epoch), (yield from _digests(photographs))
    todo = {digest for digest in digests if digest != MISSING and _is_missing(known.get(digest), familiar)}
    missing = {digest: name for name, digest in zip(photographs.ids, digests, strict=True) if digest in todo}
    new = sum(digest in missing for digest in digests)
    if missing:
        yield from _compute(run, epoch, photographs, missing, known, device, familiar)
    return _assemble(run, epoch, photographs, digests, known, new)


def _is_missing(found: Found | str | None, familiar: Familiar | None) -> bool:
    """Whether an image is to be computed: for its logits, or for its distance, which can be measured by now."""
    return found is None or (familiar is not None and isinstance(found, Found) and isnan(found.distance))


def _digests(photographs: Photographs) -> "Generator[Progress, None, list[str]]":
    """The content of each photograph: all files that are new or have changed are read for it."""
    ids, found = photographs.ids, list[str]()
    if len(ids) <= _AT_ONCE:
        return photographs.source.digests(ids)
    from tlcore.training.inputs.meter import Meter

    meter = Meter("check", 0, len(ids))
    for start in range(0, len(ids), _AT_ONCE):
        found += photographs.source.digests(ids[start : start + _AT_ONCE])
        yield from meter.at(len(found))
    return found


def _compute(
    run: Run,
    epoch: int,
    photographs: Photographs,
    missing: Mapping[str, str],
    known: dict[str, Found | str],
    device: str,
    familiar: Familiar | None,
) -> "Generator[Progress, None, None]":
    """Predict the `missing` images, by content -> id, and add them to what is `known`."""
    from tlcore.evaluation.photograph_pass import pass_over
    from tlcore.runs.restore import restore_model
    from tlcore.training.events import Progress
    from tlcore.training.plan import plan_run

    # a dataset for the loading of images only: nobody reads its targets
    samples = tuple(Sample(sample_id, 0, "test") for sample_id in missing.values())
    dataset = Dataset(photographs.name, run.classes, samples, photographs.source)
    plan = plan_run(run.config, dataset, restore_model(run, epoch), device)
    contents = list(missing)
    saver = Saver(lambda: save_known(run, epoch, known))
    work = pass_over(plan, samples, familiar)
    try:
        for step in work:
            if isinstance(step, Progress):
                yield step
            else:
                known |= {contents[position]: found for position, found in step.items()}
                saver.if_due()
    finally:
        work.close()
        saver.now()


def _assemble(
    run: Run, epoch: int, photographs: Photographs, digests: Sequence[str], known: Known, new: int = 0
) -> Guesses:
    ids, contents, rows, skipped = [], [], [], list(photographs.skipped)
    for sample_id, digest in zip(photographs.ids, digests, strict=True):
        found = known.get(digest) or _reason(photographs.source, sample_id)
        if isinstance(found, str):
            skipped.append(Skipped(sample_id, found))
        else:
            ids.append(sample_id)
            contents.append(digest)
            rows.append(found)
    logits = np.array([row.logits_C for row in rows], dtype=np.float32).reshape(len(rows), len(run.classes))
    return Guesses(
        ids=tuple(ids),
        digests=tuple(contents),
        logits_NC=logits,
        distances_N=np.array([row.distance for row in rows], dtype=np.float32),
        classes=run.classes,
        skipped=tuple(skipped),
        answers=load_answers(run, epoch),
        kept=sum(digest in known for digest in digests) - new,
        new=new,
    )


def _reason(source: ImageSource, sample_id: str) -> str:
    """Why an image cannot be read."""
    try:
        source.decode(sample_id, _SMALL_PX)
    except UnreadableImage as error:
        return str(error)
    return "could not be read when it was looked for"
