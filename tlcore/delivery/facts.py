"""The facts of a run and one of its epochs, gathered once: the model card, the report and the trackers tell these."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore import __version__
from tlcore.data.dataset import SPLITS, Dataset
from tlcore.data.edits.lines import fold, line_words
from tlcore.data.formats.records import load_counts
from tlcore.errors import CheckpointError, DataError, RecordError
from tlcore.evaluation.answers import Answers, are_sure, load_answers, probabilities
from tlcore.evaluation.calibration import Calibration, CalibrationChange, calibration, calibration_change
from tlcore.evaluation.metrics import (
    Accuracy,
    ClassScores,
    accuracy_of,
    class_scores,
    is_right,
    macro_average,
    top_k_accuracy,
)
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.selection import selection_optimism
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import epochs_table
from tlcore.evaluation.twins import TwinAccuracy, load_twins, twin_accuracy
from tlcore.models.licence import Licence
from tlcore.models.zoo import starting_licence
from tlcore.runs.folder.label import RunLabel, load_label
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import State
from tlcore.runs.portable import portable_config
from tlcore.runs.settings import Setting, settings_of
from tlcore.training.history import EpochRecord, best_epoch

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.data.health.audit import Finding

CONFIG_FILE = "config.json"
"""The name under which the settings are to be saved to repeat a run."""


@dataclass(frozen=True)
class Measured:
    """What one epoch is worth on the report split."""

    split: str
    """`test`, or `val` if the data has no test split."""
    predictions: Predictions
    accuracy: Accuracy
    loss: float
    classes: tuple[ClassScores, ...]
    top_5: float | None
    """How often the class is among the five likeliest; None with at most five classes."""
    commonest: float
    """What the accuracy would be if every answer were the commonest class."""
    macro: ClassScores
    calibration: Calibration
    """As the network answers by itself, without a temperature."""
    calibrated: Calibration
    """With the temperature that is kept for the epoch; the same as `calibration` if there is none."""
    change: CalibrationChange
    """The calibration error before and after that temperature, with intervals."""
    answered: Accuracy
    """How many images get an answer, with the kept threshold: all, if there is none."""
    answered_right: Accuracy | None
    """How many of these answers are right; None if there is no answer."""
    best: int
    """The epoch with the highest accuracy on this split: an optimistic choice."""
    optimism: float
    """By how much that choice would be too good, as a fraction."""
    epochs: int
    """How many epochs there were to choose from."""
    unreadable: int
    """Images of the split that could not be read."""
    twins: TwinAccuracy | None
    """How much of the accuracy is owed to images with a twin in train; None if nobody has looked for twins."""


@dataclass(frozen=True)
class Health:
    """What is known about the images themselves."""

    findings: "tuple[Finding, ...]"
    looked: bool
    """Whether every image was looked at: without it, no finding means nothing."""
    note: str
    """Why nothing is known, or what has changed, in a sentence; may be empty."""


@dataclass(frozen=True)
class Edit:
    words: str
    why: str


@dataclass(frozen=True)
class Facts:
    run: Run
    epoch: int
    label: RunLabel
    """The name and the note that somebody gave the run; may be empty."""
    state: State
    """Whether the training is finished, stopped, …"""
    chosen: int
    """The epoch chosen on val."""
    record: EpochRecord | None
    """The record of the epoch; None if its line is damaged."""
    epochs: "pd.DataFrame"
    """The `epochs_table`: losses and accuracies of all epochs."""
    measured: Measured | None
    """None if the epoch was not evaluated on the report split."""
    answers: Answers
    """The temperature and the threshold that are kept for the epoch."""
    counts: Mapping[str, Counter[str]]
    """Images per split and class, from when the run was created."""
    settings: tuple[Setting, ...]
    licence: Licence | None
    """Of the weights that training began with. None: random values, or a file of unknown licence."""
    edits: tuple[Edit, ...]
    """Those that were in effect, in their order."""
    health: Health
    dataset: Dataset | None
    """The dataset, if its images are still there and unchanged."""
    config: str
    """The whole configuration as JSON, without paths of this machine."""
    version: str
    """Version of this project, which wrote these facts."""

    @property
    def command(self) -> str:
        """The command that repeats the training, beside the file `CONFIG_FILE` with the text of `config`."""
        return f"python -m tlcore train --config {CONFIG_FILE}"


def gather_facts(run: Run, epoch: int) -> Facts:
    """Everything that can be told without training, evaluating a test split, or looking at an image again.

    Images that are gone cost their pictures and findings only. Raises CheckpointError if there is no such epoch, and
    RecordError if the record of how it answers is damaged.
    """
    epochs = run.epochs()
    if epoch not in epochs:
        have = ", ".join(map(str, epochs)) or "none"
        raise CheckpointError(f"No checkpoint of epoch {epoch} in run {run.name}. Epochs there: {have}.")
    history = run.history()
    evaluation = _evaluation(run, epoch)
    answers = load_answers(run, epoch)
    dataset, problem = _open_dataset(run)
    return Facts(
        run=run,
        epoch=epoch,
        label=load_label(run.path),
        state=run.status().state,
        chosen=best_epoch(history) if history else epoch,
        record=next((record for record in history if record.epoch == epoch), None),
        epochs=epochs_table(run, evaluation),
        measured=_measure(run, evaluation, answers) if evaluation and epoch in evaluation.predictions else None,
        answers=answers,
        counts=load_counts(run.samples_file),
        settings=tuple(settings_of(run.config)),
        licence=starting_licence(run.config),
        edits=_edits(run),
        health=_health(dataset, problem),
        dataset=None if problem else dataset,
        config=json.dumps(portable_config(run.config), indent=2, ensure_ascii=False),
        version=__version__,
    )


def _evaluation(run: Run, epoch: int) -> Evaluation | None:
    """What is stored. Without a test split, the logits of val are there since training and only need their index."""
    stored = load_stored(run)
    if run.report_split == "val" and epoch in stored.missing:
        from tlcore.evaluation.evaluate import evaluate

        try:
            return evaluate(run, device="cpu")
        except DataError:  # the images are gone
            pass
    return stored.evaluation


def _measure(run: Run, evaluation: Evaluation, answers: Answers) -> Measured:
    epoch, predictions = answers.epoch, evaluation.predictions[answers.epoch]
    logits_NC, targets_N = predictions.logits_NC, predictions.targets_N
    twins = load_twins(run)
    sure_N = are_sure(probabilities(logits_NC, answers), answers)
    scores = class_scores(logits_NC, targets_N, run.classes)
    return Measured(
        split=evaluation.split,
        predictions=predictions,
        accuracy=evaluation.accuracy(epoch),
        loss=evaluation.loss(epoch),
        classes=tuple(scores),
        top_5=top_k_accuracy(logits_NC, targets_N, 5) if len(run.classes) > 5 else None,
        commonest=float(np.bincount(targets_N).max() / len(targets_N)),
        macro=macro_average(scores),
        calibration=calibration(logits_NC, targets_N),
        calibrated=calibration(logits_NC, targets_N, temperature=answers.temperature),
        change=calibration_change(logits_NC, targets_N, answers.temperature),
        answered=accuracy_of(sure_N),
        answered_right=accuracy_of(is_right(logits_NC, targets_N)[sure_N]) if sure_N.any() else None,
        best=evaluation.best_on_report,
        optimism=selection_optimism(evaluation.right_EN, evaluation.losses_EN),
        epochs=len(evaluation.epochs),
        unreadable=len(evaluation.skipped),
        twins=None if twins is None else twin_accuracy(evaluation, epoch, twins),
    )


def _edits(run: Run) -> tuple[Edit, ...]:
    """The edits in effect; empty if their log cannot be read any more."""
    try:
        log = run.edits()
    except RecordError:
        return ()
    if log is None:
        return ()
    lines = (log.lines[number - 1] for number in fold(log.lines).in_effect)
    return tuple(Edit(line_words(line), getattr(line, "why", "")) for line in lines if line is not None)


def _open_dataset(run: Run) -> tuple[Dataset | None, str]:
    """The dataset as the run saw it, and in a sentence what is wrong with that."""
    from tlcore.runs.restore import reopen_dataset

    try:
        dataset, notices = reopen_dataset(run)
    except (DataError, RecordError, OSError):  # the text of the error has a path of this machine
        return None, "The images are not where they were, so they cannot be looked at again."
    return dataset, "The images have changed since the training." if notices else ""


def _health(dataset: Dataset | None, problem: str) -> Health:
    """The findings of a scan that is there already: to look at every image can take minutes."""
    if dataset is None or problem:
        return Health((), looked=False, note=problem)
    from tlcore.data.health.kept_scans import has_scan

    if has_scan(dataset):
        from tlcore.data.health.audit import audit
        from tlcore.data.health.scan import load_scan

        if (table := load_scan(dataset)) is not None:
            return Health(tuple(audit(table, dataset.classes, accepted=dataset.accepted)), looked=True, note="")
    return Health((), looked=False, note="The images were not checked one by one.")


def counted_splits(facts: Facts) -> dict[str, int]:
    """Images per split that has any, in order."""
    counts = facts.run.info.dataset.counts
    return {split: counts[split] for split in SPLITS if counts.get(split)}
