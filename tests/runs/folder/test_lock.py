"""One writer per run, also among processes and containers; and which runs count as alive."""

import json
import os
import subprocess
import sys
import threading

import pytest

from tests.support.records import write_run
from tlcore.errors import RunBusy, RunNotFound
from tlcore.runs.folder import lock, status
from tlcore.runs.folder.lock import is_held, only_writer
from tlcore.runs.folder.status import read_status, write_status
from tlcore.system.liveness import place

HOLD = """
import sys
from pathlib import Path
from tlcore.runs.folder.lock import only_writer
with only_writer(Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "run").path


@pytest.fixture
def holder(folder):
    """Another process that holds the run until the test ends or kills it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "inside\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(lock, "WAIT_S", 0.05)


def as_seen_elsewhere(monkeypatch):
    """Make this process look like one in another container."""
    monkeypatch.setattr(status, "place", lambda: "another host")


def test_a_second_writer_is_refused_at_any_moment(folder, monkeypatch):
    """No second writer gets in while the first has the lock but has not yet recorded who it is."""
    refused, note = [], lock.write_json_in

    def second_comes(*arguments, **options):
        with pytest.raises(RunBusy, match="is being trained by another process"), only_writer(folder):
            raise AssertionError("B is inside")
        refused.append(True)
        return note(*arguments, **options)

    monkeypatch.setattr(lock, "write_json_in", second_comes)
    with only_writer(folder):
        assert refused == [True]
        with pytest.raises(RunBusy, match=f"is being trained by process {os.getpid()}"), only_writer(folder):
            raise AssertionError("C is inside")


def test_only_one_of_many_simultaneous_writers_gets_in(folder):
    inside, most, together = [], [], threading.Barrier(8)

    def enter():
        together.wait()
        for _ in range(20):
            try:
                with only_writer(folder):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except RunBusy:
                pass

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


def test_another_process_is_refused_until_the_first_one_has_ended_in_any_way(folder, holder):
    with pytest.raises(RunBusy, match=f"process {holder.pid}\\."), only_writer(folder):
        raise AssertionError
    assert is_held(folder)
    holder.kill()
    holder.wait()
    with only_writer(folder):
        assert json.loads((folder / "writer.json").read_text())["pid"] == os.getpid()
    assert not is_held(folder)


def test_a_missing_folder_is_reported_and_not_created(tmp_path):
    with (
        pytest.raises(RunNotFound, match="Run gone is not there any more"),
        only_writer(tmp_path / "gone"),
    ):
        raise AssertionError
    assert not (tmp_path / "gone").exists()


def test_a_run_of_another_container_is_alive_as_long_as_its_lock_is_held(folder, holder, monkeypatch):
    write_status(folder, "running", epoch=3)
    content = json.loads((folder / "status.json").read_text())
    assert content["place"] == place()
    # here its number is free or belongs to another process, so it says nothing
    (folder / "status.json").write_text(json.dumps({**content, "pid": 2**22 + 1, "heartbeat": 1.0}))
    assert read_status(folder).state == "interrupted"
    as_seen_elsewhere(monkeypatch)
    assert read_status(folder).state == "running"
    holder.kill()
    holder.wait()
    assert read_status(folder).state == "interrupted"


def test_a_run_that_is_just_being_started_elsewhere_is_alive(folder, monkeypatch):
    write_status(folder, "queued", submitted=1.0, pid=2**22 + 1)
    as_seen_elsewhere(monkeypatch)
    assert read_status(folder).state == "queued"
    monkeypatch.setattr(status, "STARTING_S", 0.0)
    assert read_status(folder).state == "interrupted"


def test_a_status_without_a_place_is_judged_by_its_process(folder):
    write_status(folder, "running")
    content = json.loads((folder / "status.json").read_text())
    del content["place"]
    (folder / "status.json").write_text(json.dumps(content))
    assert read_status(folder).state == "running"
    (folder / "status.json").write_text(json.dumps({**content, "process_started": 1.0}))
    assert read_status(folder).state == "interrupted"
