"""Photographs named by a list: paths as they are given, checked when they are read."""

import io
import sys
from types import SimpleNamespace

import pytest

from tlcore.data.intake.inputs import kind_of, open_photographs
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import DatasetInvalid, DatasetNotFound


def test_paths_are_read_from_the_current_folder(colours, tmp_path, monkeypatch):
    monkeypatch.chdir(colours)
    absolute = str(colours / "test/green/000.png")
    text = f"\ufefftest/blue/000.png\r\n\n{absolute}\ntest/blue/000.png\nnowhere.png\na\x07b.png\n{'x' * 5000}\n"
    (tmp_path / "list.txt").write_text(text, encoding="utf-8", newline="")
    photographs = open_photographs(tmp_path / "list.txt")
    assert photographs.ids == ("test/blue/000.png", absolute, "nowhere.png")
    assert [image.reason for image in photographs.skipped] == [
        "the name is not UTF-8, or has control characters",
        "longer than a path can be",
    ]
    digests = photographs.source.digests(photographs.ids)
    assert [digest == MISSING for digest in digests] == [False, False, True]
    assert photographs.source.decode(absolute).image.size == (40, 36)
    assert photographs.source.file("test/blue/000.png").samefile(colours / "test/blue/000.png")


def test_standard_input_is_a_list(colours, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a.png\n\xff.png\n")))
    photographs = open_photographs("-")
    assert (photographs.ids, len(photographs.skipped)) == (("a.png",), 1)


def test_an_empty_or_missing_list_is_said(tmp_path, monkeypatch):
    (tmp_path / "list.lst").write_text("\n \n")
    with pytest.raises(DatasetInvalid, match=r"list\.lst names no image\. It is a list of paths, one per line"):
        open_photographs(tmp_path / "list.lst")
    with pytest.raises(DatasetNotFound, match=r"Cannot read .*none\.txt: No such file"):
        open_photographs(tmp_path / "none.txt")
    (tmp_path / "long.txt").write_text("a\n" * 9)
    monkeypatch.setattr("tlcore.data.intake.listed.MAX_BYTES", 8)
    with pytest.raises(DatasetInvalid, match="is too long for a list of images"):
        open_photographs(tmp_path / "long.txt")


def test_what_an_input_is(colours, tmp_path):
    inputs = [str(colours), "-", "a.TXT", "a.zip", str(colours / "test/blue/000.png"), "a\0b"]
    assert [kind_of(given) for given in inputs] == ["folder", "list", "list", "zip", None, None]
