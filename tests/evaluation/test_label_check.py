import shutil

from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.evaluation.label_check import check_labels
from tlcore.system.drive import drive


def test_a_picture_in_the_wrong_folder_is_suspected_with_its_class(configure, colours, monkeypatch):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    (colours / "val/green/broken.png").write_bytes(b"nothing")
    config = configure()
    found, agreement = drive(check_labels(config, open_dataset(config.data)))
    assert 0.9 < agreement < 1
    assert found[["id", "split", "given", "suggested"]].values.tolist() == [
        ["train/green/moved.png", "train", "green", "blue"]
    ]
    assert (found["p_suggested"] > found["p_given"]).all()


def test_the_command_names_the_suspects(colours, capsys):
    shutil.move(colours / "train/blue/004.png", colours / "train/green/moved.png")
    options = ["--data", str(colours), "--backbone", "small_cnn", "--weights", "none", "--device", "cpu"]
    assert main(["check-labels", *options]) == 0
    out = capsys.readouterr().out
    assert "train/green/moved.png" in out
    assert main(["check-labels", *options, "--json"]) == 0
    assert '"suggested": "blue"' in capsys.readouterr().out.splitlines()[-1]
