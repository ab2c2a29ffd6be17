"""Training that continues from a file of another script with epoch, model, optimiser and loss."""

import argparse
import json

import numpy as np
import pytest
import torch

from tlcore import train
from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.delivery.export import FORMATS
from tlcore.errors import CheckpointError, WeightsError
from tlcore.models.build import build_model
from tlcore.runs.folder.run import Run, find_run
from tlcore.runs.restore import load_whole_state, plan_to_resume
from tlcore.runs.start import prepare_run
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.foreign import plan_from_file
from tlcore.training.history import best_epoch
from tlcore.training.plan import Plan
from tlcore.training.resolve import resolve

SCRATCH = {"strategy": {"name": "from_scratch"}, "model": {"backbone": "cifar_cnn", "weights": "none"}}
SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}


def train_on(plan: Plan, start: dict) -> Run:
    """A run that continues from such a checkpoint."""
    run = prepare_run(plan.config)
    drive(execute(run, plan, start=start))
    return run


@pytest.fixture
def train_script(colours):
    """The file that a script saves after three steps of SGD over all parameters."""

    def save(path, epoch: int = 2):
        model = build_model("cifar_cnn", "none", 2, seed=7)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        for _ in range(3):
            loss = model(torch.ones(4, 3, 32, 32)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        content = {
            "epoch": epoch,
            "model_state_dict": model.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "loss": loss,
        }
        torch.save(content, path)
        return path, model, optimizer

    return save


@pytest.mark.parametrize("strategy", ["from_scratch", "fine_tuning", "feature_extraction"])
def test_a_checkpoint_that_was_written_is_continued_to_the_same_weights(configure, tmp_path, strategy):
    model = {"backbone": "cifar_cnn", "weights": "none"}
    settings = {"model": model, "strategy": {"name": strategy}, "optimizer": SGD}
    whole = train(configure(**settings, epochs=4))
    half = train(configure(**settings, epochs=2))
    file = tmp_path / "half.pt"
    file.write_bytes(FORMATS["checkpoint"].build(half, 2))

    config = configure(**settings, epochs=4)
    plan, start = plan_from_file(resolve(config), open_dataset(config.data), file)
    continued = train_on(plan, start)
    assert continued.epochs() == [2, 3, 4]
    for epoch in (2, 3, 4):
        for name, value in load_whole_state(whole, epoch).items():
            assert torch.equal(load_whole_state(continued, epoch)[name], value), (epoch, name)


def test_the_file_of_a_plain_script_is_taken_over_whole(configure, train_script, tmp_path):
    path, model, optimizer = train_script(tmp_path / "script.tar")
    config = configure(**SCRATCH, optimizer=SGD, epochs=3)
    plan, start = plan_from_file(resolve(config), open_dataset(config.data), path)
    assert all(torch.equal(start.model[name], value) for name, value in model.state_dict().items())
    kept = [state["momentum_buffer"] for _, state in sorted(start.optimizer["state"].items())]
    expected = [optimizer.state[parameter]["momentum_buffer"] for parameter in model.parameters()]
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(kept, expected, strict=True))

    run = train_on(plan, start)
    first, last = run.history()
    assert (first.epoch, last.epoch) == (2, 3)
    assert first.train_loss == pytest.approx(torch.load(path, weights_only=True)["loss"].item())
    assert last.train_accuracy is not None


