"""The housekeeping: what expires, what stays, what makes room."""

import os
import time
from pathlib import Path

import pytest

from tests.support.spaces import VISITOR, visiting
from tlcore.data.formats.demo import demo_folder
from tlcore.data.intake.building import new_draft
from tlcore.hosting.limits import house
from tlcore.hosting.limits.house import expires_at, keep_house, remove_space
from tlcore.hosting.limits.usage import add_usage, usage_today
from tlcore.hosting.settings import HostSettings
from tlcore.hosting.spaces.links import all_links, make_link
from tlcore.hosting.spaces.visitors import LAST_VISIT, list_spaces, new_visitor, space_of, touch
from tlcore.runs.folder.status import write_status
from tlcore.system.cache import DiskCache
from tlcore.system.home import Space, in_space

HOUR = 3600
SETTINGS = HostSettings(expiry_hours=24)


def visitor(hours_ago: float, now: float | None = None) -> Space:
    space = space_of(new_visitor())
    touch(space)
    visited = (now or time.time()) - hours_ago * HOUR
    os.utime(space.home / LAST_VISIT, (visited, visited))
    return space


def store(path: Path, size: int, used: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (used, used))
    return path


def test_a_space_expires_so_many_hours_after_the_last_visit(home):
    here, gone = visitor(hours_ago=23.9), visitor(hours_ago=24.1)
    store(gone.home / "datasets/a/1.jpg", 10)
    assert expires_at(here, SETTINGS) == pytest.approx(time.time() + 0.1 * HOUR, abs=5)
    kept = keep_house(SETTINGS)
    assert kept.expired == (gone.home.name,)
    assert list(list_spaces()) == [here]
    assert os.listdir(home / "spaces") == [here.home.name]
    assert kept.spaces == 1


def test_a_space_that_was_made_without_a_visit_counts_from_then_on(home):
    space = space_of(new_visitor())
    space.home.mkdir(parents=True)
    assert keep_house(SETTINGS).expired == ()
    assert expires_at(space_of(new_visitor()), SETTINGS) > time.time()


def test_a_space_with_work_stays(home):
    space = visitor(hours_ago=100)
    run = space.home / "runs/one"
    store(run / "run.json", 2)
    write_status_of(run, os.getpid())
    assert keep_house(SETTINGS).expired == ()
    write_status_of(run, 0, "stopped")
    assert keep_house(SETTINGS).expired == (space.home.name,)


def write_status_of(run: Path, pid: int, state: str = "running") -> None:
    with in_space(Space(run.parents[1], run.parents[3])):
        write_status(run, state, pid=pid) if pid == 0 else write_status(run, state)


def test_a_visitor_who_comes_back_at_this_moment_keeps_everything(home, monkeypatch):
    space = visitor(hours_ago=100)
    aside = house._set_aside

    def visited_meanwhile(space):
        (space.home / LAST_VISIT).touch()
        return aside(space)

    monkeypatch.setattr(house, "_set_aside", visited_meanwhile)
    assert keep_house(SETTINGS).expired == ()
    assert space.home.is_dir()


def test_one_space_that_cannot_be_looked_at_does_not_stop_the_others(home, monkeypatch, caplog):
    bad, gone = visitor(hours_ago=100), visitor(hours_ago=100)
    has_work = house._has_work

    def damaged(space):
        if space == bad:
            raise ValueError("damaged")
        return has_work(space)

    monkeypatch.setattr(house, "_has_work", damaged)
    assert keep_house(SETTINGS).expired == (gone.home.name,)
    assert "It is not known whether the space" in caplog.text


def test_removing_a_space_takes_its_links_and_leaves_what_was_used_today(home):
    with visiting(home) as visited:
        store(visited.home / "datasets/a/ants/1.jpg", 10)
        make_link(visited.home / "datasets/a")
        add_usage(visited.home, seconds=5)
    assert len(all_links()) == 1
    remove_space(space_of(VISITOR))
    assert all_links() == {}
    assert not visited.home.exists()
    assert usage_today(visited.home).seconds == 5


def test_the_oldest_caches_of_all_go_first_and_the_demo_stays(home):
    spaces = [visitor(hours_ago=1) for _ in range(2)]
    old = store(spaces[0].home / "cache/rows/a.npy", 300_000, used=1)
    middle = store(home / "cache/rows/b.npy", 300_000, used=2)
    new = store(spaces[1].home / "cache/rows/c.npy", 300_000, used=3)
    demo = store(demo_folder() / "train/1.jpg", 300_000)
    image = store(spaces[0].home / "datasets/a/1.jpg", 100_000)
    kept = keep_house(HostSettings(disk_bytes=1_100_000))
    assert [path.exists() for path in (old, middle, new, demo, image)] == [False, False, True, True, True]
    assert kept.used_bytes <= 0.85 * 1_100_000
    assert keep_house(HostSettings(disk_bytes=1_100_000)).freed_bytes == 0


def test_a_visitors_caches_take_only_what_the_visitor_has_left(home):
    space, other = visitor(hours_ago=1), visitor(hours_ago=1)
    store(space.home / "datasets/a/1.jpg", 500_000)
    old, new = (store(space.home / f"cache/rows/{used}.npy", 200_000, used) for used in (1, 2))
    others = store(other.home / "cache/rows/a.npy", 200_000)
    keep_house(HostSettings(bytes_per_visitor=800_000))
    assert [path.exists() for path in (old, new, others)] == [False, True, True]


def test_what_was_left_behind_goes_and_what_is_being_written_stays(home):
    space = visitor(hours_ago=1)
    left = store(space.home / "runs/one/.status.json.x.tmp", 5)
    written = store(space.home / "runs/one/.status.json.y.tmp", 5, used=time.time())
    uploaded = store(space.home / "datasets/.incoming/999999999-x/a/1.jpg", 5)
    deleted = store(space.home / "runs/.deleted-one-1/run.json", 5)
    removed = store(home / "spaces/.deleted-x/1.jpg", 5)
    with in_space(space):
        given_up, new = new_draft("given up").folder, new_draft("new").folder
    long_ago = time.time() - 25 * HOUR
    os.utime(given_up, (long_ago, long_ago))
    keep_house(SETTINGS)
    gone = (left, uploaded, deleted, removed, given_up)
    assert [path.exists() for path in gone] == [False] * 5
    assert written.exists()
    assert new.exists()


def test_probes_that_run_are_not_taken_for_old_caches(home):
    space = visitor(hours_ago=1)
    with in_space(space):
        DiskCache("rows", ".npy").save("a", lambda file: file.write(bytes(100_000)))
    live = store(space.home / "cache/probes/find-lr-1/lines.jsonl", 100_000)
    (live.parent / "process.json").write_text(f'{{"pid": {os.getpid()}, "started": {house_start()}}}')
    over = store(space.home / "cache/probes/find-lr-2/lines.jsonl", 100_000)
    (over.parent / "process.json").write_text('{"pid": 0, "started": 0.0}')
    long_ago = time.time() - HOUR
    os.utime(over.parent, (long_ago, long_ago))
    keep_house(HostSettings(disk_bytes=1_000))
    assert live.exists()
    assert not over.exists()


def house_start() -> float:
    from tlcore.system.liveness import start_time

    return start_time(os.getpid()) or 0.0
