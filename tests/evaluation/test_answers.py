"""What an epoch answers: kept with the run, calibrated, and "not sure" below the threshold."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import softmax

from tlcore import load_predictor, train
from tlcore.errors import RecordError
from tlcore.evaluation.answers import (
    NOT_SURE,
    Answers,
    Wish,
    answer_of,
    answers_version,
    drop_answers,
    labels_of,
    load_answers,
    probabilities,
    save_answers,
)
from tlcore.evaluation.stored import Entry, Index, save_index

LOGITS = np.array([[4.0, 0.0], [0.5, 0.0], [0.0, 8.0]], dtype=np.float32)


@pytest.fixture
def trained(configure):
    return train(configure(epochs=1))


def test_without_kept_ones_the_answers_are_those_of_the_bare_network(trained):
    answers = load_answers(trained, 1)
    assert answers == Answers(epoch=1)
    assert answers.is_neutral
    assert probabilities(LOGITS, answers) == pytest.approx(softmax(LOGITS.astype(float), axis=1))
    labels, sure = labels_of(probabilities(LOGITS, answers), ("ant", "bee"), answers)
    assert labels == ["ant", "ant", "bee"]
    assert sure.all()


def test_the_temperature_divides_the_logits():
    found = probabilities(LOGITS, Answers(epoch=1, temperature=2.0))
    assert found == pytest.approx(softmax(LOGITS.astype(float) / 2, axis=1))
    assert found.dtype == np.float64


def test_below_the_threshold_the_answer_is_not_sure_and_the_ranking_stays():
    answers = Answers(epoch=1, threshold=0.9)
    labels, sure = labels_of(probabilities(LOGITS, answers), ("ant", "bee"), answers)
    assert labels == ["ant", NOT_SURE, "bee"]
    assert sure.tolist() == [True, False, True]
    answer = answer_of(probabilities(LOGITS, answers)[1], ("ant", "bee"), answers)
    assert (answer.label, answer.sure, answer.far) == (NOT_SURE, False, None)
    assert answer.ranking[0] == ("ant", pytest.approx(1 / (1 + np.exp(-0.5))))


def test_logits_that_are_no_numbers_are_never_sure():
    answers = Answers(epoch=1, threshold=0.5)
    assert labels_of(np.full((1, 2), np.nan), ("ant", "bee"), answers)[0] == [NOT_SURE]


def test_far_is_said_only_where_distance_and_limit_are_known():
    there = np.array([0.9, 0.1])
    known = Answers(epoch=1, far_distance=0.2)
    assert answer_of(there, ("ant", "bee"), known, 0.3).far is True
    assert answer_of(there, ("ant", "bee"), known, 0.2).far is False
    assert answer_of(there, ("ant", "bee"), known).far is None
    assert answer_of(there, ("ant", "bee"), Answers(epoch=1), 0.3).far is None


def test_answers_are_kept_per_epoch_and_can_be_dropped(trained):
    kept = Answers(
        epoch=1, temperature=1.7, temperature_low=1.1, temperature_high=2.9, images=18, threshold=0.8,
        wish=Wish(kind="right", value=0.98), far_distance=0.3, weights="abc",
    )  # fmt: skip
    before = answers_version(trained)
    save_answers(trained, Answers(epoch=1, threshold=0.1))
    save_answers(trained, kept)
    save_answers(trained, Answers(epoch=0, threshold=0.2))
    assert answers_version(trained) != before
    assert load_answers(trained, 1) == kept
    assert load_answers(trained, 0).threshold == 0.2
    drop_answers(trained, 1)
    assert load_answers(trained, 1) == Answers(epoch=1)
    assert load_answers(trained, 0).threshold == 0.2


def test_answers_of_an_epoch_that_has_other_weights_by_now_are_not_used(trained):
    save_answers(trained, Answers(epoch=1, threshold=0.9, weights="old"))
    save_index(trained, "val", Index(epochs={1: Entry(stamp=(1, 1, 1, 1), weights="old")}))
    assert load_answers(trained, 1).threshold == 0.9
    save_index(trained, "val", Index(epochs={1: Entry(stamp=(1, 1, 1, 1), weights="new")}))
    assert load_answers(trained, 1) == Answers(epoch=1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ('{"epochs": [{"epoch": 1, "threshold": 1.5}]}', "epochs.0.threshold"),
        ('{"epochs": [{"epoch": 1, "temperature": 0}]}', "epochs.0.temperature"),
        ('{"format": 2, "epochs": []}', "made by a newer version of this project"),
    ],
)
def test_a_damaged_file_is_an_error_because_the_threshold_would_be_lost(trained, content, reason):
    (trained.path / "answers.json").write_text(content)
    with pytest.raises(RecordError, match=reason):
        load_answers(trained, 1)


def test_a_predictor_gives_calibrated_probabilities_and_not_sure(trained, colours):
    image = colours / "test/green/000.png"
    plain = load_predictor(trained, 1).answer(image)
    save_answers(trained, Answers(epoch=1, temperature=5.0, threshold=0.99))
    predictor = load_predictor(trained, 1)
    answer = predictor.answer(image)
    assert plain.sure
    assert plain.label == plain.ranking[0][0] == answer.ranking[0][0]
    assert (answer.label, answer.sure) == (NOT_SURE, False)
    odds = [np.log(found.ranking[0][1] / found.ranking[1][1]) for found in (plain, answer)]
    assert odds[1] == pytest.approx(odds[0] / 5, rel=1e-4)
    assert predictor.predict(image) == list(answer.ranking)
    assert load_predictor(trained, 0).answer(image).sure


def test_loading_answers_needs_no_torch(trained):
    save_answers(trained, Answers(epoch=1, threshold=0.5))
    code = (
        "import sys; from pathlib import Path; from tlcore.runs.folder.run import Run; "
        "from tlcore.evaluation.answers import load_answers; "
        "print(load_answers(Run(Path(sys.argv[1])), 1).threshold, 'torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(trained.path)], capture_output=True, text=True)
    assert result.stdout.split() == ["0.5", "False"], result.stderr


def test_the_file_says_its_format(trained):
    save_answers(trained, Answers(epoch=1))
    assert json.loads((trained.path / "answers.json").read_text())["format"] == 1