def test_a_written_checkpoint_loads_into_a_plain_script(configure, tmp_path):
    run = train(configure(**SCRATCH, optimizer=SGD, epochs=2))
    file = tmp_path / "ours.pt"
    file.write_bytes(FORMATS["checkpoint"].build(run, 2))
    content = torch.load(file, weights_only=True)
    assert content.keys() == {"epoch", "model_state_dict", "optimizer_state_dict", "loss"}
    assert content["epoch"] == 2
    assert content["loss"] == run.history()[-1].train_loss

    model = build_model("cifar_cnn", "none", 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    model.load_state_dict(content["model_state_dict"])
    optimizer.load_state_dict(content["optimizer_state_dict"])
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert optimizer.state[model.classifier[3].weight]["momentum_buffer"].shape == (2, 128)


def test_an_epoch_without_its_optimisers_state_cannot_be_written(configure):
    run = train(configure(epochs=3, optimizer={"name": "adam", "learning_rate": 0.1}))
    dropped = next(epoch for epoch in run.epochs() if epoch not in (3, best_epoch(run.history())))
    with pytest.raises(CheckpointError, match=rf"Epoch {dropped} of .* keeps no optimiser state.*last and the best"):
        FORMATS["checkpoint"].build(run, dropped)


def test_a_run_that_began_elsewhere_is_resumed_like_any_other(configure, train_script, tmp_path):
    path, *_ = train_script(tmp_path / "script.pt", epoch=1)
    config = configure(**SCRATCH, optimizer=SGD, epochs=4)
    plan, start = plan_from_file(resolve(config), open_dataset(config.data), path)
    whole = train_on(plan, start)

    plan, start = plan_from_file(resolve(config), open_dataset(config.data), path)
    run = prepare_run(plan.config)
    drive(execute(run, plan, start=start, should_stop=lambda: len(run.epochs()) == 2))
    assert run.status().state == "stopped"
    drive(execute(run, plan_to_resume(run)))
    assert run.epochs() == [1, 2, 3, 4]
    figures = [[(record.epoch, record.val_loss) for record in each.history()] for each in (whole, run)]
    assert figures[0] == figures[1]


def test_a_file_saved_on_a_gpu_is_read_without_one(configure, train_script, tmp_path, on_a_gpu):
    path, model, _ = train_script(tmp_path / "script.pt")
    on_a_gpu(path)
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(path, weights_only=True)
    config = configure(**SCRATCH, optimizer=SGD, epochs=3)
    _, start = plan_from_file(resolve(config), open_dataset(config.data), path)
    assert torch.equal(start.model["classifier.3.bias"], model.classifier[3].bias)
    assert all(value.device.type == "cpu" for state in start.optimizer["state"].values() for value in state.values())


def test_other_files_cannot_be_continued_and_are_refused_with_the_reason(configure, train_script, tmp_path):
    path, *_ = train_script(tmp_path / "script.pt", epoch=5)
    data = open_dataset(configure().data)
    with pytest.raises(CheckpointError, match=r"saved after epoch 5, and the run has 3.*--epochs 8"):
        plan_from_file(resolve(configure(**SCRATCH, optimizer=SGD, epochs=3)), data, path)
    with pytest.raises(CheckpointError, match=r"script.pt cannot be continued. .* which is not adam's"):
        plan_from_file(resolve(configure(**SCRATCH, optimizer={"name": "adam"}, epochs=9)), data, path)
    with pytest.raises(WeightsError, match=r"script.pt do not fit small_cnn with 2 classes"):
        plan_from_file(resolve(configure(epochs=9)), data, path)


def test_the_command_continues_from_a_file(colours, train_script, tmp_path, capsys):
    path, *_ = train_script(tmp_path / "script.pt", epoch=1)
    options = ["--backbone", "cifar_cnn", "--strategy", "from_scratch", "--optimizer", "sgd", "--epochs", "2"]
    command = ["train", "--data", str(colours), "--device", "cpu", "--precision", "fp32", *options]
    assert main([*command, "--continue-from", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "epoch 1/2  trained elsewhere" in printed
    assert "epoch 2/2  train loss" in printed
    lines = (find_run("latest").path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


@pytest.mark.parametrize("strategy", ["from_scratch", "fine_tuning", "feature_extraction"])
def test_a_checkpoint_out_of_a_run_folder_is_continued_like_a_written_one(configure, tmp_path, strategy):
    model = {"backbone": "cifar_cnn", "weights": "none"}
    settings = {"model": model, "strategy": {"name": strategy}, "optimizer": SGD}
    whole = train(configure(**settings, epochs=4))
    half = train(configure(**settings, epochs=2))
    config = configure(**settings, epochs=4)
    plan, start = plan_from_file(resolve(config), open_dataset(config.data), half.checkpoints / "epoch-002.pt")
    assert start.train_loss == half.history()[-1].train_loss
    continued = train_on(plan, start)
    for name, value in load_whole_state(whole, 4).items():
        assert torch.equal(load_whole_state(continued, 4)[name], value), name
    trunk = build_model("cifar_cnn", str(half.checkpoints / "epoch-002.pt"), 2).state_dict()
    name = "features.conv1.weight"
    assert torch.equal(trunk[name], load_whole_state(half, 2)[name])


def test_an_optimisers_state_follows_the_head_into_the_order_of_the_runs_classes(configure, train_script, tmp_path):
    path, *_ = train_script(tmp_path / "script.pt", epoch=1)
    content = torch.load(path, weights_only=True)
    torch.save({**content, "class_to_idx": {"blue": 1, "green": 0}}, tmp_path / "swapped.pt")
    config = configure(**SCRATCH, optimizer=SGD, epochs=3)
    data = open_dataset(config.data)
    plain, swapped = (plan_from_file(resolve(config), data, tmp_path / name) for name in ("script.pt", "swapped.pt"))
    assert "its head was put into the order of this run" in swapped[0].notices[-1]
    weights = [start.model["classifier.3.weight"] for _, start in (plain, swapped)]
    assert torch.equal(weights[1], weights[0].flip(0))
    kept = [start.optimizer["state"] for _, start in (plain, swapped)]
    assert kept[0].keys() == kept[1].keys()
    of_head = [index for index, state in kept[0].items() if len(state["momentum_buffer"]) == 2]
    assert len(of_head) == 2
    for index, state in kept[0].items():
        theirs = kept[1][index]["momentum_buffer"]
        assert torch.equal(theirs, state["momentum_buffer"].flip(0) if index in of_head else state["momentum_buffer"])


def test_numpy_numbers_and_options_beside_the_weights_are_accepted(configure, train_script, tmp_path):
    path, *_ = train_script(tmp_path / "script.pt", epoch=1)
    content = torch.load(path, weights_only=True)
    extra = {"epoch": np.int64(1), "loss": np.float64(0.5), "args": argparse.Namespace(lr=0.1)}
    torch.save({**content, **extra}, path)
    config = configure(**SCRATCH, optimizer=SGD, epochs=3)
    _, start = plan_from_file(resolve(config), open_dataset(config.data), path)
    assert (start.epoch, start.train_loss) == (1, 0.5)
