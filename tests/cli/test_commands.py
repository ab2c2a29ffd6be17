import json
import re
from pathlib import Path

import pytest
import torch

from tlcore.cli.main import main
from tlcore.models.zoo import ZOO
from tlcore.runs.folder.run import find_run

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--epochs", "2", "--device", "cpu", "--precision", "fp32"]


@pytest.fixture
def train(colours, capsys):
    def call(*options):
        status = main(["train", "--data", str(colours), *QUICK, *options])
        return status, capsys.readouterr()

    return call


def test_train_reports_progress_and_prints_only_the_path_of_the_run_last(train, home):
    status, printed = train()
    lines = printed.out.splitlines()
    assert status == 0
    assert Path(lines[-1]).parent == home / "runs"
    assert (Path(lines[-1]) / "run.json").exists()
    assert "2 classes, 42 train, 18 val, 14 test" in printed.out
    assert "device   cpu" in printed.out
    assert "fp32 (as requested)" in printed.out
    assert "epoch 0/2  untrained head" in printed.out
    assert "epoch 2/2  train loss" in printed.out
    assert "Best on val: epoch" in printed.out


def test_a_finished_training_is_tested_on_images_that_chose_nothing_unless_that_is_not_wanted(train):
    assert "Keep epoch" in train()[1].out
    assert len(list((find_run("latest").path / "predictions/test").glob("epoch-*.npz"))) == 3
    printed = train("--no-evaluation")[1].out
    assert "Keep epoch" not in printed
    assert "What that is worth on images that chose nothing: python -m tlcore evaluate" in printed
    assert not (find_run("latest").path / "predictions/test").exists()


def test_the_accuracy_of_a_dataset_without_test_split_says_so(make_images, capsys):
    assert main(["train", "--data", str(make_images("two", train=6, val=4)), *QUICK]) == 0
    out = capsys.readouterr().out
    assert "There is no test split to tell" in out
    assert main(["evaluate", "latest"]) == 0
    assert "so this is optimistic: there is no test split" in capsys.readouterr().out


def test_a_dry_run_shows_groups_and_projections_and_writes_nothing(train, home):
    status, printed = train("--dry-run", "--strategy", "fine_tuning", "--lr-decay", "0.5", "--freeze-up-to", "block1")
    assert status == 0
    for words in ("block1", "frozen", "trained", "2 epochs", "Projected time", "Projected disk", "RandomResizedCrop"):
        assert words in printed.out
    assert not (home / "runs").exists()


def test_a_run_file_trains_the_same_run_again(train, capsys):
    first = Path(train("--lr", "0.01", "--augment", "gentle", "--seed", "5")[1].out.splitlines()[-1])
    assert main(["train", "--config", str(first / "run.json")]) == 0
    second = Path(capsys.readouterr().out.splitlines()[-1])
    assert second != first
    losses = [[json.loads(line)["val_loss"] for line in (run / "metrics.jsonl").open()] for run in (first, second)]
    assert losses[0] == losses[1]


def test_options_override_a_config_file(train, tmp_path, colours, capsys):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"data": {"source": "elsewhere"}, "epochs": 9, "batch_size": 4}))
    train("--config", str(path))
    config = find_run("latest").config
    assert (config.epochs, config.batch_size, config.data.source) == (2, 4, str(colours))


def test_every_kind_of_option_reaches_the_config(train):
    train(
        *("--strategy", "fine_tuning", "--group-lr", "block1=0.01", "--group-lr", "head=0.1"),
        *("--optimizer", "sgd", "--nesterov", "--momentum", "0.8", "--class-weights", "green=2,blue=0.5"),
        *("--schedule", "cosine", "--warmup", "0.5", "--ema", "0.9", "--clip", "1", "--augment", "none"),
    )
    config = find_run("latest").config
    assert config.strategy.learning_rates == {"block1": 0.01, "head": 0.1}
    assert (config.optimizer.name, config.optimizer.nesterov, config.optimizer.momentum) == ("sgd", True, 0.8)
    assert config.loss.class_weights == {"green": 2.0, "blue": 0.5}
    assert (config.schedule.name, config.schedule.warmup_epochs) == ("cosine", 0.5)
    assert (config.ema_decay, config.gradient_clip) == (0.9, 1.0)
    assert config.train_transform == config.eval_transform


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "/nowhere"], "There is nothing at /nowhere"),
        (["--backbone", "resnet81"], "No backbone named 'resnet81'. Did you mean 'resnet18'?"),
        (["--weights", "missing.pth"], "No weights file at missing.pth"),
        (["--optimizer", "adamax"], "No optimiser named 'adamax'"),
        (["--schedule", "cosin"], "No schedule named 'cosin'. Did you mean 'cosine'?"),
        (["--epochs", "0"], "epochs: Input should be greater than or equal to 1"),
        (["--group-lr", "head"], "--group-lr takes NAME=NUMBER, not 'head'"),
        (
            ["--strategy", "fine_tuning", "--freeze-up-to", "blok1"],
            "has no layer group 'blok1'. Did you mean 'block1'?",
        ),
        (["--device", "gpu"], "No device named 'gpu'"),
        (["--backbone", "vit_b_16", "--config", "CONFIG"], "vit_b_16 needs images of exactly 224 px"),
    ],
)
def test_a_mistake_is_answered_by_one_message_and_leaves_no_run(train, home, tmp_path, options, message):
    small = {"operations": [{"op": "Resize", "size": 64}, {"op": "CenterCrop", "size": 64}]}
    (tmp_path / "c.json").write_text(json.dumps({"data": {"source": "x"}, "eval_transform": small}))
    status, printed = train(*[str(tmp_path / "c.json") if option == "CONFIG" else option for option in options])
    assert status == 1
    assert printed.err.startswith("error: ")
    assert message in printed.err
    assert not list(home.glob("runs/*"))


