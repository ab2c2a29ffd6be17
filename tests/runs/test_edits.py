"""Runs on a dataset with edits: what they store, and that they reopen as they were whatever happens to the edits."""

import shutil
from pathlib import Path

import pytest

import tlcore
from tests.support.old_runs import NAME, write_old_run
from tlcore.data.catalog import edits_path, open_dataset
from tlcore.data.edits import Edits, open_edits
from tlcore.errors import ConfigError
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.runs.folder.run import Run, find_run
from tlcore.runs.restore import plan_to_resume, relocate, reopen_dataset
from tlcore.runs.start import prepare_run
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.resolve import left_open, resolve


@pytest.fixture
def edits(colours) -> Edits:
    return open_edits(str(colours))


def ids(run: Run) -> set[str]:
    return {sample.id for sample in reopen_dataset(run)[0].samples}


def test_a_run_stores_its_edits_and_says_how_many(configure, edits):
    edits.exclude(["train/blue/000.png", "train/blue/001.png"])
    edits.relabel(["train/green/000.png"], "blue")
    run = tlcore.train(configure(epochs=1))
    assert run.config.data.edits == 2
    assert run.info.dataset.edits == {
        "lines": 2,
        "in_effect": 2,
        "without_effect": 0,
        "left_out": 2,
        "relabelled": 1,
    }
    assert (run.path / "edits.jsonl").read_bytes() == edits_path(run.config.data.source).read_bytes()
    assert run.info.dataset.counts["train"] == 40


def test_a_run_from_before_the_edits_evaluates_as_it_was(configure, edits):
    run = tlcore.train(configure(epochs=1))
    assert run.config.data.edits == 0
    before = drive(evaluate_run(run)).logits(1)
    shutil.rmtree(run.path / "predictions")
    edits.exclude(["test/blue/000.png"])
    edits.relabel(["test/blue/001.png"], "green")
    assert reopen_dataset(run)[1] == ()
    assert (drive(evaluate_run(Run(run.path))).logits(1) == before).all()


@pytest.mark.parametrize("fate", ["more", "undone", "deleted"])
def test_a_run_with_edits_reopens_as_it_was_whatever_becomes_of_the_log(configure, edits, fate):
    edits.exclude(["train/blue/000.png"])
    edits.move(["test/blue/000.png"], "train")
    run = tlcore.train(configure(epochs=1))
    trained = ids(run)
    if fate == "more":
        edits.exclude(["train/blue/001.png"])
    elif fate == "undone":
        edits.discard_all()
    else:
        edits_path(run.config.data.source).unlink()
    assert reopen_dataset(run)[1] == ()
    assert ids(run) == trained
    assert "train/blue/000.png" not in trained
    drive(execute(run, plan_to_resume(run)))


def test_a_queued_run_keeps_the_edits_of_when_it_was_asked_for(configure, edits):
    edits.exclude(["train/blue/000.png"])
    run = prepare_run(configure(epochs=1))
    edits.exclude(["train/blue/001.png"])
    drive(execute(run, plan_to_resume(run)))
    assert "train/blue/001.png" in ids(run)


def test_splits_that_were_made_here_stay_with_the_edits(configure, make_images):
    source = str(make_images("one", train=20))
    name = open_dataset(source).split("test")[0].id
    open_edits(source).move([name], "train")
    run = tlcore.train(configure(data={"source": source}, epochs=1))
    open_edits(source).undo()
    dataset, changed = reopen_dataset(run)
    assert changed == ()
    assert next(sample.split for sample in dataset.samples if sample.id == name) == "train"


def test_a_moved_dataset_is_the_same_with_the_edits_of_the_run(configure, edits, colours, tmp_path):
    edits.exclude(["train/blue/000.png"])
    run = tlcore.train(configure(epochs=1))
    colours.rename(tmp_path / "elsewhere")
    moved = relocate(run, str(tmp_path / "elsewhere"))
    assert reopen_dataset(moved)[1] == ()
    assert "train/blue/000.png" not in ids(moved)


def test_new_runs_with_the_settings_of_an_old_one_get_the_edits_of_today(configure, edits):
    edits.exclude(["train/blue/000.png"])
    run = tlcore.train(configure(epochs=1))
    edits.exclude(["train/blue/001.png"])
    again = left_open(run.config)
    assert again.data.edits is None
    assert resolve(again).data.edits == 2
    assert again.optimizer.learning_rate is None


def test_a_run_from_before_there_were_edits_has_none(colours, home):
    write_old_run(home, colours)
    run = find_run(NAME)
    open_edits(str(colours)).exclude(["train/blue/000.png"])
    assert run.config.data.edits == 0
    assert "train/blue/000.png" in ids(run)


def test_the_same_edits_are_asked_for_again_only_if_they_are_there(configure, edits, capsys):
    from tlcore.cli.main import main

    edits.exclude(["train/blue/000.png"])
    run = tlcore.train(configure(epochs=1))
    edits.exclude(["train/blue/001.png"])
    command = ["train", "--config", str(run.path / "run.json"), "--no-evaluation"]
    assert main(command) == 0
    again = Run(Path(capsys.readouterr().out.splitlines()[-1]))
    assert again.config == run.config
    assert again.info.dataset.fingerprint == run.info.dataset.fingerprint
    assert main([*command, "--edits", "2"]) == 0
    assert Run(Path(capsys.readouterr().out.splitlines()[-1])).info.dataset.counts["train"] == 40
    edits_path(run.config.data.source).unlink()
    assert main(command) == 1
    assert "with 1 edit of" in capsys.readouterr().err


def test_more_edits_than_there_are_do_not_start_a_run(configure, edits, colours):
    with pytest.raises(ConfigError, match="3 edits are asked for, and the dataset has 0"):
        tlcore.train(configure(data={"source": str(colours), "edits": 3}))
