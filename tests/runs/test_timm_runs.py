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


@pytest.fixture(params=["timm:test_resnet", "timm:test_vit"])
def run(request, configure):
    """Fine-tuned for an epoch at a size of its own: the vision transformer is made for 160 px."""
    config = configure(
        model={"backbone": request.param, "weights": "none"},
        strategy={"name": "fine_tuning", "freeze_up_to": "stem"},
        eval_transform=SMALL,
        train_transform=SMALL,
        epochs=1,
    )
    return train(config)


def test_a_run_is_evaluated_exported_and_imported(run, colours, tmp_path):
    assert ":" not in run.path.name
    evaluate(run)
    image = next((colours / "test").rglob("*.png"))
    predicted = load_predictor(run, 1, device="cpu").predict(image)
    weights = tmp_path / file_name(run, 1, "pth")
    weights.write_bytes(FORMATS["pth"].build(run, 1))
    script = FORMATS["python"].build(run, 1).decode()
    assert "tlcore" not in script
    (tmp_path / "photo.jpg").write_bytes(image.read_bytes())
    printed = subprocess.run([sys.executable, "-"], input=script, cwd=tmp_path, capture_output=True, text=True)
    assert printed.stderr == ""
    assert dict(eval(printed.stdout)) == pytest.approx(dict(predicted), abs=1e-5)

    number = drive(import_epoch(run, weights))
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