def test_train_without_any_option_trains_a_pretrained_backbone_on_the_demo(drawn_demo, capsys):
    assert main(["train"]) == 0
    printed = capsys.readouterr()
    run = find_run(printed.out.splitlines()[-1])
    assert run.config.data.source == "demo"
    assert (run.config.model.backbone, run.config.model.weights) == ("efficientnet_lite0", "imagenet")
    assert run.status().state == "finished"
    assert max(record.val_accuracy for record in run.history()) > 0.7
    assert "1 unreadable image is left out" in printed.err


def test_unreadable_images_are_counted_and_named(train, colours):
    for number in range(12):
        (colours / f"train/blue/{number:03d}.png").write_bytes(b"")
    _, printed = train()
    assert "12 unreadable images are left out" in printed.err
    assert "train/blue/000.png: empty file" in printed.err
    assert "and 2 more" in printed.err


def test_the_interval_counts_only_the_images_that_were_read(train, colours):
    for path in colours.glob("val/*/*"):
        if path.name != "000.png":
            path.write_bytes(b"")
    out = train()[1].out
    # Wilson's interval for 0, 1 and 2 of 2 images, by its formula: (k + z²/2 ± z √(k (2 - k) / 2 + z²/4)) / (2 + z²)
    intervals = {"0.0": "0.0 % to 65.8 %", "50.0": "9.5 % to 90.5 %", "100.0": "34.2 % to 100.0 %"}
    accuracy = re.search(r"Best on val: epoch \d+ with ([\d.]+) %", out)[1]
    assert f"with {accuracy} % (95 % interval {intervals[accuracy]})" in out


def test_runs_lists_all_runs(train, capsys):
    assert main(["runs"]) == 0
    assert "No runs in" in capsys.readouterr().out
    path = train()[1].out.splitlines()[-1]
    main(["runs"])
    assert Path(path).name in capsys.readouterr().out
    main(["runs", "--paths"])
    assert capsys.readouterr().out.strip() == path


def test_evaluate_shows_every_epoch_and_which_one_to_keep(train, capsys):
    train()
    assert main(["evaluate", "latest"]) == 0
    out = capsys.readouterr().out
    assert "Every epoch on test, 14 images" in out
    assert "95 % interval" in out
    assert "chosen on val" in out
    assert "precision" in out
    assert "Confusion" in out


def test_evaluate_lists_the_worst_confusions_of_many_classes(tmp_path, capsys):
    from PIL import Image

    for number in range(14):
        for split in ("train", "val", "test"):
            folder = tmp_path / "many" / split / f"class {number:02d}"
            folder.mkdir(parents=True)
            for image in range(2):
                Image.new("RGB", (32, 32), (17 * number, 255 - 17 * number, image)).save(folder / f"{image}.png")
    main(["train", "--data", str(tmp_path / "many"), *QUICK])
    capsys.readouterr()
    assert main(["evaluate", "latest"]) == 0
    out = capsys.readouterr().out
    assert "top-5 accuracy" in out
    assert "Most frequent confusions" in out


def test_predict_names_classes_and_continues_after_an_unreadable_image(train, colours, tmp_path, capsys):
    train()
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    good = str(colours / "test/green/000.png")
    assert main(["predict", "latest", str(tmp_path / "bad.jpg"), good, "--top", "1", "--epoch", "1"]) == 1
    printed = capsys.readouterr()
    assert "bad.jpg: not an image" in printed.err
    assert printed.out.startswith(f"{good}: ")
    assert printed.out.strip().endswith("%")
    assert printed.out.count(",") == 0


def test_predict_finds_the_images_below_a_folder_and_leaves_other_files_out(train, colours, tmp_path, capsys):
    train()
    (colours / "test/green/notes.txt").write_text("no image")
    assert main(["predict", "latest", str(colours / "test")]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 14
    assert "Not counted: 1 file, no images, like green/notes.txt." in printed.err
    (tmp_path / "nothing").mkdir()
    assert main(["predict", "latest", str(tmp_path / "nothing")]) == 1
    assert "There are no images in" in capsys.readouterr().err


def test_resume_of_a_finished_run_says_so(train, capsys):
    path = train()[1].out.splitlines()[-1]
    assert main(["resume", "latest"]) == 0
    printed = capsys.readouterr()
    assert "is finished: all 2 epochs are there" in printed.err
    assert printed.out.strip() == path


def test_commands_on_an_unknown_run_list_the_known_ones(train, capsys):
    train()
    for command in (["evaluate", "nothing"], ["resume", "nothing"], ["predict", "nothing", "x.jpg"]):
        assert main(command) == 1
        assert "No run 'nothing'" in capsys.readouterr().err


def test_zoo_lists_every_architecture(capsys):
    assert main(["zoo"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ZOO)
    assert "BSD-3-Clause" in out


def test_class_names_are_shown_as_they_are_not_as_markup(make_images, capsys):
    root = make_images("odd", train=4, val=2, test=2)
    for split in ("train", "val", "test"):
        (root / split / "blue").rename(root / split / "[red]x")
    main(["train", "--data", str(root), *QUICK])
    main(["evaluate", "latest"])
    assert "[red]x" in capsys.readouterr().out


def test_a_replaced_head_in_the_weights_is_accepted(train, tmp_path):
    from tlcore.models.build import build_model

    torch.save(build_model("small_cnn", "none", 7).state_dict(), tmp_path / "seven.pth")
    assert train("--weights", str(tmp_path / "seven.pth"))[0] == 0
