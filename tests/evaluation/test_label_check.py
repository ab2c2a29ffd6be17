import json
import shutil
from dataclasses import replace

from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.evaluation.kept_out_of_fold import load_out_of_fold
from tlcore.evaluation.label_check import check_labels
from tlcore.evaluation.suspects import suspect_labels
from tlcore.system.drive import drive


def test_a_picture_in_the_wrong_folder_is_suspected_with_its_class(configure, colours, monkeypatch):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    (colours / "val/green/broken.png").write_bytes(b"nothing")
    config = configure()
    found, agreement, _ = drive(check_labels(config, open_dataset(config.data)))
    assert 0.9 < agreement < 1
    assert found[["id", "split", "given", "suggested"]].values.tolist() == [
        ["train/green/moved.png", "train", "green", "blue"]
    ]
    assert (found["p_suggested"] > found["p_given"]).all()


def test_a_suspect_comes_with_the_images_that_are_most_like_it(configure, colours):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    config = configure()
    found, *_ = drive(check_labels(config, open_dataset(config.data)))
    (others,) = found["neighbours"]
    assert len(others) == 8
    assert sum("blue" in name for name in others) >= 7
    assert len({name.split("/")[0] for name in others}) > 1


def test_without_a_suspect_the_table_is_empty_and_has_its_columns(configure):
    config = configure()
    found, agreement, _ = drive(check_labels(config, open_dataset(config.data)))
    assert found.empty
    assert {"id", "given", "suggested", "neighbours"} <= set(found.columns)
    assert agreement == 1


def test_a_label_that_was_accepted_is_not_suspected_again(configure, colours):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    config = configure()
    open_edits(str(colours)).accept("labels", ["train/green/moved.png"])
    found, *_ = drive(check_labels(config, open_dataset(config.data)))
    assert found.empty


def test_every_image_of_every_split_has_an_out_of_fold_prediction(configure, colours):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    config = configure()
    dataset = open_dataset(config.data)
    found = drive(check_labels(config, dataset)).out_of_fold
    assert sorted(found.ids) == sorted(sample.id for sample in dataset.samples)
    predicted = {name: found.classes[column] for name, column in zip(found.ids, found.columns_NK[:, 0], strict=True)}
    assert predicted["train/green/moved.png"] == "blue"
    assert predicted["train/green/000.png"] == "green"


def test_copies_and_images_of_a_group_are_held_out_together(configure, colours, monkeypatch):
    shutil.copy(colours / "train/blue/002.png", colours / "train/blue/copy.png")
    asked = {}

    def spy(values_ND, targets_N, seed, groups_N):
        asked["groups"] = groups_N
        return suspect_labels(values_ND, targets_N, seed, groups_N)

    monkeypatch.setattr("tlcore.evaluation.label_check.suspect_labels", spy)
    config = configure()
    dataset = open_dataset(config.data)
    of_a_group = {"train/blue/001.png", "train/blue/002.png"}
    samples = tuple(replace(sample, group="g" if sample.id in of_a_group else "") for sample in dataset.samples)
    drive(check_labels(config, replace(dataset, samples=samples)))
    numbers = dict(zip([sample.id for sample in samples], asked["groups"].tolist(), strict=True))
    assert len({numbers[name] for name in [*of_a_group, "train/blue/copy.png"]}) == 1
    assert len(set(numbers.values())) == len(samples) - 2


def test_the_command_names_the_suspects(colours, capsys):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    options = ["--data", str(colours), "--backbone", "small_cnn", "--weights", "none", "--device", "cpu"]
    assert main(["check-labels", *options]) == 0
    out = capsys.readouterr().out
    assert "train/green/moved.png" in out
    assert main(["check-labels", *options, "--json"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert '"suggested": "blue"' in line
    kept = load_out_of_fold(json.loads(line)["out_of_fold"])
    assert kept is not None
    assert "train/green/moved.png" in kept.ids
