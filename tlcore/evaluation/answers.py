"""What an epoch of a run answers: a class with a calibrated probability, or "not sure". Plain data, without torch.

`answers.json` in the run folder keeps, per epoch, the temperature, the threshold and the distance that is far. How they
are found is `calibrate`; that an image is far from all training images is `familiar`. N images, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.evaluation.metrics import Mask
from tlcore.evaluation.stored import load_index
from tlcore.runs.folder.layout import ANSWERS_FILE
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.writing import write_json_in
from tlcore.system.records import read_record

FORMAT = 1
NOT_SURE = "not sure"
"""The answer for an image whose likeliest class is less probable than the threshold."""

Probabilities = npt.NDArray[np.float64]
_Fraction = Annotated[float, Field(ge=0, le=1)]
_Temperature = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Wish(BaseModel):
    """What a threshold is chosen for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["right", "unanswered"]
    """`right`: at least this fraction of the answers is right. `unanswered`: at most this fraction gets no answer."""
    value: Annotated[float, Field(gt=0, lt=1)]


class Answers(BaseModel):
    """How the logits of an epoch become answers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    epoch: Annotated[int, Field(ge=0)]
    temperature: _Temperature = 1.0
    """Probabilities are softmax(logits / temperature). 1: as the network gives them."""
    temperature_low: _Temperature | None = None
    """The 95 % interval of the temperature, from `temperature_low` to `temperature_high`."""
    temperature_high: _Temperature | None = None
    images: Annotated[int, Field(ge=0)] = 0
    """Number of val images that all this was found on. 0: nothing was."""
    threshold: _Fraction = 0.0
    """The least probability of an answer; below it, the answer is NOT_SURE. 0: there is always an answer."""
    wish: Wish | None = None
    """What the threshold was chosen for."""
    far_distance: Annotated[float, Field(ge=0, le=2)] | None = None
    """The largest cosine distance to the nearest training image that is not far. None: not measured."""
    weights: str = ""
    """Digest of the values of the network that this belongs to."""

    @property
    def is_neutral(self) -> bool:
        """Whether probabilities and answers are those of the bare network."""
        return self.temperature == 1.0 and self.threshold == 0.0


@dataclass(frozen=True)
class Answer:
    """What a model says of one image."""

    ranking: tuple[tuple[str, float], ...]
    """The classes with their probabilities in 0-1, the most likely first."""
    sure: bool
    """Whether the likeliest class reaches the threshold."""
    far: bool | None
    """Whether the image is far from all training images; None if that is not known."""
    distance: float | None = None
    """The cosine distance to the nearest training image."""

    @property
    def label(self) -> str:
        """The likeliest class, or NOT_SURE. A class may have that very name: `sure` tells the two apart."""
        return self.ranking[0][0] if self.sure else NOT_SURE


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Annotated[int, Field(ge=1)] = FORMAT
    epochs: tuple[Answers, ...] = ()


def probabilities(logits_NC: npt.NDArray[np.floating], answers: Answers) -> Probabilities:
    """The calibrated probabilities (N, C), in 0-1. Source of the method: Guo et al. (2017)."""
    from scipy.special import softmax

    found: Probabilities = softmax(logits_NC.astype(np.float64) / answers.temperature, axis=1)
    return found


def are_sure(probabilities_NC: npt.NDArray[np.floating], answers: Answers) -> Mask:
    """Which images get an answer, shape (N,)."""
    return np.asarray(probabilities_NC.max(axis=1, initial=0.0) >= answers.threshold)


def labels_of(
    probabilities_NC: npt.NDArray[np.floating], classes: Sequence[str], answers: Answers
) -> tuple[list[str], Mask]:
    """The answer to each image, a class or NOT_SURE; and whether it is a class."""
    sure_N = are_sure(probabilities_NC, answers)
    best_N = probabilities_NC.argmax(axis=1)
    return [classes[best] if sure else NOT_SURE for best, sure in zip(best_N, sure_N, strict=True)], sure_N


def answer_of(
    probabilities_C: npt.NDArray[np.floating], classes: Sequence[str], answers: Answers, distance: float | None = None
) -> Answer:
    """The answer to one image. `distance` is that to its nearest training image, if it is known."""
    order = np.argsort(-probabilities_C, kind="stable")
    far = None if distance is None or answers.far_distance is None else distance > answers.far_distance
    return Answer(
        ranking=tuple((classes[index], float(probabilities_C[index])) for index in order),
        sure=bool(are_sure(probabilities_C[None], answers)[0]),
        far=far,
        distance=distance,
    )


def load_answers(run: Run, epoch: int) -> Answers:
    """The kept ones of this epoch; if there are none, neutral ones, with temperature 1 and threshold 0.

    Those of an epoch that has other values by now, because it was trained again, are not used. Raises RecordError if
    the file is damaged or from a newer version: without it a model would answer where it should not.
    """
    found = next((answers for answers in _load(run) if answers.epoch == epoch), Answers(epoch=epoch))
    now = load_index(run, "val").epochs.get(epoch)
    if found.weights and now is not None and now.weights and now.weights != found.weights:
        return Answers(epoch=epoch)
    return found


def save_answers(run: Run, answers: Answers) -> None:
    """Keep them in the run folder, instead of earlier ones of the same epoch. Raises RunNotFound, RecordError."""
    others = [kept for kept in _load(run) if kept.epoch != answers.epoch]
    kept = _Kept(epochs=tuple(sorted([*others, answers], key=lambda one: one.epoch)))
    write_json_in(run.path, run.path / ANSWERS_FILE, kept.model_dump(mode="json"), durable=True)


def drop_answers(run: Run, epoch: int) -> None:
    """Let an epoch answer as the bare network does again."""
    kept = tuple(answers for answers in _load(run) if answers.epoch != epoch)
    write_json_in(run.path, run.path / ANSWERS_FILE, _Kept(epochs=kept).model_dump(mode="json"), durable=True)


def answers_version(run: Run) -> tuple[int, int]:
    """Changes whenever `load_answers` might return something else: size and time of the file; zeros without one."""
    try:
        status = (run.path / ANSWERS_FILE).stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _load(run: Run) -> tuple[Answers, ...]:
    path = run.path / ANSWERS_FILE
    try:
        kept = read_record(path, _Kept, "the record of how a run answers")
    except FileNotFoundError:
        return ()
    if kept.format > FORMAT:
        raise RecordError(
            f"{path} was made by a newer version of this project (format {kept.format}, and this version reads up to "
            f"{FORMAT}). Update this version to use it."
        )
    return kept.epochs
