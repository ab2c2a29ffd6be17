"""The whole queue with real processes: killed at a bad moment, and started again."""

import json

import psutil
import pytest

from tests.support.tickets import space_of
from tests.support.waiting import eventually
from tlcore.hosting.limits.usage import usage_today
from tlcore.hosting.queue.keeper import Keeper
from tlcore.hosting.queue.pulse import DISPATCHER, worker_health
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.probes import start_probe
from tlcore.runs.work.tickets import list_tickets, queue_dir
from tlcore.runs.work.waiting import position, read_state
from tlcore.system.home import in_space
from tlcore.system.liveness import kill_with_children


def dispatcher() -> int:
    return json.loads((queue_dir() / DISPATCHER).read_text())["pid"]


@pytest.fixture(autouse=True)
def end_all():
    yield
    for pid in (dispatcher(), under_way.pid if (under_way := read_state().under_way) else 0):
        if pid and psutil.pid_exists(pid):
            kill_with_children(pid)


def test_after_a_kill_of_dispatcher_and_worker_all_work_is_done(home, configure, colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    monkeypatch.setattr("tlcore.hosting.queue.keeper.AGAIN_S", 0.0)
    with in_space(space_of(home, "a")):
        run = prepare_run(configure(epochs=12))
        jobs.start([run])
    with in_space(space_of(home, "b")):
        probe = start_probe("scan-1", ["audit", "--json"], configure())
    keeper = Keeper()
    keeper.keep()
    eventually(lambda: len(run.history()) > 1)
    assert (run.status().state, position(probe.folder).place) == ("running", 1)
    assert worker_health().alive
    killed = [dispatcher(), read_state().under_way.pid]
    for pid in killed:
        psutil.Process(pid).kill()
    eventually(lambda: run.status().state, "queued")  # not interrupted: it goes on by itself
    eventually(lambda: worker_health().alive, False)
    keeper.keep()
    eventually(list_tickets, ())
    assert run.status().state == "finished"
    assert [record.epoch for record in run.history()] == list(range(13))
    first, second = (run.path / "worker.log").read_text().split("Training run")[1:]
    assert "Epoch 0:" in first
    assert "Epoch 0:" not in second  # it went on after the last whole epoch
    assert probe.lines()[-1]["images"] == 74
    assert dispatcher() not in killed
    assert usage_today(space_of(home, "a").home).epochs == 12
    psutil.Process(dispatcher()).terminate()
    eventually(lambda: worker_health().alive, False)
