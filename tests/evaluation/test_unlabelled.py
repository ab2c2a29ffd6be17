"""Predictions of photographs without labels: as of any image, kept by content, unreadable ones with their reason."""

import shutil

import numpy as np
import pytest

from tlcore import load_predictor, train
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation import photograph_pass
from tlcore.evaluation.answers import NOT_SURE, Answers, save_answers
from tlcore.evaluation.familiar import keep_familiar
from tlcore.evaluation.unlabelled import load_guesses, predict_unlabelled
from tlcore.system.drive import drive


@pytest.fixture
def run(configure):
    return train(configure(epochs=2))


@pytest.fixture
def photographs(colours, tmp_path):
    folder = tmp_path / "shots"
    folder.mkdir()
    for path in sorted((colours / "test").rglob("*.png")):
        shutil.copy(path, folder / f"{path.parent.name}-{path.name}")
    (folder / "broken.png").write_bytes(b"not an image")
    return folder


@pytest.fixture
def passes(monkeypatch):
    """The ids of the images of each pass."""
    asked = []
    over = photograph_pass.pass_over

    def counted(plan, samples, *rest):
        asked.append([sample.id for sample in samples])
        return over(plan, samples, *rest)

    monkeypatch.setattr(photograph_pass, "pass_over", counted)
    return asked


def test_they_are_predicted_as_a_single_image_is(run, photographs):
    guesses = drive(predict_unlabelled(run, 2, open_unlabelled(photographs)))
    predictor = load_predictor(run, 2)
    for name, probabilities in zip(guesses.ids, guesses.probabilities, strict=True):
        single = dict(predictor.predict(photographs / name))
        np.testing.assert_allclose([single[label] for label in guesses.classes], probabilities, atol=1e-5)
    assert [image.id for image in guesses.skipped] == ["broken.png"]
    assert guesses.skipped[0].reason.startswith("not an image")
    sureness = [guesses.confidence[position] for position in guesses.least_sure]
    assert sureness == sorted(sureness)


def test_what_is_kept_costs_no_second_pass_and_a_new_image_only_its_own(run, photographs, passes):
    opened = open_unlabelled(photographs)
    assert load_guesses(run, 2, opened) is None
    first = drive(predict_unlabelled(run, 2, opened))
    assert (first.kept, first.new) == (0, 15)
    kept = load_guesses(run, 2, opened)
    np.testing.assert_array_equal(kept.probabilities, first.probabilities)
    assert kept.skipped == first.skipped
    assert load_guesses(run, 1, opened) is None
    (photographs / "blue-000.png").rename(photographs / "renamed.png")
    assert "renamed.png" in drive(predict_unlabelled(run, 2, open_unlabelled(photographs))).ids
    assert len(passes) == 1
    shutil.copy(photographs.parent / "colours/train/blue/000.png", photographs / "new.png")
    assert load_guesses(run, 2, open_unlabelled(photographs)) is None
    again = drive(predict_unlabelled(run, 2, open_unlabelled(photographs)))
    assert (again.kept, again.new) == (15, 1)
    assert passes[1:] == [["new.png"]]


def test_another_temperature_or_threshold_costs_no_pass(run, photographs, passes):
    opened = open_unlabelled(photographs)
    plain = drive(predict_unlabelled(run, 2, opened))
    assert plain.labels == plain.predicted
    middle = float(np.median(plain.confidence))
    save_answers(run, Answers(epoch=2, threshold=middle))
    strict = load_guesses(run, 2, opened)
    assert strict.labels.count(NOT_SURE) == int((plain.confidence < middle).sum()) > 0
    save_answers(run, Answers(epoch=2, temperature=4.0))
    soft = drive(predict_unlabelled(run, 2, opened))
    assert soft.predicted == plain.predicted
    assert (soft.confidence < plain.confidence).all()
    assert len(passes) == 1


def test_what_was_computed_before_ctrl_c_is_kept(run, make_images, passes, monkeypatch):
    monkeypatch.setattr("tlcore.training.inputs.meter.EVERY_S", 0.0)
    opened = open_unlabelled(make_images("unseen", seed=5, test=21))

    def stop(progress):
        if progress.phase == "answer":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(predict_unlabelled(run, 2, opened), stop)
    guesses = drive(predict_unlabelled(run, 2, opened))
    assert (guesses.kept, guesses.new) == (16, 26)
    assert [len(ids) for ids in passes] == [42, 26]


def test_another_epoch_of_a_frozen_run_computes_no_features_again(run, photographs, monkeypatch):
    opened = open_unlabelled(photographs)
    drive(predict_unlabelled(run, 1, opened))
    monkeypatch.setattr(photograph_pass, "compute_batches", None)
    guesses = drive(predict_unlabelled(run, 2, opened))
    assert len(guesses.ids) == 14
    assert [image.id for image in guesses.skipped] == ["broken.png"]


def test_what_is_far_is_measured_later_from_kept_features(run, photographs, colours, monkeypatch):
    shutil.copy(colours / "train/blue/000.png", photographs / "seen.png")
    opened = open_unlabelled(photographs)
    assert drive(predict_unlabelled(run, 2, opened)).far is None
    drive(keep_familiar(run, 2, "weights", "cpu"))
    save_answers(run, Answers(epoch=2, far_distance=1e-4, weights="weights"))
    before = load_guesses(run, 2, opened)
    assert (before.far, before.lacks_distances) == (None, True)
    monkeypatch.setattr(photograph_pass, "compute_batches", None)
    drive(predict_unlabelled(run, 2, opened))
    after = load_guesses(run, 2, opened)
    assert not after.lacks_distances
    assert after.distances_N[after.ids.index("seen.png")] == pytest.approx(0, abs=5e-5)  # kept in half precision
    assert after.far[after.ids.index("seen.png")] is False
    assert after.far.count(True) == 14
    single = load_predictor(run, 2).answer(photographs / "blue-000.png").distance
    assert after.distances_N[after.ids.index("blue-000.png")] == pytest.approx(single, abs=1e-5)


def test_a_folder_without_a_readable_image_has_only_reasons(run, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"no")
    guesses = drive(predict_unlabelled(run, 2, open_unlabelled(folder)))
    assert guesses.ids == ()
    assert guesses.least_sure == []
    assert [image.id for image in guesses.skipped] == ["a.png"]
