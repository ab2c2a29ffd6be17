"""A run of a network of timm goes all the way, as any other: training, resuming, exporting, predicting."""

import subprocess
import sys

import pytest
import torch

from tlcore import train
from tlcore.cli.main import main
from tlcore.delivery.export import FORMATS, file_name
from tlcore.evaluation.evaluate import evaluate
from tlcore.evaluation.imported import import_epoch
from tlcore.evaluation.predict import load_predictor
from tlcore.runs.folder.run import find_run
from tlcore.system.drive import drive

SMALL = {"operations": [{"op": "Resize", "size": 32}, {"op": "CenterCrop", "size": 32}]}


NETWORKS = ("timm:test_resnet", "timm:test_vit")
RUN_EACH = (
    "import sys; [exec(compile(open(name).read(), name, 'exec'), {'__name__': '__main__'}) for name in sys.argv[1:]]"
)


@pytest.fixture
def runs(configure):
    """Fine-tuned for an epoch at a size of its own: the vision transformer is made for 160 px."""
    return [
        train(
            configure(
                model={"backbone": backbone, "weights": "none"},
                strategy={"name": "fine_tuning", "freeze_up_to": "stem"},
                eval_transform=SMALL,
                train_transform=SMALL,
                epochs=1,
            )
        )
        for backbone in NETWORKS
    ]


def test_runs_are_evaluated_exported_and_imported(runs, colours, tmp_path):
    image = next((colours / "test").rglob("*.png"))
    (tmp_path / "photo.jpg").write_bytes(image.read_bytes())
    predicted, scripts = [], []
    for run in runs:
        assert ":" not in run.path.name
        evaluate(run)
        predicted.append(dict(load_predictor(run, 1, device="cpu").predict(image)))
        (tmp_path / file_name(run, 1, "pth")).write_bytes(FORMATS["pth"].build(run, 1))
        scripts.append(tmp_path / f"{run.name}.py")
        scripts[-1].write_bytes(FORMATS["python"].build(run, 1))
        assert "tlcore" not in scripts[-1].read_text()
    command = [sys.executable, "-c", RUN_EACH, *map(str, scripts)]  # one process: it loads torch and timm once
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert printed.stderr == ""
    for line, expected in zip(printed.stdout.splitlines(), predicted, strict=True):
        assert dict(eval(line)) == pytest.approx(expected, abs=1e-5)
    for run in runs:
        number = drive(import_epoch(run, tmp_path / file_name(run, 1, "pth")))
        first, second = (load_predictor(run, epoch, device="cpu").model.state_dict() for epoch in (1, number))
        assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_frozen_features_are_used_and_a_run_continues_from_its_file(configure, capsys, tmp_path, colours):
    config = configure(model={"backbone": "timm:test_vit", "weights": "none"}, eval_transform=SMALL, epochs=1)
    run = train(config)
    (tmp_path / "state.pt").write_bytes(FORMATS["checkpoint"].build(run, 1))
    options = ["--backbone", "timm:test_vit", "--weights", "none", "--device", "cpu", "--epochs", "2"]
    (tmp_path / "config.json").write_text(config.replace(epochs=2).model_dump_json())
    status = main(
        ["train", "--config", str(tmp_path / "config.json"), *options, "--continue-from", str(tmp_path / "state.pt")]
    )
    assert status == 0
    assert find_run("latest").history()[-1].epoch == 2
    capsys.readouterr()
