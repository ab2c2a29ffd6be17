"""`edits` and `clean` from the terminal."""

import io
import json
import shutil

import pytest

from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.formats.demo import UNREADABLE, WRONG_LABELS


@pytest.fixture
def command(colours, capsys):
    """Runs `edits` or `clean` on `colours`; returns the status and what was printed."""

    def call(name: str, *words: str):
        status = main([name, "--data", str(colours), *words])
        return status, capsys.readouterr()

    return call


def ids(source) -> set[str]:
    return {sample.id for sample in open_dataset(str(source)).samples}


def test_images_are_chosen_by_id_by_pattern_and_from_standard_input(command, colours, monkeypatch):
    assert command("edits", "exclude", "train/blue/000.png")[1].out == "Done: 1 image left out.\n"
    assert command("edits", "move", "train", "val/*/00[01].png")[1].out == "Done: 4 images moved to train.\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("train/green/001.png\ntrain/green/002.png\n\n"))
    assert command("edits", "relabel", "blue", "-", "--why", "seen")[1].out == "Done: 2 images relabelled as blue.\n"
    counts = open_dataset(str(colours)).class_counts("train")
    assert counts == {"blue": 21 - 1 + 2 + 2, "green": 21 + 2 - 2}


def test_what_was_left_out_is_brought_back_by_id_and_by_pattern(command, colours):
    before = ids(colours)
    command("edits", "exclude", "train/blue/00[0-3].png")
    command("edits", "move", "train", "val/blue/000.png")
    assert command("edits", "include", "train/blue/000.png", "--why", "fine")[1].out == "Done: 1 image brought back.\n"
    assert before - ids(colours) == {f"train/blue/00{number}.png" for number in (1, 2, 3)}
    assert command("edits", "include", "*")[1].out == "Done: 3 images brought back.\n"
    assert ids(colours) == before
    status, printed = command("edits", "include", "train/blue/000.png")
    assert status == 1
    assert "1 of these images is not left out now: 'train/blue/000.png'." in printed.err
    assert "No image is left out." in command("edits", "include", "*")[1].err


def test_what_cannot_be_is_an_error_in_words(command, colours):
    status, printed = command("edits", "relabel", "purple", "train/blue/000.png")
    assert (status, printed.out) == (1, "")
    assert "error: No class is named 'purple'. Choose one of: blue, green." in printed.err
    assert "No image of colours fits 'nothing*'" in command("edits", "exclude", "nothing*")[1].err
    assert not open_edits(str(colours)).version


def test_the_list_shows_each_edit_once_and_as_json_each_image(command):
    command("edits", "exclude", "train/blue/00[0-4].png", "--why", "dark\nones")
    command("edits", "note", "[look] again", "train/green/000.png")
    command("edits", "undo")
    printed = command("edits", "list")[1].out
    assert "train/blue/000.png, train/blue/001.png, train/blue/002.png and 2 more" in printed
    assert "dark ones" in printed
    assert "[look] again" in printed
    assert "the files of the dataset are as they were" in printed
    rows = [json.loads(line) for line in command("edits", "--json")[1].out.splitlines()]
    assert [row["action"] for row in rows] == ["exclude"] * 5 + ["note", "undo"]
    assert [row["in_effect"] for row in rows] == [True] * 5 + [False] * 2


def test_undo_redo_and_discard_say_what_they_did(command, colours):
    assert "There is nothing to do" in command("edits", "undo")[1].out
    command("edits", "exclude", "train/blue/000.png")
    assert command("edits", "undo")[1].out == "Undone: 1 image left out.\n"
    assert command("edits", "redo")[1].out == "Done again: 1 image left out.\n"
    assert json.loads(command("edits", "--json", "discard")[1].out) == {
        "line": 4,
        "what": "discarded",
        "edit": "1 edit",
    }
    assert "train/blue/000.png" in ids(colours)
    assert command("edits", "undo")[1].out == "Undone: all edits discarded.\n"


