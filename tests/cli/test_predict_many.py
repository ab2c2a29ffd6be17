"""`predict` over many images: what goes that way, what it writes and prints, and how it goes on after a stop."""

import io
import json
import re
import shutil
import sys
import zipfile
from types import SimpleNamespace

import pytest

from tests.support.photographs import write_colours
from tlcore import train
from tlcore.cli import predict_many
from tlcore.cli.main import main
from tlcore.config import parse_config
from tlcore.evaluation.answers import Answers, drop_answers, save_answers

EPOCH = 1


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on two colours; its folder is the name for the command."""
    root = tmp_path_factory.mktemp("many")
    write_colours(root / "data", ("blue", "red"), train=6, val=3)
    config = {
        "data": {"source": str(root / "data")},
        "model": {"backbone": "small_cnn", "weights": "none"},
        "epochs": EPOCH,
        "batch_size": 8,
        "device": "cpu",
        "precision": "fp32",
        "workers": 0,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(root / "home"))
        return train(parse_config(config))


@pytest.fixture
def shots(run, tmp_path):
    """Six photographs, and a file that is none."""
    folder = tmp_path / "shots"
    shutil.copytree(run.path.parents[2] / "data" / "val", folder)
    (folder / "broken.png").write_bytes(b"not an image")
    return folder


def predict(run, *arguments):
    return main(["predict", str(run.path), *map(str, arguments), "--device", "cpu", "--epoch", str(EPOCH)])


def test_a_folder_becomes_a_table_and_the_second_call_says_what_was_kept(run, shots, tmp_path, capsys):
    out = tmp_path / "out" / "predictions.csv"
    assert predict(run, shots, "--out", out, "--top", 2) == 1
    printed = capsys.readouterr()
    assert "broken.png: not an image" in printed.err
    assert f"6 images predicted by run {run.name}, epoch {EPOCH}" in printed.err
    assert "kept from before" not in printed.err
    assert "Not readable: 1 file." in printed.err
    assert "The least sure first" in printed.out
    lines = out.read_text().splitlines()
    assert lines[0] == "path,label,probability,class_1,probability_1,class_2,probability_2,unreadable"
    assert [line.partition(",")[0] for line in lines[1:]] == [
        *(f"{name}/{number:03d}.png" for name in ("blue", "red") for number in range(3)),
        "broken.png",
    ]
    assert predict(run, shots, "--out", out) == 1
    assert "7 kept from before, 0 new." in capsys.readouterr().err


def test_without_an_option_each_image_is_a_line_as_for_single_images(run, shots, capsys):
    (shots / "broken.png").unlink()
    assert predict(run, shots) == 0
    whole = capsys.readouterr().out.splitlines()
    files = sorted(shots.rglob("*.png"))
    assert predict(run, *files) == 0
    assert capsys.readouterr().out.splitlines() == whole
    assert whole[0].startswith(f"{files[0]}: ")


def test_a_zip_and_a_list_from_standard_input_give_the_same_lines_of_json(run, shots, tmp_path, capsys, monkeypatch):
    assert predict(run, shots, "--jsonl") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (len(lines), lines[-1]["path"]) == (7, "broken.png")
    with zipfile.ZipFile(tmp_path / "shots.zip", "w") as archive:
        for path in shots.rglob("*.png"):
            archive.write(path, path.relative_to(shots))
    assert predict(run, tmp_path / "shots.zip", "--jsonl") == 1
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == lines
    assert "7 kept from before, 0 new." in printed.err
    monkeypatch.chdir(shots)
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\n".join(line["path"].encode() for line in lines)))
    )
    assert predict(run, "-", "--jsonl") == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == lines


def test_the_answers_below_the_threshold_have_their_own_folder(run, shots, tmp_path, capsys):
    save_answers(run, Answers(epoch=EPOCH, threshold=1.0))
    try:
        assert predict(run, shots, "--sort-into", tmp_path / "sorted", "--out", tmp_path / "out.jsonl") == 1
    finally:
        drop_answers(run, EPOCH)
    printed = capsys.readouterr()
    assert f"6 images sorted into {tmp_path / 'sorted'} (6 as hard links, 0 as copies)." in printed.err
    assert "Not sure: 6 images, 100.0 %, below 100.0 %." in printed.err
    assert [path.name for path in (tmp_path / "sorted").iterdir()] == ["not sure"]
    labels = [json.loads(line).get("label") for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert labels == ["not sure"] * 6 + [None]
    assert predict(run, shots, "--sort-into", tmp_path / "sorted") == 1
    assert "is there already and is not empty: nothing is overwritten" in capsys.readouterr().err


def test_an_image_below_the_threshold_is_said_to_be_so_either_way(run, shots, capsys):
    file = shots / "blue" / "000.png"
    save_answers(run, Answers(epoch=EPOCH, threshold=1.0))
    try:
        assert predict(run, file) == predict(run, shots / "blue") == 0
    finally:
        drop_answers(run, EPOCH)
    single, *whole = capsys.readouterr().out.splitlines()
    assert single == whole[0]
    assert re.fullmatch(r".*0\.png: not sure \((blue|red) [\d.]+ %, (blue|red) [\d.]+ %\)", single)


def test_several_inputs_are_predicted_together(run, shots, tmp_path, capsys):
    assert predict(run, shots / "blue", shots / "red" / "000.png", "--out", tmp_path / "out.csv") == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 5
    assert predict(run, shots, "list.txt", "--out", tmp_path / "out.csv") == 1
    assert "list.txt: a zip or a list of paths is predicted alone." in capsys.readouterr().err


def test_programs_get_progress_and_numbers(run, shots, capsys):
    assert predict(run, shots, "--json") == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[-1] == {"predicted": 6, "unreadable": 1, "kept": 0}
    assert (told[-2]["phase"], told[-2]["done"], told[-2]["total"]) == ("answer", 7, 7)
    assert told[-2]["images_per_s"] > 0


def test_ctrl_c_keeps_what_was_computed_and_says_how_to_go_on(run, shots, tmp_path, capsys, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("tlcore.evaluation.unlabelled.predict_unlabelled", stopped)
    assert predict(run, shots, "--out", tmp_path / "out.csv") == 130
    assert "Stopped. What was computed is kept: the same command goes on from there." in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_pretrained_network_takes_images_one_by_one(home, capsys):
    assert main(["predict", "imagenet", "a.png", "--out", "out.csv"]) == 1
    assert "`imagenet` predicts images one by one" in capsys.readouterr().err
    assert not predict_many.is_whole(["a.png"])
