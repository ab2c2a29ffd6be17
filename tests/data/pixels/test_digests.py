import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tlcore.data.pixels import digests
from tlcore.data.pixels.digests import MISSING, file_digests


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files written just now count as old, so that the index accepts them."""
    monkeypatch.setattr(digests, "RACY_NS", -(10**12))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "files"
    path.mkdir()
    (path / "a").write_bytes(b"one")
    (path / "b").write_bytes(b"two")
    return path


def index_file(home: Path) -> Path:
    return next((home / "cache/digests").glob("*.json"))


def edit_unseen(path: Path, content: bytes) -> None:
    """Write other content of the same size and restore the old mtime."""
    before = path.stat()
    assert before.st_size == len(content)
    time.sleep(0.02)  # file systems record times in steps of up to 10 ms
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_equal_content_has_equal_digests_under_any_name(folder):
    (folder / "copy").write_bytes(b"one")
    first, second, copy = file_digests(folder, ["a", "b", "copy"])
    assert first == copy != second
    assert len(bytes.fromhex(first)) == 16


def test_a_file_that_is_not_there_or_no_file_is_missing(folder):
    (folder / "dir").mkdir()
    os.mkfifo(folder / "pipe")
    assert file_digests(folder, ["none", "dir", "pipe", "nul\0"]) == [MISSING] * 4


@pytest.mark.usefixtures("settled")
def test_a_known_file_is_not_read_again(folder, monkeypatch):
    expected = file_digests(folder, ["a", "b"])
    monkeypatch.setattr(digests, "_read", lambda path: pytest.fail(f"read {path}"))
    assert file_digests(folder, ["a", "b"]) == expected


@pytest.mark.usefixtures("settled")
def test_an_edit_shows_even_when_size_and_mtime_were_restored(folder):
    before = file_digests(folder, ["a", "b"])
    edit_unseen(folder / "a", b"eno")
    after = file_digests(folder, ["a", "b"])
    assert after[0] != before[0]
    assert after[1] == before[1]


@pytest.mark.usefixtures("settled")
def test_a_replaced_file_shows(folder):
    before = file_digests(folder, ["a"])
    status = (folder / "a").stat()
    (folder / "new").write_bytes(b"eno")
    os.utime(folder / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(folder / "new", folder / "a")
    assert file_digests(folder, ["a"]) != before


def test_a_file_touched_just_now_is_not_indexed(folder, home):
    os.utime(folder / "a", (0, 0))  # only ctime is recent
    file_digests(folder, ["a"])
    assert not list(home.rglob("*.json"))


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"version": 1, "files": {"a": [1]}}', b'{"version": 1, "files": 3}', b"\xff\xfe"],
)
def test_a_damaged_index_is_rebuilt(folder, home, damage):
    expected = file_digests(folder, ["a", "b"])
    path = index_file(home)
    path.write_bytes(damage)
    assert file_digests(folder, ["a", "b"]) == expected
    assert set(json.loads(path.read_bytes())["files"]) == {"a", "b"}


@pytest.mark.usefixtures("settled")
def test_the_index_keeps_what_other_calls_learned(folder, home):
    file_digests(folder, ["a"])
    file_digests(folder, ["b"])
    assert set(json.loads(index_file(home).read_bytes())["files"]) == {"a", "b"}


@pytest.mark.usefixtures("settled")
def test_the_indexes_of_a_few_folders_are_read_from_disk_once(folder, tmp_path, monkeypatch):
    folders = [folder, *(tmp_path / name for name in ("second", "third", "fourth"))]
    for other in folders[1:]:
        shutil.copytree(folder, other)
    for each in folders:
        file_digests(each, ["a", "b"])  # makes the index
    read: list[Path] = []
    load = digests._load_index
    monkeypatch.setattr(digests, "_load_index", lambda path: (read.append(path), load(path))[1])
    for _ in range(3):
        for each in folders[:3]:
            file_digests(each, ["a", "b"])
    assert len(read) == len(set(read)) == 3
    file_digests(folders[3], ["a", "b"])
    file_digests(folders[0], ["a", "b"])
    assert len(read) == 5


@pytest.mark.usefixtures("settled")
def test_without_a_place_for_the_index_digests_are_still_given(folder, home):
    home.write_bytes(b"a file where the folder should be")
    assert MISSING not in file_digests(folder, ["a", "b"])
