"""Predictions of many photographs as CSV and as JSON lines."""

import csv
import io
import json

import numpy as np
import pytest

from tlcore.data.dataset import Skipped
from tlcore.evaluation.answers import Answers
from tlcore.evaluation.guess_tables import guesses_csv, guesses_jsonl, guesses_table
from tlcore.evaluation.unlabelled import Guesses

CLASSES = ("ant", "bee", "=wasp")


@pytest.fixture
def guesses():
    """The first photograph is near and surely an ant, the second is far and below the threshold."""
    probabilities = np.array([[0.9, 0.02, 0.08], [0.25, 0.35, 0.4]])
    return Guesses(
        ids=("a.jpg", "b/ü.jpg"),
        digests=("0" * 32, "1" * 32),
        logits_NC=np.log(probabilities).astype(np.float32),
        distances_N=np.array([0.1, 0.9], np.float32),
        classes=CLASSES,
        skipped=(Skipped("broken.jpg", "truncated, at its end"),),
        answers=Answers(epoch=1, threshold=0.5, far_distance=0.5),
    )


def test_the_table_has_a_row_per_photograph_with_its_likeliest_classes(guesses):
    rows = list(csv.DictReader(io.StringIO(guesses_csv(guesses, top=2).decode())))
    assert rows[0] == {
        "path": "a.jpg",
        "label": "ant",
        "probability": "0.9",
        "class_1": "ant",
        "probability_1": "0.9",
        "class_2": "'=wasp",
        "probability_2": "0.08",
        "far": "no",
        "unreadable": "",
    }
    assert (rows[1]["label"], rows[1]["class_1"], rows[1]["far"]) == ("not sure", "'=wasp", "yes")
    assert (rows[2]["path"], rows[2]["label"], rows[2]["far"]) == ("broken.jpg", "", "")
    assert rows[2]["unreadable"] == "truncated, at its end"


def test_no_more_classes_than_there_are_and_no_column_for_what_is_not_known(guesses):
    unknown = Guesses(**{**vars(guesses), "distances_N": np.full(2, np.nan, np.float32)})
    table = guesses_table(unknown, top=9)
    assert list(table.columns)[-3:] == ["class_3", "probability_3", "unreadable"]


def test_lines_of_json_say_the_same(guesses):
    lines = [json.loads(line) for line in guesses_jsonl(guesses, top=1).splitlines()]
    assert lines[0] == {
        "path": "a.jpg",
        "label": "ant",
        "probability": 0.9,
        "sure": True,
        "top": [{"class": "ant", "probability": 0.9}],
        "far": False,
    }
    assert (lines[1]["path"], lines[1]["label"], lines[1]["sure"], lines[1]["far"]) == (
        "b/ü.jpg",
        "not sure",
        False,
        True,
    )
    assert lines[2] == {"path": "broken.jpg", "unreadable": "truncated, at its end"}
