import os
import time
from pathlib import Path

import pytest

from tlcore.system.cache import DiskCache, digest_key, drop_oldest

CACHE = DiskCache("things", ".txt", max_entries=2)


def put(key: str, text: bytes = b"x", cache: DiskCache = CACHE, used: float | None = None) -> Path:
    cache.save(key, lambda file: file.write(text))
    if used is not None:
        os.utime(cache.path(key), (used, used))
    return cache.path(key)


def test_a_saved_entry_is_found_again():
    path = put("ab", b"text")
    assert path.name == "ab.txt"
    assert CACHE.has("ab")
    assert CACHE.load("ab", Path.read_bytes) == b"text"
    assert CACHE.load("cd", Path.read_bytes) is None


def test_the_least_recently_used_entry_is_dropped_first():
    put("a", used=1)
    put("b", used=2)
    CACHE.load("a", Path.read_bytes)
    put("c")
    assert [key for key in "abc" if CACHE.has(key)] == ["a", "c"]


def test_bytes_are_bounded_but_the_newest_stays_whatever_its_size():
    cache = DiskCache("things", ".txt", max_bytes=5)
    put("a", b"1234", cache, used=1)
    put("b", b"12", cache, used=2)
    put("c", b"1234567", cache)
    assert [key for key in "abc" if cache.has(key)] == ["c"]


def test_entries_spread_over_folders_by_their_key():
    cache = DiskCache("things", ".txt", max_entries=1, folders=16)
    keys = ["00000001", "00000002", "00000011"]
    for key in keys:
        put(key, cache=cache, used=1)
    assert [key for key in keys if cache.has(key)] == ["00000002", "00000011"]
    assert cache.path(keys[1]).parent.name == "02"


def test_a_damaged_entry_is_dropped():
    put("a", b"no number")
    assert CACHE.load("a", lambda path: int(path.read_text())) is None
    assert not CACHE.has("a")


def test_an_entry_that_cannot_be_read_now_is_kept():
    put("a")

    def refuse(path: Path) -> None:
        raise PermissionError(path)

    assert CACHE.load("a", refuse) is None
    assert CACHE.has("a")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("unexpected pos 64 vs 0")])
def test_a_failed_write_keeps_nothing_and_raises_nothing(error):
    def fail(file: object) -> None:
        raise error

    CACHE.save("a", fail)
    assert not CACHE.has("a")
    assert list(CACHE.path("a").parent.iterdir()) == []


def test_without_a_place_for_the_folder_nothing_is_raised(home):
    home.write_text("in the way")
    put("a")
    assert CACHE.load("a", Path.read_bytes) is None
    assert not CACHE.has("a")


def test_a_mistake_in_writing_is_not_hidden():
    with pytest.raises(TypeError):
        CACHE.save("a", lambda file: file.write("text"))  # type: ignore[arg-type]


def test_temporary_files_of_killed_processes_go_after_a_day(home):
    folder = put("a").parent
    old, young = folder / ".b.1.tmp", folder / ".c.2.tmp"
    for path, age_s in ((old, 90_000), (young, 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age_s,) * 2)
    put("d")
    assert not old.exists()
    assert young.exists()


def test_folders_are_dropped_too_unless_spared(tmp_path):
    for number, name in enumerate(("oldest", "middle", "newest")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
        os.utime(tmp_path / name, (number, number))
    drop_oldest(tmp_path, max_entries=1, spare=lambda entry: entry.name == "oldest")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["newest", "oldest"]
    drop_oldest(tmp_path / "nowhere", max_entries=0)


def test_keys_differ_where_texts_do():
    assert digest_key("a", "b") != digest_key("ab")
    assert len(digest_key("a\udcff")) == 32


def test_entries_are_listed_by_the_beginning_of_their_key_and_dropped():
    cache = DiskCache("things", ".txt")
    assert cache.entries("a") == []
    for key in ("ab-2", "ab-1", "cd-1"):
        put(key, cache=cache)
    assert [path.stem for path in cache.entries("ab-")] == ["ab-1", "ab-2"]
    cache.drop("ab-1")
    cache.drop("ab-1")
    assert [path.stem for path in cache.entries("ab-")] == ["ab-2"]
