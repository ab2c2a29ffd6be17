"""Spaces: which home is meant, what may be read from it, and what may be written."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tlcore.errors import NotAllowed
from tlcore.system.files import write_json
from tlcore.system.home import (
    Space,
    as_host,
    check_readable,
    check_writable,
    home_dir,
    host_dir,
    in_space,
    is_mine,
    space,
)
from tlcore.system.spawn import start

ROOT = Path(__file__).parents[2]


@pytest.fixture
def visitor(home):
    return Space(home / "spaces" / "a", home)


@pytest.fixture
def other(home):
    return Space(home / "spaces" / "b", home)


def test_on_ones_own_machine_there_is_one_space_and_everything_is_allowed(home, tmp_path):
    assert space() == Space(home)
    assert home_dir() == host_dir() == home
    assert is_mine(tmp_path)
    check_readable(tmp_path)
    check_writable(tmp_path)


def test_the_innermost_space_counts(visitor, other, home):
    with in_space(visitor):
        with in_space(other):
            assert home_dir() == other.home
        assert home_dir() == visitor.home
        with as_host():
            assert home_dir() == home
    assert home_dir() == home


def test_a_thread_does_not_inherit_it(visitor, home):
    with in_space(visitor), ThreadPoolExecutor(1) as pool:
        assert pool.submit(home_dir).result() == home


def test_a_process_inherits_it(visitor):
    inner = Space(visitor.home, visitor.host, (visitor.home / "x", visitor.home / "y"))
    with in_space(inner), start(["runs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert str(visitor.home / "runs") in process.communicate()[0].decode()
    code = "from tlcore.system.home import space; s = space(); print(s.home, s.host, *s.granted, sep='|')"
    told = subprocess.run(
        [sys.executable, "-c", code], env=inner.environment(), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout.strip() == "|".join(map(str, (inner.home, inner.host, *inner.granted)))


def test_a_visitor_reads_its_own_things_those_of_the_host_and_what_it_was_granted(visitor, other, home, tmp_path):
    granted = other.home / "runs" / "r"
    with in_space(Space(visitor.home, home, (granted,))):
        for path in (visitor.home / "datasets" / "x", home / "datasets" / "x", home / "runs", granted / "run.json"):
            check_readable(path)
        for path in (other.home / "runs" / "s", other.home, home / "spaces", home / "secret.key", home, tmp_path, "/"):
            with pytest.raises(NotAllowed, match="its own lists only"):
                check_readable(path)
        with pytest.raises(NotAllowed):
            check_readable(visitor.home / ".." / "b" / "runs")
        with pytest.raises(NotAllowed):
            check_readable("zero\0byte")


def test_a_link_in_ones_own_space_opens_nothing(visitor, other):
    (other.home / "datasets").mkdir(parents=True)
    visitor.home.mkdir()
    (visitor.home / "datasets").symlink_to(other.home / "datasets")
    with in_space(visitor):
        for check in (check_readable, check_writable):
            with pytest.raises(NotAllowed):
                check(visitor.home / "datasets" / "x")
        assert not is_mine(visitor.home / "datasets" / "x")


def test_a_visitor_writes_to_its_own_space_only(visitor, other, home, tmp_path):
    with in_space(Space(visitor.home, home, (other.home / "runs" / "r",))):
        write_json(visitor.home / "a.json", {})
        for folder in (home, home / "runs", home / "cache", other.home, other.home / "runs" / "r", tmp_path):
            with pytest.raises(NotAllowed, match="a.json is not yours"):
                write_json(folder / "a.json", {})
            assert not (folder / "a.json").exists()
            assert not is_mine(folder)
