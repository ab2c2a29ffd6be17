"""What `/model` tells: of the run, of what answers, and of the limits. No path of the machine is in it."""

from typing import Any

from tlcore import __version__
from tlcore.delivery.facts import Facts
from tlcore.delivery.serve.limits import Limits
from tlcore.evaluation.predict import Predictor


def told_of(facts: Facts) -> dict[str, Any]:
    """Of the run: its name, its data, what the epoch is worth on which split, and the licence of the first weights."""
    measured = facts.measured
    worth = measured and {
        "split": measured.split,
        "images": measured.accuracy.total,
        "value": measured.accuracy.value,
        "low": measured.accuracy.low,
        "high": measured.accuracy.high,
    }
    return {
        "run": facts.run.name,
        "dataset": facts.run.info.dataset.name,
        "accuracy": worth,
        "licence_of_weights": facts.licence and facts.licence.short,
    }


def told_by(predictor: Predictor, limits: Limits) -> dict[str, Any]:
    """Of what answers, and what it accepts."""
    answers = predictor.answers
    return {
        "title": predictor.title,
        "epoch": predictor.epoch,
        "classes": list(predictor.classes),
        "backbone": predictor.architecture.name,
        "input_px": list(predictor.transform.output_px()),
        "answers": {
            "temperature": answers.temperature,
            "threshold": answers.threshold,
            "calibrated_on": answers.images,
            "tells_far": answers.far_distance is not None,
        },
        "limits": limits.model_dump(),
        "version": __version__,
    }
