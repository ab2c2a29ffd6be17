"""A folder is listed again only when something in it changed."""

import os
import time

import pytest

from tlcore.data.formats import tree as tree_module
from tlcore.data.formats.tree import list_tree


@pytest.fixture
def folder(tmp_path):
    """With an image in a subfolder, and unchanged for a minute."""
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "0.png").touch()
    settle(tmp_path)
    return tmp_path


def settle(folder):
    past = time.time() - 60
    for path in (folder, *folder.iterdir()):
        os.utime(path, (past, past))


@pytest.fixture
def listed(monkeypatch):
    """Paths of the folders that were listed."""
    seen, scandir = [], os.scandir
    monkeypatch.setattr(tree_module.os, "scandir", lambda path: seen.append(path) or scandir(path))
    return seen


def test_an_unchanged_folder_is_listed_once(folder, listed):
    assert list_tree(folder) == list_tree(folder)
    assert list(list_tree(folder).images_below()) == ["ant/0.png"]
    assert listed == [str(folder), str(folder / "ant")]


def test_what_is_added_renamed_or_deleted_shows_at_once(folder):
    assert len(list(list_tree(folder).images_below())) == 1
    (folder / "ant" / "1.png").touch()
    assert list(list_tree(folder).images_below()) == ["ant/0.png", "ant/1.png"]
    settle(folder)
    list_tree(folder)
    (folder / "ant").rename(folder / "bee")
    assert list(list_tree(folder).images_below()) == ["bee/0.png", "bee/1.png"]


def test_a_folder_that_changed_just_now_is_listed_again(folder, listed):
    os.utime(folder / "ant")
    list_tree(folder)
    list_tree(folder)
    assert len(listed) == 4


def test_files_that_only_their_content_tells_are_looked_into_again(folder):
    (folder / "ant" / "photo").write_bytes(b"nothing")
    settle(folder)
    assert list(list_tree(folder).images_below()) == ["ant/0.png"]
    (folder / "ant" / "photo").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    settle(folder)
    assert list(list_tree(folder).images_below()) == ["ant/0.png", "ant/photo"]
