import json

import pytest

from tlcore.cli.main import main
from tlcore.data.edits import open_edits
from tlcore.evaluation.worth import Worth
from tlcore.runs.folder.run import list_runs

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32", "--workers", "0"]
HEAD = ["--epochs", "4", "--lr", "0.02", "--batch-size", "8"]


@pytest.fixture
def worth(colours, capsys):
    def call(*options):
        status = main(["worth", "--data", str(colours), *QUICK, *HEAD, *options])
        return status, capsys.readouterr()

    return call


@pytest.fixture
def edited(colours):
    edits = open_edits(str(colours))
    edits.relabel([f"train/blue/{number:03d}.png" for number in range(18)], "green")
    edits.exclude(["test/green/000.png"])
    return edits


def test_it_prints_both_heads_and_what_to_make_of_them(worth, edited, home):
    status, said = worth()
    assert status == 0
    assert "A head on small_cnn, judged on test" in said.out
    assert "Images to learn from and to choose the epoch by: 18 relabelled." in said.out
    assert "on the same 13 test images." in said.out
    assert "The test images themselves were edited (1 left out)." in said.out
    assert "Broken" in said.out
    assert not (home / "runs").exists()


def test_any_two_versions_can_be_compared(worth, edited):
    _, said = worth("--json", "--before", "1", "--edits", "2")
    told = [json.loads(line) for line in said.out.splitlines()]
    found = Worth.model_validate(told[-1]["worth"])
    assert (found.before.edits, found.after.edits) == (1, 2)
    assert found.learned.total == 0
    assert {line["phase"] for line in told[:-1]} >= {"features", "train"}


def test_keep_trains_both_as_runs(worth, edited):
    status, said = worth("--keep")
    runs = {run.config.data.edits: run for run in list_runs()}
    assert status == 0
    assert sorted(runs) == [0, 2]
    assert [str(runs[version].path) for version in (0, 2)] == said.out.splitlines()[-2:]
    assert all(len(run.history()) == 5 for run in runs.values())


def test_without_edits_there_is_nothing_to_measure(worth):
    status, said = worth()
    assert status == 1
    assert "error: There is nothing to measure: both versions of the dataset have the same images" in said.err
