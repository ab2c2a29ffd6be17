"""Predictions of photographs without labels: as of any image, kept by content, unreadable ones with their reason."""

import shutil

import numpy as np
import pytest

from tlcore import load_predictor, train
from tlcore.cli.main import main
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation import unlabelled
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


def test_they_are_predicted_as_a_single_image_is(run, photographs):
    guesses = drive(predict_unlabelled(run, 2, open_unlabelled(photographs)))
    predictor = load_predictor(run, 2)
    for name, probabilities in zip(guesses.ids, guesses.probabilities_NC, strict=True):
        single = dict(predictor.predict(photographs / name))
        np.testing.assert_allclose([single[label] for label in guesses.classes], probabilities, atol=1e-5)
    assert [image.id for image in guesses.skipped] == ["broken.png"]
    assert guesses.skipped[0].reason.startswith("not an image")
    sureness = [guesses.confidence[position] for position in guesses.least_sure]
    assert sureness == sorted(sureness)


def test_what_is_kept_costs_no_second_pass_and_a_new_image_only_its_own(run, photographs, monkeypatch):
    opened = open_unlabelled(photographs)
    assert load_guesses(run, 2, opened) is None
    first = drive(predict_unlabelled(run, 2, opened))
    kept = load_guesses(run, 2, opened)
    np.testing.assert_array_equal(kept.probabilities_NC, first.probabilities_NC)
    assert kept.skipped == first.skipped
    assert load_guesses(run, 1, opened) is None
    (photographs / "blue-000.png").rename(photographs / "renamed.png")
    asked = []
    predict = unlabelled._predict
    monkeypatch.setattr(unlabelled, "_predict", lambda plan, chunk: asked.append(chunk) or predict(plan, chunk))
    assert "renamed.png" in drive(predict_unlabelled(run, 2, open_unlabelled(photographs))).ids
    assert asked == []
    shutil.copy(photographs.parent / "colours/train/blue/000.png", photographs / "new.png")
    assert load_guesses(run, 2, open_unlabelled(photographs)) is None
    drive(predict_unlabelled(run, 2, open_unlabelled(photographs)))
    assert [[sample.id for sample in chunk] for chunk in asked] == [["new.png"]]


def test_a_folder_without_a_readable_image_has_only_reasons(run, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"no")
    guesses = drive(predict_unlabelled(run, 2, open_unlabelled(folder)))
    assert guesses.ids == ()
    assert guesses.least_sure == []
    assert [image.id for image in guesses.skipped] == ["a.png"]


def test_the_command_writes_a_table_and_says_what_cannot_be_read(run, photographs, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert main(["predict-folder", run.name, str(photographs), "--csv", str(out)]) == 1
    captured = capsys.readouterr()
    assert "broken.png: not an image" in captured.err
    assert f"14 images predicted by run {run.name}, epoch" in captured.out
    lines = out.read_text().splitlines()
    assert lines[0] == "path,label,probability"
    assert len(lines) == 15


def test_the_command_tells_programs_its_progress(run, photographs, capsys):
    assert main(["predict-folder", run.name, str(photographs), "--json"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '{"predicted": 14, "unreadable": 1}'
