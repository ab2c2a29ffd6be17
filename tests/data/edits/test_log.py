"""The file of edits: damage is survived and said, a newer version is refused, nothing is half written."""

import json
import os

import pytest

from tlcore.data.catalog import edits_path, open_dataset
from tlcore.data.edits import log as log_module
from tlcore.errors import EditRefused, RecordError


def test_a_line_says_everything_in_plain_json(source, edits):
    edits.relabel(["train/ants/0.png"], "bees", "wings")
    (line,) = edits_path(source).read_text().splitlines()
    record = json.loads(line)
    assert record["format"] == 1
    assert record["action"] == "relabel"
    assert record["label"] == "bees"
    assert record["why"] == "wings"
    assert record["images"][0].keys() == {"id", "content", "before"}
    assert record["at"].startswith("20")


def test_a_half_written_last_line_has_no_effect_and_the_next_edit_is_whole(source, edits):
    edits.exclude(["train/ants/0.png"])
    with edits_path(source).open("ab") as file:
        file.write(b'{"format": 1, "action": "exclude", "imag')
    assert edits.version == 1
    assert "it was not written completely" in " ".join(open_dataset(source).notes)
    assert edits.exclude(["train/ants/1.png"]) == 3
    dataset = open_dataset(source)
    assert len(dataset.samples) == 22
    assert "An edit has no effect, because it cannot be read. Line 2 of" in " ".join(dataset.notes)


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff\xfe\x00",
        b"[1, 2]",
        b"",
        b'{"action": "explode"}',
        b'{"action": "exclude", "images": []}',
        b'{"action": "exclude", "images": [{"id": "a", "content": "no digest"}]}',
        b'{"action": "move", "split": "everywhere", "images": [{"id": "a", "content": "' + b"0" * 32 + b'"}]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_counts_as_a_number_and_does_nothing(source, edits, damage):
    edits.exclude(["train/ants/0.png"])
    with edits_path(source).open("ab") as file:
        file.write(damage + b"\n")
    assert edits.exclude(["train/ants/1.png"]) == 3
    assert len(open_dataset(source).samples) == 22
    assert edits.undo() == "1 image left out"
    assert edits.undo() == "1 image left out"
    assert edits.undo() is None


def test_edits_of_a_newer_version_are_not_silently_dropped(source, edits):
    edits.exclude(["train/ants/0.png"])
    with edits_path(source).open("ab") as file:
        file.write(b'{"format": 2, "action": "exclude"}\n')
    with pytest.raises(RecordError, match=r"Line 2 of .* was made by a newer version"):
        open_dataset(source)


def test_a_log_that_is_too_large_is_refused(source, edits, monkeypatch):
    monkeypatch.setattr(log_module, "MAX_BYTES", 1 << 20)
    edits.exclude(["train/ants/0.png"])
    with edits_path(source).open("ab") as file:
        file.write(b" " * (1 << 20))
    with pytest.raises(RecordError, match="larger than 1 MiB"):
        open_dataset(source)


def test_a_full_log_takes_no_more(edits, monkeypatch):
    monkeypatch.setattr(log_module, "MAX_LINES", 1)
    edits.exclude(["train/ants/0.png"])
    with pytest.raises(EditRefused, match="is full"):
        edits.exclude(["train/ants/1.png"])
    assert edits.version == 1


def test_a_full_disk_leaves_the_log_as_it_was(source, edits, monkeypatch):
    edits.exclude(["train/ants/0.png"])
    before = edits_path(source).read_bytes()

    def half(handle: int, content: bytes) -> None:
        os.write(handle, content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_module, "_write_all", half)
    with pytest.raises(OSError, match="No space left"):
        edits.exclude(["train/ants/1.png"])
    assert edits_path(source).read_bytes() == before


def test_a_folder_in_place_of_the_log_is_an_error_in_words(source, edits):
    edits_path(source).mkdir(parents=True)
    with pytest.raises(RecordError, match="is a folder, so it is not a log of edits"):
        open_dataset(source)


def test_a_long_log_is_folded_quickly():
    from tlcore.data.edits.lines import EditedImage, Exclude, Undo, fold

    line = Exclude(images=(EditedImage(id="a", content="0" * 32),))
    history = fold([line, line, Undo()] * 20_000)
    assert history.in_effect[:3] == (1, 4, 7)
    assert len(history.in_effect) == 20_000
