"""Calibrate an epoch: find its temperature and its threshold on val, and report on the test split what they do.

E epochs, N images.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore.errors import CheckpointError, WishNotMet
from tlcore.evaluation.answering import (
    Answered,
    Confidence,
    answered_at,
    answered_words,
    choose_threshold,
    wish_words,
)
from tlcore.evaluation.answers import Answers, Wish, probabilities, save_answers
from tlcore.evaluation.calibration import Bounded, CalibrationChange, calibration_change
from tlcore.evaluation.familiar import FAR_QUANTILE, keep_familiar
from tlcore.evaluation.metrics import Mask
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.stored import load_index
from tlcore.evaluation.temperature import Temperature, fit_temperature, temperature_words
from tlcore.runs.folder.run import Run
from tlcore.words import bounds, count, percent

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.training.events import Progress


@dataclass(frozen=True)
class Calibrated:
    """How an epoch answers, and what that does on the report split."""

    answers: Answers
    temperature: Temperature
    split: str
    """The report split: `test`, or `val` if there is no test split; then all figures here are optimistic."""
    change: CalibrationChange
    on_val: Answered
    on_report: Answered


def calibrate_run(
    run: Run, epoch: int | None = None, wish: Wish | None = None, device: str = "auto"
) -> "Generator[Progress, None, Calibrated]":
    """Calibrate an epoch, by default the best on val, and keep the result with the run.

    Evaluates what is not evaluated yet, and keeps the features of the training images. Without a wish every image gets
    an answer. Raises WishNotMet if val cannot meet it, CheckpointError, DeviceError, DataError.
    """
    from tlcore.evaluation.evaluate import evaluate_run

    on_report = yield from evaluate_run(run, device)
    on_val = on_report if on_report.split == "val" else (yield from evaluate_run(run, device, "val"))
    epoch = on_report.best_by_val if epoch is None else epoch
    found = calibrate_epoch(on_val, on_report, epoch, wish)
    weights = load_index(run, "val").epochs[epoch].weights
    far = yield from keep_familiar(run, epoch, weights, device)
    answers = found.answers.model_copy(update={"weights": weights, "far_distance": far})
    save_answers(run, answers)
    return Calibrated(answers, found.temperature, found.split, found.change, found.on_val, found.on_report)


def calibrate_epoch(
    on_val: Evaluation,
    on_report: Evaluation,
    epoch: int,
    wish: Wish | None = None,
    *,
    known: Calibrated | None = None,
) -> Calibrated:
    """The same from the logits on both splits; nothing is kept. `known` is the result for another wish, if the caller
    has it: then only the threshold is looked for.

    Raises WishNotMet, and CheckpointError if the epoch is not in both.
    """
    both = sorted(set(on_val.epochs) & set(on_report.epochs))
    if epoch not in both:
        listed = ", ".join(str(one) for one in both)
        raise CheckpointError(f"There is no evaluated epoch {epoch}. Choose one of: {listed}.")
    temperature = known.temperature if known else fit_temperature(on_val.logits(epoch), on_val.targets_N)
    answers = Answers(
        epoch=epoch,
        temperature=temperature.value,
        temperature_low=temperature.low,
        temperature_high=temperature.high,
        images=len(on_val.targets_N),
        wish=wish,
    )
    sure_N, right_N = confidence_of(on_val, answers)
    threshold = 0.0 if wish is None else choose_threshold(sure_N, right_N, wish)
    return Calibrated(
        answers=answers.model_copy(update={"threshold": threshold}),
        temperature=temperature,
        split=on_report.split,
        change=known.change
        if known
        else calibration_change(on_report.logits(epoch), on_report.targets_N, temperature.value),
        on_val=answered_at(sure_N, right_N, threshold),
        on_report=answered_at(*confidence_of(on_report, answers), threshold),
    )


def confidence_of(evaluation: Evaluation, answers: Answers) -> tuple[Confidence, Mask]:
    """The calibrated probability of the likeliest class of each image, and whether it is the right one."""
    logits_NC = evaluation.logits(answers.epoch)
    return probabilities(logits_NC, answers).max(1), evaluation.right_EN[evaluation.epochs.index(answers.epoch)]


def temperatures(on_val: Evaluation) -> dict[int, float]:
    """The temperature of every epoch."""
    logits = {epoch: on_val.logits(epoch) for epoch in on_val.epochs}
    return {
        epoch: fit_temperature(logits_NC, on_val.targets_N, with_interval=False).value
        for epoch, logits_NC in logits.items()
    }


def answering_by_epoch(
    on_val: Evaluation, on_report: Evaluation, wish: Wish, known: Mapping[int, float] | None = None
) -> "pd.DataFrame":
    """A row per epoch with the threshold that its val images ask for, and what it does on the report split.

    Columns: `epoch`, `temperature`, `threshold`; `answered`, `share` with its 95 % interval `share_low` to
    `share_high`; `accuracy` of the answers with `low` to `high`. NaN where val cannot meet the wish. `known` are the
    `temperatures`, if the caller has them.
    """
    import pandas as pd

    rows = []
    for epoch, temperature in (temperatures(on_val) if known is None else known).items():
        if epoch not in on_report.epochs:
            continue
        answers = Answers(epoch=epoch, temperature=temperature)
        try:
            threshold = choose_threshold(*confidence_of(on_val, answers), wish)
        except WishNotMet:
            rows.append((epoch, temperature, *[np.nan] * 8))
            continue
        one = answered_at(*confidence_of(on_report, answers), threshold)
        share = (one.share, one.share_low, one.share_high)
        rows.append((epoch, temperature, threshold, one.answered, *share, one.accuracy, one.low, one.high))
    columns = ["epoch", "temperature", "threshold", "answered", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=[*columns, "accuracy", "low", "high"])


def calibrated_lines(found: Calibrated) -> list[str]:
    """The result as sentences."""
    answers, change = found.answers, found.change
    lines = [temperature_words(found.temperature)]
    if not found.temperature.reason:
        lines.append(
            f"Expected calibration error on {count(change.images, 'image')} of {found.split}: "
            f"{_bounded(change.before)} before, {_bounded(change.after)} after. {_gain(change.gain)} Exactly right "
            f"probabilities would show {percent(change.by_chance)} in the mean with so many images."
        )
    if answers.wish is not None:
        chosen = "On val that needs no threshold: every image gets an answer."
        if answers.threshold:
            on_val = f" {answered_words(found.on_val, 'val')}" if found.split != "val" else ""
            chosen = f"Threshold {answers.threshold:.3f}, chosen on val.{on_val}"
        lines.append(f"Wish: {wish_words(answers.wish)}. {chosen}")
    lines.append(answered_words(found.on_report, found.split))
    if found.split == "val":
        lines.append(
            "val chose temperature and threshold and reports them as well, because there is no test split: all these "
            "figures are optimistic."
        )
    if answers.far_distance is not None:
        lines.append(
            f"Far from training: an image whose nearest training image is more than {answers.far_distance:.3f} away "
            f"(cosine distance). {percent(FAR_QUANTILE, 0)} of the val images are not."
        )
    return lines


def _bounded(found: Bounded) -> str:
    return f"{percent(found.value)} ({bounds(found.low, found.high)})"


def _gain(gain: Bounded) -> str:
    if gain.low > 0:
        return "It is smaller."
    return "It is larger." if gain.high < 0 else "These images do not show a difference."
