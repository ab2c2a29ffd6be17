"""One side of a comparison: an epoch of a run, or an exported ONNX file; and what it says about the images of a split.

N images, C classes.
"""

import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Dataset, Sample
from tlcore.errors import CheckpointError, NotComparable, RunError
from tlcore.evaluation.stored import load_stored
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.folder.run import Run, find_run
from tlcore.system.home import runs_dir
from tlcore.words import first_of

if TYPE_CHECKING:
    from tlcore.delivery.onnx_model import OnnxModel
    from tlcore.training.events import Progress

ENDING = ".onnx"


@dataclass(frozen=True)
class Contender:
    title: str
    classes: tuple[str, ...]
    fingerprint: str
    """The fingerprint of the dataset that it was trained on; empty if it is not known."""
    origin: Run | None
    """The run that it is an epoch of, if that is here."""
    epoch: int
    model: "OnnxModel | None" = None
    """The exported file; None for a run."""


def find_contender(text: str) -> Contender:
    """From `RUN`, `RUN:EPOCH` or the path of an ONNX file. Without an epoch it is the best one on val.

    Raises RunNotFound, CheckpointError, and ModelError for a file that is not an export of this project.
    """
    if text.lower().endswith(ENDING) or os.path.isfile(text):
        return _of_file(text)
    run, epoch = _run_and_epoch(text)
    epoch = run.chosen_epoch(epoch)
    if epoch not in run.epochs():
        known = ", ".join(map(str, run.epochs())) or "none"
        raise CheckpointError(f"Run {run.name} has no epoch {epoch}. Its epochs are: {known}.")
    return Contender(f"{run.name}, epoch {epoch}", run.classes, run.info.dataset.fingerprint, run, epoch)


def predictions_of(
    contender: Contender, reference: Run, dataset: Dataset, *, unchanged: bool, device: str = "auto"
) -> "Generator[Progress, None, Predictions]":
    """What it says about the report split of `reference`, whose open dataset this is, with the classes in its order.

    Stored logits are used where they are of the same images: `unchanged` says that the dataset still is that of the
    run. Raises NotComparable if the classes are others.
    """
    order = _order(contender, reference)
    found = yield from _predictions(contender, reference, dataset, unchanged=unchanged, device=device)
    return Predictions(found.logits_NC[:, order], found.targets_N, found.sample_ids)


def _predictions(
    contender: Contender, reference: Run, dataset: Dataset, *, unchanged: bool, device: str
) -> "Generator[Progress, None, Predictions]":
    run, samples = contender.origin, dataset.split(reference.report_split)
    if contender.model is not None:
        return (yield from _of_model(contender.model, dataset, samples))
    assert run is not None
    if unchanged and contender.fingerprint == reference.info.dataset.fingerprint:
        evaluation = load_stored(run).evaluation
        if evaluation is not None and contender.epoch in evaluation.predictions:
            found = evaluation.predictions[contender.epoch]
            places = np.argsort(_order(contender, reference))  # of its classes among those of the reference
            return Predictions(found.logits_NC, places[found.targets_N], found.sample_ids)
    return (yield from _computed(run, contender.epoch, dataset, samples, device))


def _computed(
    run: Run, epoch: int, dataset: Dataset, samples: tuple[Sample, ...], device: str
) -> "Generator[Progress, None, Predictions]":
    """The logits of an epoch of a run for images of any dataset."""
    from tlcore.runs.restore import restore_model
    from tlcore.training.distributed import Processes
    from tlcore.training.inputs.inference import logits_of, predict_logits
    from tlcore.training.inputs.meter import Meter
    from tlcore.training.inputs.prepare import evaluation_inputs
    from tlcore.training.plan import plan_run

    plan = plan_run(run.config, dataset, restore_model(run, epoch), device)
    kept, batches, network = yield from evaluation_inputs(plan, samples)
    logits = logits_of(network, plan.architecture, batches, plan.choice, Processes())
    predicting = predict_logits(logits, batches, Processes())
    logits_NC = yield from Meter("predict", epoch, len(kept)).through(predicting)
    return Predictions(logits_NC.numpy(), batches.targets.numpy(), tuple(sample.id for sample in kept))


def _of_model(
    model: "OnnxModel", dataset: Dataset, samples: tuple[Sample, ...]
) -> "Generator[Progress, None, Predictions]":
    from tlcore.delivery.file_model import run_split
    from tlcore.training.inputs.meter import Meter

    work = run_split(model, dataset.source, samples)
    outputs, unreadable = yield from Meter("predict", model.facts.epoch, len(samples)).through(work)
    kept = [sample for sample in samples if sample.id not in unreadable]
    if outputs is None:
        raise NotComparable(f"None of the {len(samples)} test images can be read.")
    targets_N = np.array([sample.target for sample in kept], dtype=np.int64)
    return Predictions(outputs.logits_NC, targets_N, tuple(sample.id for sample in kept))


def _order(contender: Contender, reference: Run) -> npt.NDArray[np.int64]:
    """For each class of the run, its place in the logits."""
    ours, wanted = contender.classes, reference.classes
    if ours == wanted:
        return np.arange(len(wanted))
    if sorted(ours) != sorted(wanted) or len(set(ours)) < len(ours):
        more = [name for name in ours if name not in wanted]
        fewer = [name for name in wanted if name not in ours]
        parts = [f"knows {first_of(more, 5)} besides"] * bool(more) + [f"lacks {first_of(fewer, 5)}"] * bool(fewer)
        how = " and ".join(parts) or "has a class name more than once"
        raise NotComparable(
            f"{contender.title} has other classes than {reference.name}: it {how}. Two models can be compared only on "
            "the same classes."
        )
    return np.array([ours.index(name) for name in wanted])


def _of_file(text: str) -> Contender:
    from tlcore.delivery.onnx_model import OnnxModel

    model = OnnxModel.load(text)
    facts = model.facts
    origin = Run(runs_dir() / facts.run) if facts.run and Path(facts.run).name == facts.run else None
    try:
        if origin is not None and origin.info.dataset.fingerprint != facts.dataset_fingerprint:
            origin = None
    except RunError:  # the run is not on this machine
        origin = None
    return Contender(Path(text).name, model.classes, facts.dataset_fingerprint, origin, facts.epoch, model)


def _run_and_epoch(text: str) -> tuple[Run, int | None]:
    name, colon, epoch = text.rpartition(":")
    if not colon or not epoch.isdecimal():
        return find_run(text), None
    return find_run(name), int(epoch)