def test_edits_that_do_not_fit_the_files_any_more_can_be_listed_and_undone(command, colours):
    command("edits", "exclude", "train/blue/000.png")
    for path in (colours / "train/blue").glob("0[0-9][1-9].png"):
        path.unlink()
    for path in (colours / "train/blue").glob("0[1-9]0.png"):
        path.unlink()
    status, printed = command("edits")
    assert (status, "train/blue/000.png" in printed.out) == (0, True)
    assert "train would have no images of 'blue'. Undo edits" in printed.err
    assert command("edits", "undo")[0] == 0
    assert len(open_dataset(str(colours)).split("train")) == 22


@pytest.mark.parametrize(("form", "last"), [("folders", ""), ("csv", "dataset.csv")])
def test_the_mended_set_is_written_to_a_new_folder_whose_path_is_printed_last(command, tmp_path, form, last):
    command("edits", "exclude", "train/blue/000.png")
    out = tmp_path / "out"
    status, printed = command("edits", "export", "--out", str(out), "--as", form)
    assert status == 0
    assert printed.out.splitlines()[-1] == str(out / last)
    assert "73 images (73 as hard links, 0 as copies)" in printed.out
    assert len(open_dataset(str(out)).samples) == 73
    assert "is there already and is not empty" in command("edits", "export", "--out", str(out))[1].err


@pytest.fixture
def flawed(colours):
    """A leak, a duplicate and an unreadable file."""
    shutil.copyfile(colours / "train/blue/000.png", colours / "test/blue/copy.png")
    shutil.copyfile(colours / "train/green/000.png", colours / "train/green/copy.png")
    (colours / "train/green/bad.png").write_bytes(b"nothing")
    return colours


def test_cleaning_does_the_usual_as_edits(command, flawed):
    before = ids(flawed)
    status, printed = command("clean", "--duplicates", "--leaks", "--unreadable")
    assert status == 0
    assert "1 file cannot be read. 1 image will be left out." in printed.out
    assert "python -m tlcore edits --data" in printed.out
    assert before - ids(flawed) == {"train/blue/000.png", "train/green/copy.png", "train/green/bad.png"}
    assert command("clean", "--duplicates", "--leaks", "--unreadable")[1].out == "Nothing of that was found.\n"
    assert command("audit")[1].out.count("[high]") == 0
    command("edits", "discard")
    assert ids(flawed) == before


def test_a_dry_run_says_the_same_and_changes_nothing(command, flawed):
    before = ids(flawed)
    rows = [json.loads(line) for line in command("clean", "--duplicates", "--dry-run", "--json")[1].out.splitlines()]
    assert rows == [
        {
            "finding": "duplicates",
            "does": "1 image will be left out; one of each stays.",
            "images": ["train/green/copy.png"],
            "line": None,
        }
    ]
    assert "this was a dry run" in command("clean", "--leaks", "--dry-run")[1].out
    assert ids(flawed) == before


def test_cleaning_nothing_in_particular_is_wrong_usage(command):
    status, printed = command("clean")
    assert status == 2
    assert "say what to clean: --unreadable, --leaks, --duplicates, --near-duplicates" in printed.err


@pytest.mark.usefixtures("drawn_demo")
def test_every_flaw_of_the_demo_can_be_mended(capsys):
    commands = [
        "clean --duplicates --leaks --unreadable",
        *(f"edits relabel {label} {name}" for name, label in WRONG_LABELS.items()),
        "edits accept near_duplicates train/ladybird/ladybird-00[2].jpg train/ladybird/ladybird-031.jpg",
        "clean --near-duplicates",
    ]
    found = []
    for command in ["audit", *commands, "audit"]:
        assert main(command.split()) == 0
        found = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert found == ["[medium] 1 class has few training images", "[low] 3 remarks on how the dataset was read"]
    dataset = open_dataset("demo")
    labels = {sample.id: dataset.classes[sample.target] for sample in dataset.samples}
    assert {name: labels[name] for name in WRONG_LABELS} == WRONG_LABELS
    assert UNREADABLE not in labels
    assert "train/ladybird/ladybird-031.jpg" in labels  # nearly the same as another, and called fine
    assert len(labels) == 550 - 1 - 3 - 1
