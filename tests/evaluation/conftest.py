"""Evaluations written by hand: which images each epoch predicts correctly."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.predictions import Predictions


@pytest.fixture
def predict() -> Callable[..., Predictions]:
    """`predict("110", targets="001")`: predicted and true class of each image; ids are `0.jpg`, `1.jpg` and so on."""

    def make(predicted: str, targets: str | None = None, classes: int = 2, sure: float = 4.0) -> Predictions:
        wanted = [int(letter) for letter in predicted]
        true = [int(letter) for letter in targets or "0" * len(predicted)]
        logits = np.eye(classes, dtype=np.float32)[wanted] * np.float32(sure)
        return Predictions(logits, np.array(true), tuple(f"{number}.jpg" for number in range(len(wanted))))

    return make


@pytest.fixture
def evaluate_by_hand(predict: Callable[..., Predictions]) -> Callable[..., Evaluation]:
    """`evaluate_by_hand(["✗✓", "✓✓"])`: one text per epoch, one mark per image."""

    def make(epochs: Sequence[str], best_by_val: int = 0, split: str = "test", first: int = 0) -> Evaluation:
        predictions = {
            first + number: predict("".join("0" if mark == "✓" else "1" for mark in marks))
            for number, marks in enumerate(epochs)
        }
        return Evaluation(split, predictions, best_by_val, (), ())

    return make
