from pathlib import Path

import pytest
import torch

from tlcore.cli.main import main
from tlcore.delivery.export import FORMATS
from tlcore.runs.folder.run import Run, find_run

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--epochs", "2", "--device", "cpu", "--precision", "fp32"]


@pytest.fixture
def run(colours, capsys) -> Run:
    assert main(["train", "--data", str(colours), *QUICK]) == 0
    assert main(["evaluate", "latest"]) == 0
    capsys.readouterr()
    return find_run("latest")


@pytest.mark.parametrize("name", [name for name, entry in FORMATS.items() if entry.work is None])
def test_every_quick_format_is_written_and_its_path_printed(run, tmp_path, capsys, name):
    assert main(["export", "latest", "--epoch", "2", "--format", name, "--out", str(tmp_path)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == tmp_path
    assert path.name.startswith(f"{run.name}-epoch-002")
    assert len(path.read_bytes()) == len(FORMATS[name].build(run, 2))


def test_without_options_the_weights_of_the_best_epoch_on_val_land_here(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "latest"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == tmp_path
    assert torch.load(path, weights_only=True).keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "onx"], "No format named 'onx'"),
        (["--epoch", "7"], "No checkpoint of epoch 7"),
        (["--out", "/nowhere/weights.pth"], "There is no folder /nowhere to write into"),
    ],
)
def test_a_mistake_is_answered_by_one_message(run, capsys, options, message):
    assert main(["export", "latest", *options]) == 1
    assert message in capsys.readouterr().err
