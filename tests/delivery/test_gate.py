"""The gate: a new model against an old one on the same test images."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.support.records import change_info
from tlcore import evaluate, train
from tlcore.cli.main import main
from tlcore.delivery.contender import find_contender
from tlcore.delivery.gate import Rules, gate
from tlcore.errors import CheckpointError, ModelError, NotComparable, RunNotFound
from tlcore.evaluation.stored import load_index, load_stored
from tlcore.runs.folder.predictions import Predictions, save_predictions
from tlcore.runs.folder.run import Run
from tlcore.system.drive import drive


@pytest.fixture
def run(configure) -> Run:
    found = train(configure(epochs=1))
    evaluate(found)
    return found


def answer(run: Run, marks: str, epoch: int = 1) -> Run:
    """Let the stored answers of an epoch be right (✓) or wrong (✗), image by image."""
    stored = load_stored(run).evaluation.predictions[epoch]
    right = np.array([mark == "✓" for mark in marks])
    classes = len(run.classes)
    guesses = np.where(right, stored.targets_N, (stored.targets_N + 1) % classes)
    logits_NC = np.eye(classes, dtype=np.float32)[guesses] * 4
    key = load_index(run, run.report_split).epochs[epoch].key
    save_predictions(
        run.path, run.report_split, epoch, Predictions(logits_NC, stored.targets_N, stored.sample_ids), key
    )
    return run


def copy_of(run: Run, name: str = "copy") -> Run:
    shutil.copytree(run.path, run.path.with_name(name))
    return Run(run.path.with_name(name))


def compared(old: object, new: object, rules: Rules | None = None):
    return drive(gate(find_contender(str(old)), find_contender(str(new)), rules or Rules()))


def test_a_model_that_is_worse_beyond_chance_does_not_pass(run):
    old, new = answer(copy_of(run), "✓" * 14), answer(run, "✗" * 6 + "✓" * 8)
    verdict = compared(old.path, new.path)
    assert not verdict.passed
    assert (verdict.test.fixed, verdict.test.broken) == (0, 6)
    assert verdict.checks[0].words.endswith("0 images fixed, 6 broken, p = 0.031: distinguishable with 14 images")
    assert (verdict.broken[0].image, verdict.broken[0].label, verdict.broken[0].taken_for) == (
        "test/blue/000.png",
        "blue",
        "green",
    )
    assert compared(new.path, old.path).passed
    answer(new, "✗" * 5 + "✓" * 9)
    assert compared(old.path, new.path).passed  # p = 0.0625


def test_every_rule_is_checked(run):
    old, new = answer(copy_of(run), "✓" * 14), answer(run, "✗✗" + "✓" * 12)
    rules = Rules(0.9, 1, {"blue": 0.8, "green": 0.99})
    verdict = compared(old.path, new.path, rules)
    assert {check.name: check.passed for check in verdict.checks} == {
        "not worse": True,
        "min accuracy": False,
        "max broken": False,
        "class blue": False,
        "class green": True,
    }
    words = [check.words for check in verdict.checks]
    assert "accuracy 85.7 %, at least 90.0 % asked for" in words
    assert "2 images broken, at most 1 allowed" in words
    assert "blue: 5 of 7 right, 71.4 % (35.9–91.8), at least 80.0 % asked for" in words
    assert compared(old.path, new.path, Rules(0.85, 2, {"blue": 0.7})).passed


def test_an_epoch_is_named_behind_a_colon_and_what_is_not_stored_is_computed(configure):
    run = train(configure(epochs=2))
    verdict = compared(f"{run.name}:0", f"{run.name}:2")
    assert load_stored(run).evaluation is None
    evaluation = evaluate(run)
    assert verdict.old_accuracy == evaluation.accuracy(0)
    assert verdict.new_accuracy == evaluation.accuracy(2)
    assert verdict.old == f"{run.name}, epoch 0"
    with pytest.raises(CheckpointError, match=r"has no epoch 7. Its epochs are: 0, 1, 2\."):
        find_contender(f"{run.name}:7")
    with pytest.raises(RunNotFound, match="No run 'nothing'"):
        find_contender("nothing:1")


def test_the_order_of_the_classes_does_not_matter(run):
    new = answer(run, "✗✗✗" + "✓" * 11)
    old = change_info(answer(copy_of(run), "✓" * 13 + "✗"), classes=["green", "blue"])
    stored = load_stored(old).evaluation.predictions[1]
    other = Predictions(stored.logits_NC[:, ::-1].copy(), 1 - stored.targets_N, stored.sample_ids)
    save_predictions(old.path, "test", 1, other, load_index(old, "test").epochs[1].key)
    verdict = compared(old.path, new.path)
    assert (verdict.old_accuracy.correct, verdict.test.fixed, verdict.test.broken) == (13, 1, 3)


def test_other_classes_are_refused_in_words(run):
    old = change_info(copy_of(run), classes=["blue", "violet"])
    with pytest.raises(NotComparable, match=r"copy, epoch 1 has other classes than .*: it knows violet besides"):
        compared(old.path, run.path)


def test_a_model_that_was_trained_on_the_test_images_is_refused(run, configure, colours, tmp_path):
    swapped = tmp_path / "swapped"
    shutil.copytree(colours, swapped)
    shutil.rmtree(swapped / "test")
    shutil.copytree(colours / "test/blue", swapped / "train/blue", dirs_exist_ok=True)
    old = train(configure(data={"source": str(swapped)}, epochs=1))
    with pytest.raises(NotComparable, match="was trained with 7 images of the test split of .*: test/blue/000.png,"):
        compared(old.path, run.path)


def test_test_images_of_the_old_one_that_trained_the_new_one_are_told(run, configure, colours, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(colours, moved)
    shutil.rmtree(moved / "test")
    shutil.rmtree(moved / "train")
    shutil.copytree(colours / "train", moved / "test")
    shutil.copytree(colours / "train", moved / "train")
    for path in sorted((moved / "test").rglob("*.png")):  # 19 of 21 images of each class train it, 2 test it
        keep = int(path.stem) >= 19
        (path if not keep else moved / "train" / path.relative_to(moved / "test")).unlink()
    old = train(configure(data={"source": str(moved)}, epochs=1))
    (note,) = compared(old.path, run.path).notes
    assert note.startswith(f"4 images of the test split of {old.name} trained {run.name}. They are not used here")


def test_a_run_on_other_images_answers_those_of_the_new_one(run, configure, make_images):
    old = train(configure(data={"source": str(make_images("others", seed=7, train=12, val=4, test=3))}, epochs=1))
    verdict = compared(old.path, run.path)
    assert (verdict.images, verdict.run, verdict.notes) == (14, run.name, ())
    shutil.rmtree(old.config.data.source)
    (note,) = compared(old.path, run.path).notes
    assert note.startswith(f"Whether {old.name}, epoch 1 was trained on some of these images is not known: ")


def test_without_a_test_split_it_is_said(configure, make_images):
    run = train(configure(data={"source": str(make_images("no_test", train=8, val=4))}, epochs=1))
    verdict = compared(run.path, run.path)
    assert verdict.split == "val"
    assert "has no test split: these are the val images that chose its epoch" in verdict.notes[0]


def test_an_exported_file_is_as_good_as_its_run(delivered, tmp_path):
    file, run = delivered.folder / "model.onnx", delivered.run
    verdict = compared(file, f"{run.path}:{delivered.epoch}")
    assert (verdict.test.fixed, verdict.test.broken, verdict.images, verdict.notes) == (0, 0, 8, ())
    assert verdict.old == "model.onnx"
    assert compared(run.path, file).run == run.name
    with pytest.raises(NotComparable, match="The runs of model.onnx and model.onnx are not on this machine"):
        compared(file, file)
    foreign = replace(find_contender(str(file)), fingerprint="other")
    (note,) = drive(gate(foreign, find_contender(str(run.path)), Rules())).notes
    assert (
        note == "Whether model.onnx was trained on some of these images is not known: its run is not on this machine."
    )
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"bad.onnx is not an ONNX file that this project exported"):
        find_contender(str(tmp_path / "bad.onnx"))


def test_the_command_prints_the_verdict_and_its_status_is_for_programs(run, capsys):
    old, new = answer(copy_of(run), "✓" * 14), answer(run, "✗" + "✓" * 13)
    assert main(["gate", str(old.path), str(new.path), "--max-broken", "1", "--class", "blue:0.8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "broken  test/blue/000.png: blue, taken for green" in lines
    assert lines[-1] == "passed"
    assert main(["gate", str(old.path), str(new.path), "--min-accuracy", "0.95"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["FAILED  accuracy 92.9 %, at least 95.0 % asked for", "failed"]
    assert main(["gate", str(old.path), str(new.path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] is True
    assert said["broken"] == [{"image": "test/blue/000.png", "label": "blue", "taken_for": "green"}]
    assert said["checks"][0]["name"] == "not worse"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--min-accuracy", "90"], "90 is not a fraction from 0 to 1: 90 % is 0.9"),
        (["--max-broken", "-1"], "'-1' is not a whole number from 0"),
        (["--class", "ant"], "'ant' is not NAME:FRACTION, such as ant:0.9"),
        (["--class", "ant:much"], "'much' is not a number"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(options, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["gate", "old", "new", *options])
    assert message in capsys.readouterr().err


def test_a_class_that_there_is_not_is_wrong_usage(run, capsys):
    assert main(["gate", str(run.path), str(run.path), "--class", "blu:0.9"]) == 2
    assert "There is no class 'blu'. Did you mean 'blue'?" in capsys.readouterr().err
