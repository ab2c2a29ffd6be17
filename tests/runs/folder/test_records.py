"""Damaged, hostile, old or too new records in a run folder: all other records are still read."""

import json

import pytest
import torch

from tests.support.records import write_run
from tlcore.cli.main import main
from tlcore.errors import CheckpointError, RunUnreadable
from tlcore.runs.folder.checkpoints import load_checkpoint, save_checkpoint
from tlcore.runs.folder.run import Run, find_run, list_runs, split_readable
from tlcore.runs.folder.status import read_status
from tlcore.runs.progress import describe, fraction_done
from tlcore.runs.work.turn import live_runs
from tlcore.training.checkpoint import Checkpoint

LINE = {
    "epoch": 0,
    "train_loss": None,
    "train_accuracy": None,
    "val_loss": 0.6,
    "val_accuracy": 0.5,
    "learning_rates": {"head": 0.01},
    "seconds": 2.0,
    "images_per_s": 5.0,
}
DEEP = "[" * 100_000


@pytest.fixture
def run(home):
    made = write_run(home / "runs/20260101-000000-a")
    (made.path / "metrics.jsonl").write_text("".join(json.dumps({**LINE, "epoch": epoch}) + "\n" for epoch in (0, 1)))
    return made


@pytest.fixture
def bad(home, run):
    """A second, newer run folder whose files the tests damage."""
    return write_run(home / "runs/20260102-000000-b")


def rewrite(run, **changes):
    info = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**info, **changes}))
    return Run(run.path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it cannot be read as JSON"),
        ('{"config": 1}', "config: "),
        ("[]", "(given: a list)"),
        (DEEP, "nested too deeply"),
        ('{"format": ' + "9" * 5000 + "}", "is too large"),
        ('{"format": "one"}', "has no number as its format"),
    ],
)
def test_a_damaged_description_hides_no_other_run(run, bad, content, problem, capsys):
    (bad.path / "run.json").write_text(content)
    readable, unreadable = split_readable(list_runs())
    assert readable == [run]
    assert problem in unreadable[bad.name]
    assert main(["runs"]) == 0
    printed = capsys.readouterr()
    assert run.name in printed.out
    assert f"{bad.name} │ unreadable" in printed.out
    assert problem in printed.err
    for command in ("resume", "evaluate"):
        assert main([command, bad.name]) == 1
        assert "error: " in capsys.readouterr().err


def test_a_folder_in_place_of_a_file_is_no_description(run, bad):
    (bad.path / "run.json").unlink()
    (bad.path / "run.json").mkdir()
    assert split_readable(list_runs())[0] == [run]
    with pytest.raises(RunUnreadable, match=r"run\.json is a folder, so it is not the description of a run"):
        _ = Run(bad.path).info


def test_a_description_by_a_newer_version_is_refused_in_words(run):
    newer = rewrite(run, format=2)
    with pytest.raises(RunUnreadable, match=r"made by a newer version of this project \(format 2, and .* up to 1\)"):
        _ = newer.info


def test_a_current_description_keeps_the_stored_facts(run):
    info = rewrite(run, device="cpu: some", sweep="s", recipe="mine", note_of_mine=3).info
    assert (info.format, info.device, info.sweep, info.recipe) == (1, "cpu: some", "s", "mine")


@pytest.mark.parametrize(
    "line",
    ["{", "null", '{"epoch": 1}', DEEP, json.dumps({**LINE, "val_accuracy": 7.0}), '{"epoch": NaN}', "\x00\x00"],
)
def test_a_damaged_line_costs_its_epoch_alone(run, line, capsys):
    path = run.path / "metrics.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{line}\n{second}\n")
    assert [record.epoch for record in run.history()] == [0, 1]
    assert len(run.problems()) == 1
    assert f"Line 2 of {path} is not the record of an epoch" in run.problems()[0]
    assert main(["runs"]) == 0
    printed = capsys.readouterr()
    assert "50.0 %" in printed.out
    assert "Line 2 of" in printed.err


def test_an_epoch_recorded_twice_counts_once(run):
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({**LINE, "epoch": 1, "val_loss": 0.2}) + "\n")
    assert [(record.epoch, record.val_loss) for record in run.history()] == [(0, 0.6), (1, 0.2)]


@pytest.mark.parametrize("content", ["{", '{"id": 1}', '[{"id": [1]}]', DEEP])
def test_a_damaged_list_of_images_is_reported(run, content):
    (run.path / "left_out.json").write_text(content)
    assert run.skipped_ids() == set()
    assert "is not a list of images" in run.problems()[0]


@pytest.mark.parametrize(
    "status",
    [
        {"done": -2e29, "total": 3},
        {"pid": "x"},
        {"epoch": 10**400},
        {"images_per_s": -1.0},
        {"error": ["a"]},
        {"heartbeat": 1e300},
    ],
)
def test_a_status_of_other_values_is_none(run, status):
    (run.path / "status.json").write_text(json.dumps({"state": "running", "phase": "train", **status}))
    found = read_status(run.path)
    assert found.state == "interrupted"
    assert 0 <= fraction_done(found) <= 1
    assert describe(found) == "interrupted"


def test_a_live_status_of_a_run_without_description_is_not_shown(run, bad):
    from tlcore.runs.folder.status import write_status

    write_status(run.path, "running")
    write_status(bad.path, "running")
    (bad.path / "run.json").write_text("{")
    assert live_runs() == [run]


def test_a_name_that_no_file_can_have_is_no_run(run):
    from tlcore.errors import RunNotFound

    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(RunNotFound):
            find_run(name)


def test_a_checkpoint_goes_to_its_file_and_back(run):
    (run.path / "checkpoints").mkdir()
    before = Checkpoint(
        epoch=1, model={"w": torch.ones(2)}, metrics=run.history()[1], averaged_steps=3, frozen_digest="abc"
    )
    save_checkpoint(run.checkpoints, before)
    after = load_checkpoint(run.checkpoints, 1)
    assert torch.equal(after.model["w"], torch.ones(2))
    assert (after.epoch, after.metrics, after.averaged_steps, after.frozen_digest) == (1, before.metrics, 3, "abc")
    assert not after.can_continue


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"format": 2, "epoch": 1, "model": {}}, "made by a newer version of this project (format 2"),
        ({"epoch": 1}, "holds no model"),
        ({"epoch": 1, "model": {"w": 3}}, "holds no model"),
        ({"model": {}}, "does not say its epoch"),
        ({"epoch": 1, "model": {}, "optimizer": 3}, "its optimizer is not a dictionary"),
        ({"epoch": 1, "model": {}, "metrics": {"epoch": 1}}, "is not the record of an epoch"),
        ([1], "is not a checkpoint of this project"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused_with_the_reason(run, content, problem):
    (run.path / "checkpoints").mkdir()
    torch.save(content, run.checkpoints / "epoch-001.pt")
    with pytest.raises(CheckpointError) as failure:
        load_checkpoint(run.checkpoints, 1)
    assert problem in str(failure.value)
