"""The certificate of an exported file: that it answers as the run does, image by image, on the whole report split.

The file is run from the original image files, and compared with the stored logits of the epoch. N images, C classes.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tlcore import __version__
from tlcore.data.dataset import ImageSource, Sample
from tlcore.delivery.file_model import NO_ANSWER, FileModel, Outputs, run_split
from tlcore.errors import CheckpointError, ExportRefused, RecordError
from tlcore.evaluation.answers import NOT_SURE, Answers, are_sure, load_answers, probabilities
from tlcore.evaluation.metrics import PairedTest, is_right, paired_test
from tlcore.evaluation.stored import load_index
from tlcore.evaluation.words import SIGNIFICANT, paired_words
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.folder.run import Run
from tlcore.system.records import as_record, parse_json
from tlcore.words import count, first_of, percent

if TYPE_CHECKING:
    from tlcore.training.events import Progress

FORMAT = 1
TOLERANCE = {"fp32": 0.001, "bf16": 0.1}
"""By the precision of the stored logits: how far a probability of a file in fp32 may be from the stored one. With bf16,
three digits are exact in every layer; `reference` compares the rest."""
WITH_PREPROCESSING = 0.01
"""The same for a file that prepares images itself: a pixel in ten thousand differs by 1 of 255, and large JPEGs, which
a run unpacks at a part of their size, differ more."""
LEAST_SAME = 0.95
"""A file in int8 gives at least this fraction of the images the same class as the run."""
_LARGE_JPEGS = (
    ". Large JPEGs are a usual reason: a run unpacks them at a part of their size, and other programs do not. "
    "Export it without preprocessing"
)
_LISTED = 20
_WHAT = "a certificate of an exported file"

_Count = Annotated[int, Field(ge=0)]
_Fraction = Annotated[float, Field(ge=0, le=1)]


class Certificate(BaseModel):
    """How the answers of one file, known by its digest, compare with those of a run."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: _Count = FORMAT
    made: str
    """Local time with its UTC offset, in ISO 8601."""
    tlcore_version: str
    runtime: str
    """What ran the file, with its version."""
    file_sha256: str
    file_bytes: _Count
    precision: Literal["fp32", "int8"]
    preprocessing: bool
    """Whether the file takes images of any size, and prepares them itself."""
    run: str
    epoch: _Count
    dataset: str
    dataset_fingerprint: str
    temperature: float
    threshold: _Fraction
    stored_precision: str
    """The precision in which the stored logits were computed: `fp32` or `bf16`."""
    split: str
    images: _Count
    same: _Count
    """Images with the same likeliest class."""
    others: tuple[str, ...] = ()
    """The first images with another one, by their ids."""
    largest_difference: _Fraction
    """Of the probabilities of all classes and images, from the stored ones."""
    median_difference: _Fraction
    """Over the images, of each one's largest difference."""
    right_stored: _Count
    right_file: _Count
    mended: _Count
    """Images wrong in the run, right in the file."""
    broken: _Count
    """Images right in the run, wrong in the file."""
    p_value: _Fraction
    """McNemar's test of both."""
    unanswered_stored: _Count = 0
    """Images below the threshold."""
    unanswered_file: _Count = 0
    reference_images: _Count = 0
    """Images for which the file was also compared with the run's network in fp32, if the run computed in bf16."""
    reference_difference: _Fraction = 0.0
    """Of the probabilities of these, the largest one."""
    tolerance: _Fraction | None = None
    """The largest difference that is allowed; None for int8."""
    least_same: _Fraction | None = None
    """The fraction of images that must have the same class; None for fp32, where the tolerance decides."""

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def lines(self) -> list[str]:
        """The certificate in words, a sentence each."""
        read = "each prepared by the file" if self.preprocessing else "prepared as in training"
        lines = [
            f"Run through {self.runtime} on the {self.images} original images of {self.split}, {read}: "
            f"{self.same} of {self.images} have the same answer as in the run.",
            f"Probabilities differ by {_small(self.largest_difference)} at most, by "
            f"{_small(self.median_difference)} in the median image.",
        ]
        if self.others:
            lines.append(f"Another answer for {first_of(self.others, 3)}.")
        if self.precision == "int8":
            run, file = (percent(right / max(self.images, 1)) for right in (self.right_stored, self.right_file))
            lines.append(f"Accuracy on {self.split}: {run} in the run, {file} in int8.")
            lines.append(f"McNemar: {paired_words(self.test, 'mended')}.")
        if self.threshold:
            unanswered = count(self.unanswered_stored, "image")
            lines.append(
                f"Below the threshold of {percent(self.threshold)}, so “{NOT_SURE}”: {unanswered} in the run, "
                f"{self.unanswered_file} in the file."
            )
        if self.stored_precision == "bf16":
            lines.append("The stored answers were computed in bf16, with three digits.")
        if self.reference_images:
            lines.append(
                f"Beside the network in fp32, on {count(self.reference_images, 'image')}: probabilities differ by "
                f"{_small(self.reference_difference)} at most."
            )
        return lines

    @property
    def test(self) -> PairedTest:
        return PairedTest(self.mended, self.broken, self.images, self.p_value)

    def objection(self) -> str:
        """Why the file must not be handed over, in a sentence; empty if it answers as it says."""
        if self.tolerance is not None and self.largest_difference > self.tolerance:
            return (
                f"its probabilities differ by up to {_small(self.largest_difference)} from those of the run, and "
                f"{_small(self.tolerance)} is allowed ({self.same} of {self.images} images have the same answer)"
                f"{_LARGE_JPEGS if self.preprocessing else ''}"
            )
        exact = WITH_PREPROCESSING if self.preprocessing else TOLERANCE["fp32"]
        if self.reference_difference > exact:
            return (
                f"its probabilities differ by up to {_small(self.reference_difference)} from those of the network "
                f"in fp32, and {_small(exact)} is allowed{_LARGE_JPEGS if self.preprocessing else ''}"
            )
        if self.least_same is not None and self.same < self.least_same * self.images:
            return (
                f"only {self.same} of {self.images} images have the same answer as in the run, and "
                f"{percent(self.least_same, 0)} are asked for"
            )
        if self.least_same is not None and self.broken > self.mended and self.p_value < SIGNIFICANT:
            return f"it is worse than the run: {paired_words(self.test, 'mended')}"
        return ""


