import shutil

import pandas as pd

from tlcore.cli.main import main


def test_the_report_names_the_problems_and_the_csv_lists_all(colours, tmp_path, capsys):
    shutil.copy(colours / "train/blue/000.png", colours / "val/blue/copy.png")
    (colours / "train/green/bad.png").write_bytes(b"nothing")
    assert main(["audit", "--data", str(colours), "--csv", str(tmp_path / "findings.csv")]) == 0
    printed = capsys.readouterr()
    assert "colours: 2 classes, 43 train, 19 val, 14 test" in printed.out
    assert "[high] 1 image is in more than one split" in printed.out
    assert "train/blue/000.png, val/blue/copy.png: The same in train and val" in printed.out
    assert "train/green/bad.png: not an image" in printed.out
    assert pd.read_csv(tmp_path / "findings.csv")["finding"].tolist() == ["leak", "leak", "unreadable"]


def test_a_sound_dataset_is_reported_as_sound(colours, capsys):
    assert main(["audit", "--data", str(colours)]) == 0
    assert "Nothing was found that is wrong" in capsys.readouterr().out


def test_a_csv_that_cannot_be_written_is_an_error(colours, tmp_path, capsys):
    assert main(["audit", "--data", str(colours), "--csv", str(tmp_path)]) == 1
    assert "cannot write" in capsys.readouterr().err
