"""The figures of a finished run for its trackers."""

import math

from tlcore.delivery.card import card_of
from tlcore.delivery.facts import Measured, gather_facts
from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run
from tlcore.runs.tracking.follow import Tell, report
from tlcore.runs.tracking.record import load_tracked
from tlcore.training.history import best_epoch


def report_to_trackers(run: Run, tell: Tell) -> None:
    """Tell the run's trackers what the epoch chosen on val is worth, if it is measured and they do not know yet.

    Nothing here ends the caller: a problem is told in a sentence.
    """
    history = run.history()
    if not history:
        return
    epoch = best_epoch(history)
    if all(tracked.reported == epoch for tracked in load_tracked(run)):  # or there is none
        return
    try:
        facts = gather_facts(run, epoch)
    except TlcoreError as error:
        tell(f"The trackers get no report: {error}")
        return
    if facts.measured is not None:
        report(run, epoch, figures_of(facts.measured), card_of(facts), tell)


def figures_of(measured: Measured) -> dict[str, float]:
    """The figures of the report by name, as fractions; those that are no number are left out."""
    split, found = measured.split, measured.accuracy
    figures = {
        f"{split}_accuracy": found.value,
        f"{split}_accuracy_low": found.low,
        f"{split}_accuracy_high": found.high,
        f"{split}_loss": measured.loss,
        f"{split}_recall_mean": measured.macro.recall,
        f"{split}_f1_mean": measured.macro.f1,
        f"{split}_calibration_error": measured.calibrated.error,
        f"{split}_answered": measured.answered.value,
    }
    return {name: value for name, value in figures.items() if math.isfinite(value)}