def parse_certificate(content: bytes | str, where: str) -> Certificate:
    """The certificate from its JSON. Raises RecordError if it is none, or is from a newer version."""
    found = as_record(parse_json(content, _WHAT, where), Certificate, _WHAT, where)
    if found.format > FORMAT:
        raise RecordError(f"{where} was made by a newer version of this project. Update this version to read it.")
    return found


RunImages = Callable[[ImageSource, Sequence[Sample]], Generator[int, None, tuple[Outputs | None, dict[str, str]]]]
"""Gives the outputs for images of a source, as `file_model.run_split` does."""


@dataclass(frozen=True)
class Candidate:
    """A file that was just written, and how to run it."""

    content: bytes
    runtime: str
    """What runs it, with its version, in words."""
    run_images: RunImages
    precision: str = "fp32"
    prepares: bool = False
    """Whether the transform is a part of the file."""


def certify(run: Run, epoch: int, file_bytes: bytes, device: str = "auto") -> "Generator[Progress, None, Certificate]":
    """Run an exported file on the whole report split, and compare it with the stored logits of the epoch.

    `file_bytes` is an ONNX file or a program of torch.export that was just written here. Raises as `certify_candidate`
    does.
    """
    model, runtime = _load(run, file_bytes)
    candidate = Candidate(file_bytes, runtime, partial(run_split, model), model.precision, model.prepares)
    return (yield from certify_candidate(run, epoch, candidate, device))


def certify_candidate(
    run: Run, epoch: int, candidate: Candidate, device: str = "auto"
) -> "Generator[Progress, None, Certificate]":
    """Run a file on the whole report split, and compare it with the stored logits of the epoch.

    An epoch without stored logits is evaluated first, on `device`. The certificate may have an `objection`.
    Raises CheckpointError, DatasetChanged or DataError if the epoch cannot be evaluated, and ExportRefused if images
    cannot be read any more.
    """
    from tlcore.evaluation.evaluate import evaluate_run
    from tlcore.runs.restore import reopen_dataset
    from tlcore.training.inputs.meter import Meter

    evaluation = yield from evaluate_run(run, device)
    if epoch not in evaluation.predictions:
        raise CheckpointError(
            f"Epoch {epoch} of run {run.name} cannot be evaluated, so nothing can be compared with it."
        )
    stored, (dataset, _) = evaluation.predictions[epoch], reopen_dataset(run)
    by_id = {sample.id: sample for sample in dataset.split(run.report_split)}
    samples: list[Sample] = [by_id[sample_id] for sample_id in stored.sample_ids]
    work = candidate.run_images(dataset.source, samples)
    outputs, unreadable = yield from Meter("certify", epoch, len(samples)).through(work)
    if outputs is None or unreadable:
        named = [f"{sample_id} ({reason})" for sample_id, reason in unreadable.items()]
        raise ExportRefused(
            f"{count(len(named), 'image')} of {run.report_split} cannot be read any more: {first_of(named, 3)}. "
            "Without them the file cannot be compared with the run."
        )
    certificate = _compare(run, epoch, stored, outputs, _facts_of(candidate, stored_precision(run, epoch)))
    return _beside_reference(certificate, outputs, run, dataset.source, samples)


