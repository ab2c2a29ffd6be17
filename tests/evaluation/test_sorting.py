"""Photographs sorted into a folder per class: what is in it, what it is called, and that originals are left alone."""

import zipfile

import numpy as np
import pytest

from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.data.intake.zipped import open_zip
from tlcore.errors import StorageError
from tlcore.evaluation.answers import Answers
from tlcore.evaluation.sorting import sort_photographs
from tlcore.evaluation.unlabelled import Guesses
from tlcore.system.drive import drive

CLASSES = ("ant", "../..", "CON", "Not Sure", "a/b", "ANT")


@pytest.fixture
def shots(tmp_path):
    """Photographs of which sorting reads the bytes only: two of them have the same name."""
    folder = tmp_path / "shots"
    for name in ("1/x.png", "2/x.png", "3.png", "4.png", "5.png", "6.png", "7.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + name.encode())
    return folder


def guesses_of(ids, classes=CLASSES):
    """The first two photographs are of the first class, each of the others of the next one, and the last is unsure."""
    logits_NC = np.zeros((len(ids), len(classes)), np.float32)
    for row in range(len(ids) - 1):
        logits_NC[row, max(row - 1, 0)] = 9.0
    nothing = np.full(len(ids), np.nan, np.float32)
    return Guesses(tuple(ids), ("",) * len(ids), logits_NC, nothing, classes, (), Answers(epoch=1, threshold=0.9))


def names_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_each_class_has_a_folder_whatever_it_is_called(shots, tmp_path):
    photographs = open_unlabelled(shots)
    done = drive(sort_photographs(photographs, guesses_of(photographs.ids), tmp_path / "out" / "sorted"))
    assert names_below(tmp_path / "out" / "sorted") == sorted(
        ["ant/x.png", "ant/x-2.png", "class/3.png", "_CON/4.png", "Not Sure/5.png", "a_b/6.png", "not sure-2/7.png"]
    )
    assert (done.linked, done.copied, done.gone) == (7, 0, ())
    assert done.renamed == {"../..": "class", "CON": "_CON", "a/b": "a_b", "ANT": "ANT-2", "not sure": "not sure-2"}
    assert (tmp_path / "out/sorted/ant/x.png").samefile(shots / "1/x.png")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sorted"]


def test_copies_can_be_changed_without_the_originals(shots, tmp_path):
    photographs = open_unlabelled(shots)
    done = drive(sort_photographs(photographs, guesses_of(photographs.ids), tmp_path / "sorted", copy=True))
    assert (done.linked, done.copied) == (0, 7)
    (tmp_path / "sorted/ant/x.png").write_bytes(b"changed")
    assert (shots / "1/x.png").read_bytes().endswith(b"1/x.png")


def test_photographs_in_a_zip_are_written_as_they_are(shots, tmp_path):
    with zipfile.ZipFile(tmp_path / "shots.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(shots.rglob("*.png")):
            archive.write(path, path.relative_to(shots))
    photographs = open_zip(tmp_path / "shots.zip")
    done = drive(sort_photographs(photographs, guesses_of(photographs.ids), tmp_path / "sorted"))
    assert (done.linked, done.copied) == (0, 7)
    assert (tmp_path / "sorted/_CON/4.png").read_bytes() == (shots / "4.png").read_bytes()


def test_only_a_new_or_empty_folder_elsewhere_is_filled(shots, tmp_path):
    photographs = open_unlabelled(shots)
    guesses = guesses_of(photographs.ids)
    with pytest.raises(StorageError, match=r"shots is there already and is not empty: nothing is overwritten"):
        drive(sort_photographs(photographs, guesses, shots))
    with pytest.raises(StorageError, match=r"sorted lies in the folder of the photographs"):
        drive(sort_photographs(photographs, guesses, shots / "sorted"))


def test_what_is_gone_is_said_and_a_stop_leaves_nothing(shots, tmp_path, monkeypatch):
    photographs = open_unlabelled(shots)
    guesses = guesses_of(photographs.ids)
    monkeypatch.setattr("tlcore.evaluation.sorting._EVERY", 1)
    work = sort_photographs(photographs, guesses, tmp_path / "sorted")
    assert next(work) == (1, 7)
    work.close()
    assert [path.name for path in tmp_path.iterdir()] == ["shots"]
    (shots / "3.png").unlink()
    assert drive(sort_photographs(photographs, guesses, tmp_path / "sorted")).gone == ("3.png",)
