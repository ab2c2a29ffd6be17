"""Recipes as commands, each on data in the layout of its exercise."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from tlcore.cli.main import main
from tlcore.recipes.builtin import BUILTIN
from tlcore.runs.folder.run import Run, find_run

CPU = ["--device", "cpu", "--precision", "fp32", "--workers", "0"]


def trained(*options: str) -> Run:
    assert main(["train", *options, *CPU]) == 0
    return find_run("latest")


@pytest.fixture
def hymenoptera(make_images) -> Path:
    """Class folders at the place where the project expects the photographs."""
    return make_images("home/datasets/hymenoptera_data", train=5, val=3)


@pytest.fixture
def cats_dogs(tmp_path) -> Path:
    folder = tmp_path / "cats-dogs"
    for split, count in (("train", 8), ("test", 3)):
        for name, colour in (("Cat", (200, 90, 40)), ("Dog", (60, 90, 200))):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (50 + number, 40), colour).save(folder / split / name / f"{number}.jpg")
    return folder


@pytest.mark.parametrize("name", [name for name in BUILTIN if name.startswith("ants-bees")])
def test_a_recipe_runs_on_another_backbone_with_one_option(hymenoptera, name):
    run = trained("--recipe", name, "--backbone", "small_cnn", "--weights", "none", "--epochs", "1")
    recipe = BUILTIN[name].config
    assert run.config.data.source == str(hymenoptera)
    assert (run.config.model.backbone, run.config.epochs) == ("small_cnn", 1)
    assert run.config.optimizer.model_dump() == recipe.optimizer.model_dump()
    assert run.config.batch_size == recipe.batch_size
    stated = {name: value for name, value in recipe.strategy.model_dump().items() if value is not None}
    assert run.config.strategy.model_dump() == run.config.strategy.model_dump() | stated
    assert [step.op for step in run.config.train_transform.operations] == ["RandomResizedCrop", "RandomHorizontalFlip"]
    assert run.epochs() == [0, 1]


def test_three_learning_rates_reach_the_groups_of_the_chosen_backbone(hymenoptera):
    run = trained(
        "--recipe", "ants-bees-vgg16-finetune", "--backbone", "cifar_cnn", "--weights", "none", "--epochs", "1"
    )
    assert run.history()[-1].learning_rates == {"conv1": 1e-4, "classifier": 5e-4, "head": 1e-3}


def test_cats_and_dogs_makes_a_val_split_and_reports_on_test(cats_dogs):
    options = ["--backbone", "small_cnn", "--weights", "none", "--epochs", "2"]
    run = trained("--recipe", "cats-dogs-resnet18", "--data", str(cats_dogs), *options)
    assert run.classes == ("Cat", "Dog")
    assert run.info.dataset.counts == {"train": 14, "val": 2, "test": 6}
    assert run.report_split == "test"
    assert main(["evaluate", run.name]) == 0


def test_fashion_mnist_is_trained_from_torchvisions_files(fashion):
    run = trained("--recipe", "fashion-mnist", "--epochs", "1")
    assert run.info.dataset.name == "FashionMNIST"
    assert run.info.dataset.counts == {"train": 80, "val": 20, "test": 10}
    assert run.classes[0] == "T-shirt/top"


def test_the_same_is_trained_from_a_copy_elsewhere(fashion, tmp_path):
    fashion.parent.rename(tmp_path / "FashionMNIST")
    run = trained("--recipe", "fashion-mnist", "--data", str(tmp_path / "FashionMNIST/raw"), "--epochs", "1")
    assert run.info.dataset.counts["test"] == 10


def test_the_same_is_trained_from_a_table_of_file_names_and_labels(tmp_path):
    rows = []
    for number in range(60):
        Image.new("L", (28, 28), 4 * number).save(tmp_path / f"{number}.png")
        rows.append((f"{number}.png", number % 10, "test" if number >= 50 else "train"))
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label", "split"), *rows])
    run = trained("--recipe", "fashion-mnist", "--data", str(tmp_path / "labels.csv"), "--epochs", "1")
    assert run.classes == tuple(map(str, range(10)))
    assert run.info.dataset.counts == {"train": 40, "val": 10, "test": 10}


def test_cifar_prints_the_loss_of_its_batches_and_saves_weights_that_are_loaded_again(cifar, capsys):
    run = trained("--recipe", "cifar10-cnn", "--epochs", "1", "--batch-size", "16", "--report-every", "2")
    lines = [line for line in capsys.readouterr().out.splitlines() if ", batch " in line]
    assert [line.split(":")[0] for line in lines] == ["epoch 1, batch 2/5", "epoch 1, batch 4/5"]
    assert run.config.model.backbone == "cifar_cnn"
    assert main(["evaluate", run.name]) == 0  # reads the files of both epochs
    assert "Keep epoch" in capsys.readouterr().out


def test_missing_data_is_one_message(home, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, words in {
        "ants-bees-vgg16": f"Put it at {home / 'datasets/hymenoptera_data'}",
        "cats-dogs-resnet18": "train/Cat, train/Dog, test/Cat and test/Dog",
        "fashion-mnist": "FashionMNIST is not on this machine. Put these files into",
        "cifar10-cnn": "data_batch_1",
        "imagenet-predict": "a photograph of yours, or a folder of some",
    }.items():
        assert main(["train", "--recipe", name]) == 1
        assert words in capsys.readouterr().err
    assert not (home / "runs").exists()


def test_a_recipe_and_a_file_of_settings_do_not_go_together(tmp_path, capsys):
    assert main(["train", "--recipe", "fashion-mnist", "--config", str(tmp_path / "run.json")]) == 1
    assert "give one of them" in capsys.readouterr().err


def test_the_list_names_every_recipe_and_whether_its_data_is_here(hymenoptera, capsys):
    assert main(["recipes"]) == 0
    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines() if line.startswith("│")}
    assert lines.keys() == BUILTIN.keys()
    assert "yes" in lines["ants-bees-resnet18"]
    assert "no" in lines["cifar10-cnn"]


def test_a_recipe_is_explained_in_words(capsys):
    assert main(["recipes", "ants-bees-resnet18-frozen"]) == 0
    printed = capsys.readouterr().out
    assert "Frozen, and in evaluation mode" in printed
    assert "hymenoptera_data.zip" in printed


def test_a_printed_recipe_is_a_file_that_can_be_changed_and_trained(fashion, tmp_path, capsys):
    assert main(["recipes", "fashion-mnist", "--json"]) == 0
    recipe = json.loads(capsys.readouterr().out)
    recipe["name"], recipe["config"]["batch_size"] = "mine", 10
    (tmp_path / "mine.json").write_text(json.dumps(recipe))
    assert trained("--recipe", str(tmp_path / "mine.json"), "--epochs", "1").config.batch_size == 10


def test_the_list_says_which_recipe_it_leaves_out(home, capsys):
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "torn.json").write_text("{")
    assert main(["recipes"]) == 0
    said = capsys.readouterr()
    assert "Left out: " in said.err
    assert "torn.json is not a recipe: it cannot be read as JSON" in said.err