def stored_precision(run: Run, epoch: int) -> str:
    """In what the stored logits of an epoch were computed, as far as it is recorded: `fp32` or `bf16`."""
    if run.config.precision != "auto":
        return run.config.precision
    entry = load_index(run, run.report_split).epochs.get(epoch)
    computed = run.info.device + ("" if entry is None else entry.engine)
    return "bf16" if "bf16" in computed else "fp32"


def _beside_reference(
    certificate: Certificate, outputs: Outputs, run: Run, source: ImageSource, samples: Sequence[Sample]
) -> Certificate:
    """The certificate, and where the stored logits have three digits only, a comparison with the network in fp32."""
    if certificate.stored_precision == "fp32" or certificate.precision != "fp32":
        return certificate
    from tlcore.delivery.reference import reference_probabilities, reference_rows

    rows = reference_rows(len(samples))
    expected_NC = reference_probabilities(run, certificate.epoch, source, [samples[row] for row in rows])
    apart = float(np.abs(outputs.probabilities_NC[rows] - expected_NC).max())
    return certificate.model_copy(update={"reference_images": len(rows), "reference_difference": apart})


def _facts_of(candidate: Candidate, stored_precision: str) -> dict[str, Any]:
    tolerance = TOLERANCE[stored_precision]
    if candidate.prepares:
        tolerance = max(tolerance, WITH_PREPROCESSING)
    return {
        "runtime": candidate.runtime,
        "file_sha256": hashlib.sha256(candidate.content).hexdigest(),
        "file_bytes": len(candidate.content),
        "precision": candidate.precision,
        "preprocessing": candidate.prepares,
        "stored_precision": stored_precision,
        "tolerance": tolerance if candidate.precision == "fp32" else None,
        "least_same": LEAST_SAME if candidate.precision == "int8" else None,
    }


def _compare(run: Run, epoch: int, stored: Predictions, outputs: Outputs, facts: dict[str, Any]) -> Certificate:
    answers: Answers = load_answers(run, epoch)
    expected_NC = probabilities(stored.logits_NC, answers)
    found_NC = outputs.probabilities_NC.astype(np.float64)
    if not np.isfinite(found_NC).all():
        raise ExportRefused(f"The file of epoch {epoch} of run {run.name} gives probabilities that are no numbers.")
    differences_N = np.abs(found_NC - expected_NC).max(axis=1)
    same_N = found_NC.argmax(axis=1) == stored.logits_NC.argmax(axis=1)
    right_N = is_right(stored.logits_NC, stored.targets_N)
    right_of_file_N = is_right(outputs.probabilities_NC, stored.targets_N)
    test = paired_test(right_N, right_of_file_N)
    return Certificate(
        made=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        tlcore_version=__version__,
        run=run.name,
        epoch=epoch,
        dataset=run.info.dataset.name,
        dataset_fingerprint=run.info.dataset.fingerprint,
        temperature=answers.temperature,
        threshold=answers.threshold,
        split=run.report_split,
        images=len(same_N),
        same=int(same_N.sum()),
        others=tuple(np.array(stored.sample_ids)[~same_N].tolist()[:_LISTED]),
        largest_difference=float(differences_N.max()),
        median_difference=float(np.median(differences_N)),
        right_stored=int(right_N.sum()),
        right_file=int(right_of_file_N.sum()),
        mended=test.fixed,
        broken=test.broken,
        p_value=test.p_value,
        unanswered_stored=int((~are_sure(expected_NC, answers)).sum()),
        unanswered_file=int((outputs.answers_N == NO_ANSWER).sum()),
        **facts,
    )


def _load(run: Run, content: bytes) -> tuple[FileModel, str]:
    """The model in a file that was just written, and what runs it."""
    if content[:2] == b"PK":  # a program of torch.export is a zip
        from tlcore.delivery.pt2_file import Pt2Program

        return Pt2Program(content, run.config.eval_transform), f"torch.export {version('torch')}"
    from tlcore.delivery.onnx_model import OnnxModel

    return OnnxModel.from_bytes(content, "The file"), f"ONNX Runtime {version('onnxruntime')}"


def _small(difference: float) -> str:
    """A difference of probabilities: `0.0004`, or `less than 0.000001`."""
    return f"{difference:.6f}".rstrip("0").rstrip(".") if difference >= 1e-6 else "less than 0.000001"
