"""What pages compute is cached for each space by itself, and once where it is the same for all."""

import re
from pathlib import Path

import pytest

from tests.support.visitors import visit
from tlcore.data.edits import open_edits
from tlcore.hosting.spaces.visitors import new_visitor, space_of
from tlcore.system.home import Space, home_dir, in_space
from ui.shared.caching import by_dataset, by_path, cache_data, cache_resource

UI = Path(__file__).parents[3] / "ui"
SAME_FOR_ALL = {
    "caching.py",
    "component.py",  # our own files
    "torch_once.py",
    "shell.py",  # our own script
    "cached.py",  # the drawing of the demo
    "image_picker.py",  # by the digest of an upload
    "backbones.py",  # networks and weights on the machine, for all
    "backbone_search.py",
    "race.py",
    "facts.py",  # the limits of a space, whose home is an argument
    "models.py",  # a network with its ImageNet weights
}
CALLS: list[str] = []


@cache_data(show_spinner=False)
def listed() -> str:
    CALLS.append("listed")
    return str(home_dir())


@cache_data(show_spinner=False)
def other() -> str:
    return "other"


@cache_resource(by_dataset, show_spinner=False)
def of_dataset(source: str, version: int) -> int:
    CALLS.append("of_dataset")
    return open_edits(source).version


@cache_resource(by_path, show_spinner=False)
def of_run(path: str) -> int:
    CALLS.append("of_run")
    return len(CALLS)


@pytest.fixture(autouse=True)
def anew():
    CALLS.clear()
    for cached in (listed, other, of_dataset, of_run):
        cached.clear()


def test_each_space_has_its_own_results(home):
    a, b = space_of(new_visitor()), space_of(new_visitor())
    for where in (a, b, a, b):
        with in_space(where):
            assert listed() == str(where.home)
    assert len(CALLS) == 2
    assert other() == "other"  # no arguments either, and yet another function
    listed.clear()
    with in_space(a):
        listed()
    assert len(CALLS) == 3


def test_what_a_link_opens_is_computed_anew_when_it_is_taken_back(home):
    for granted in ((), (home / "x",), ()):
        with in_space(Space(home / "a", home, granted)):
            listed()
    assert len(CALLS) == 2


def test_a_dataset_of_the_host_is_computed_once_until_a_visitor_edits_it(home, colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    a, b = visit(monkeypatch), space_of(new_visitor())
    source = str(colours)
    for where in (a, b):
        with in_space(where):
            assert of_dataset(source, 0) == 0
            assert of_dataset("demo", 0) == 0
            assert of_run("/runs/r") == 3
    assert CALLS == ["of_dataset", "of_dataset", "of_run"]
    for where, image in ((a, "000"), (b, "001")):
        with in_space(where):
            open_edits(source).exclude([f"train/blue/{image}.png"])
            of_dataset(source, 1)  # the same number of edits, and others
    assert CALLS.count("of_dataset") == 4


def test_nothing_else_of_the_pages_is_cached_without_the_space():
    users = {path.name for path in UI.rglob("*.py") if re.search(r"st\.cache_(data|resource)\(", path.read_text())}
    assert users <= SAME_FOR_ALL
