import json

import pytest

from tlcore.cli.main import main

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32", "--workers", "0"]


@pytest.fixture
def find(colours, capsys):
    def call(*options):
        status = main(["find-lr", "--data", str(colours), *QUICK, *options])
        return status, capsys.readouterr().out

    return call


def test_find_lr_prints_a_table_and_a_suggestion(find, home):
    status, out = find("--strategy", "from_scratch", "--batch-size", "8")
    assert status == 0
    assert "Loss while the learning rate climbs" in out
    assert "1e-07" in out
    assert "the loss falls, and most of its fall is done" in out.splitlines()[-1]
    assert not (home / "runs").exists()


def test_lines_of_json_end_with_the_suggestion(find):
    status, out = find("--json", "--steps", "12", "--from", "1e-3", "--to", "0.1")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    points = [line for line in lines if "smoothed_loss" in line]
    assert len(points) == 12
    assert points[0]["learning_rate"] == pytest.approx(1e-3)
    assert lines[-1].keys() == {"suggestion"}
