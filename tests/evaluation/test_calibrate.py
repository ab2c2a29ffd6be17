"""Calibrating an epoch of a run: from its stored logits on val, reported on test, kept with the run."""

import numpy as np
import pytest

from tlcore import evaluate, load_predictor, train
from tlcore.errors import CheckpointError, WishNotMet
from tlcore.evaluation.answering import answered_at
from tlcore.evaluation.answers import Answers, Wish, load_answers, probabilities, save_answers
from tlcore.evaluation.calibrate import answering_by_epoch, calibrate_epoch, calibrate_run, calibrated_lines
from tlcore.evaluation.familiar import FAR_QUANTILE, Familiar, load_familiar
from tlcore.evaluation.imported import import_epoch
from tlcore.evaluation.neighbours import unit_rows
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.stored import load_stored
from tlcore.runs.folder.layout import familiar_path, predictions_path
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.restore import restore_model
from tlcore.system.drive import drive

TENTH = Wish(kind="unanswered", value=0.1)


def evaluation(split, images, factor, seed):
    """Epochs 0 and 1 with logits that are `factor` times those that the targets are drawn from."""
    draw = np.random.default_rng(seed)
    true_NC = draw.normal(0, 2, (images, 3))
    chances_NC = np.exp(true_NC) / np.exp(true_NC).sum(1, keepdims=True)
    targets_N = (chances_NC.cumsum(1) < draw.random((images, 1))).sum(1)
    ids = tuple(f"{number}.jpg" for number in range(images))
    logits = [draw.normal(0, 1, (images, 3)), factor * true_NC]
    predictions = {epoch: Predictions(one.astype(np.float32), targets_N, ids) for epoch, one in enumerate(logits)}
    return Evaluation(split, predictions, 1, (), ())


VAL, TEST = evaluation("val", 300, 3.0, 0), evaluation("test", 400, 3.0, 1)


def test_temperature_and_threshold_come_from_val_and_the_figures_from_test():
    found = calibrate_epoch(VAL, TEST, 1, TENTH)
    assert found.answers.temperature == pytest.approx(3, rel=0.25)
    assert found.answers.images == 300
    assert found.on_val.images - found.on_val.answered <= 30
    probabilities_NC = probabilities(TEST.logits(1), found.answers)
    by_hand = answered_at(probabilities_NC.max(1), TEST.right_EN[1], found.answers.threshold)
    assert found.on_report == by_hand
    assert found.change.images == 400
    assert found.change.after.value < found.change.before.value
    lines = " ".join(calibrated_lines(found))
    assert "chosen on val. Answers 9" in lines
    assert "of the 400 images of test" in lines
    assert "optimistic" not in lines


def test_without_a_wish_there_is_a_temperature_and_always_an_answer():
    found = calibrate_epoch(VAL, TEST, 1)
    assert found.answers.threshold == 0
    assert found.on_report.answered == 400


def test_where_val_reports_as_well_that_is_said():
    assert "all these figures are optimistic" in " ".join(calibrated_lines(calibrate_epoch(VAL, VAL, 1, TENTH)))


def test_a_wish_that_val_cannot_meet_and_an_unknown_epoch_are_refused():
    with pytest.raises(WishNotMet, match="On val no threshold makes 99 % of at least 100 answers right"):
        calibrate_epoch(VAL, TEST, 0, Wish(kind="right", value=0.99))
    with pytest.raises(CheckpointError, match=r"There is no evaluated epoch 7. Choose one of: 0, 1\."):
        calibrate_epoch(VAL, TEST, 7)


def test_every_epoch_has_a_row_and_one_that_cannot_meet_the_wish_has_no_figures():
    table = answering_by_epoch(VAL, TEST, Wish(kind="right", value=0.9))
    assert table["epoch"].tolist() == [0, 1]
    assert np.isnan(table["share"][0])
    one = calibrate_epoch(VAL, TEST, 1, Wish(kind="right", value=0.9))
    assert table["threshold"][1] == one.answers.threshold
    assert (table["share"][1], table["accuracy"][1]) == (one.on_report.share, one.on_report.accuracy)


@pytest.mark.parametrize("strategy", ["feature_extraction", "from_scratch"])
def test_a_run_is_calibrated_from_what_training_stored_and_knows_what_is_far(configure, colours, strategy):
    run = train(configure(epochs=2, strategy={"name": strategy}))
    evaluate(run)
    assert load_stored(run, "val").missing == ()  # validation computed them: none is computed again
    found = drive(calibrate_run(run, 2, TENTH))
    kept = load_answers(run, 2)
    assert kept == found.answers
    assert kept.wish == TENTH
    assert 0 < kept.far_distance < 1
    assert load_answers(run, 1) == Answers(epoch=1)

    predictor = load_predictor(run, 2, device="cpu")
    answers = [predictor.answer(path) for path in sorted((colours / "val").rglob("*.png"))]
    assert sum(answer.far is True for answer in answers) == 1  # 18 images, of which 95 % are not far
    of_train = predictor.answer(sorted((colours / "train").rglob("*.png"))[0])
    assert of_train.distance == pytest.approx(0, abs=1e-3)
    assert of_train.far is False
    stored = load_stored(run).evaluation
    ranking = dict(predictor.answer(colours / stored.sample_ids[0]).ranking)
    expected = probabilities(stored.logits(2), kept)[0]
    assert [ranking[name] for name in run.classes] == pytest.approx(expected.tolist(), abs=1e-5)


def test_an_imported_epoch_can_be_calibrated_without_another_pass_over_val(configure, tmp_path):
    import torch

    run = train(configure(epochs=1))
    torch.save(restore_model(run, 1).state_dict(), tmp_path / "weights.pth")
    epoch = drive(import_epoch(run, tmp_path / "weights.pth"))
    stamp = predictions_path(run.path, "val", epoch).stat().st_mtime_ns
    evaluate(run)
    on_val = load_stored(run, "val").evaluation
    assert on_val.logits(epoch) == pytest.approx(on_val.logits(1), abs=1e-5)
    assert predictions_path(run.path, "val", epoch).stat().st_mtime_ns == stamp


def test_the_distance_is_the_cosine_distance_to_the_nearest_row():
    rows = np.array([[1.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    asked = np.array([[3.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [0.0, 0.0]], dtype=np.float32)
    found = Familiar(unit_rows(rows)).distances(asked)
    assert found == pytest.approx([0, 1 - np.sqrt(0.5), 1, 1])
    assert FAR_QUANTILE == 0.95


def test_features_that_are_gone_damaged_or_of_other_weights_leave_it_unknown(configure):
    run = train(configure(epochs=1))
    answers = Answers(epoch=1, far_distance=0.2, weights="these")
    save_answers(run, answers)
    path = familiar_path(run.path, 1)
    assert load_familiar(run, answers) is None
    path.parent.mkdir()
    np.savez(path, rows=np.ones((2, 3), np.float16), weights=np.array("others"))
    assert load_familiar(run, answers) is None
    np.savez(path, rows=np.ones((2, 3), np.float16), weights=np.array("these"))
    assert load_familiar(run, answers).unit_ND.shape == (2, 3)
    path.write_bytes(path.read_bytes()[:40])
    assert load_familiar(run, answers) is None
    assert load_predictor(run, 1).familiar is None
