"""Jobs as processes: started, queued, stopped, killed, resumed."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import eventually
from tlcore.data.catalog import open_dataset
from tlcore.errors import CheckpointError, RunBusy, RunError
from tlcore.runs.folder.layout import predictions_path
from tlcore.runs.folder.run import Run, list_runs
from tlcore.runs.folder.status import read_status, write_status
from tlcore.runs.progress import describe
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.execute import execute
from tlcore.runs.work.turn import live_runs, queue
from tlcore.training.plan import plan_run
from tlcore.transforms.spec import RandomHorizontalFlip, RandomResizedCrop, TransformSpec

RANDOM = TransformSpec(operations=(RandomResizedCrop(size=32), RandomHorizontalFlip())).model_dump()
ENDLESS = {"strategy": {"name": "fine_tuning"}, "train_transform": RANDOM, "epochs": 50_000}


@pytest.fixture
def make_run(configure):
    """A prepared run that is not started; after the test all workers are killed."""

    def make(**changes) -> Run:
        return prepare_run(configure(**changes))

    yield make
    for run in live_runs():
        if run.status().pid != os.getpid():
            psutil.Process(run.status().pid).kill()


def wait_until(condition: Callable[[], bool], run: Run) -> None:
    try:
        eventually(condition)
    except AssertionError:
        log = run.path / "worker.log"
        pytest.fail(f"{run.status()} {log.read_text() if log.exists() else ''}")


def wait_for_epoch(run: Run, epoch: int) -> None:
    wait_until(lambda: len(run.history()) > epoch, run)


def wait_for_end(run: Run) -> None:
    wait_until(lambda: not run.status().is_live, run)


def test_a_prepared_run_is_neither_live_nor_interrupted(make_run):
    run = make_run()
    assert run.status().state == "queued"
    assert not run.status().is_live
    assert live_runs() == queue() == []
    assert describe(run.status()) == "not started"


def test_started_runs_are_trained_and_evaluated_by_one_process_of_their_own(make_run):
    runs = [make_run(optimizer={"learning_rate": rate}) for rate in (0.1, 0.01, 0.001)]
    jobs.start(runs)
    assert live_runs() == runs
    for run in runs:
        wait_for_end(run)
        status = run.status()
        assert (status.state, status.error, status.note) == ("finished", None, None)
        assert run.epochs() == [0, 1, 2, 3]
        assert all(predictions_path(run.path, "test", epoch).exists() for epoch in run.epochs())
    (pid,) = {run.status().pid for run in runs}
    assert pid != os.getpid()
    with pytest.raises(RunError, match="is finished"):
        jobs.resume(runs[0])


def test_runs_wait_for_their_turn_without_torch_and_a_killed_worker_gives_its_turn_away(make_run):
    first, second, third = make_run(**ENDLESS), make_run(), make_run()
    jobs.start([first])
    jobs.start([second])
    jobs.start([third])
    wait_for_epoch(first, 1)
    assert live_runs() == [first, second, third]
    assert queue() == [second, third]
    wait_until(lambda: third.status().pid != os.getpid(), third)  # its worker has started and waits
    if sys.platform == "linux":
        mapped = Path(f"/proc/{third.status().pid}/maps").read_text()
        assert "libtorch" not in mapped
        assert psutil.Process(third.status().pid).nice() == 10

    jobs.stop(third)
    wait_for_end(third)
    assert (third.status().state, third.epochs()) == ("stopped", [])
    assert first.status().state == "running"

    psutil.Process(first.status().pid).kill()
    wait_until(lambda: first.status().state == "interrupted", first)
    wait_for_end(second)
    assert second.status().state == "finished"


def test_stop_lets_the_epoch_end_and_resume_continues_after_it(make_run):
    run = make_run(**ENDLESS)
    jobs.start([run])
    wait_for_epoch(run, 1)
    with pytest.raises(RunBusy, match=f"Run {run.name} is running"):
        jobs.delete(run)
    with pytest.raises(RunBusy):
        jobs.resume(run)
    jobs.stop(run)
    wait_for_end(run)
    done = len(run.history())
    assert run.status().state == "stopped"
    assert run.status().epoch == done - 1
    assert run.epochs() == list(range(done))
    assert predictions_path(run.path, "test", done - 1).exists()  # the saved epochs were evaluated

    jobs.resume(run)
    wait_for_epoch(run, done + 1)
    os.kill(run.status().pid, signal.SIGTERM)
    wait_for_end(run)
    assert run.status().state == "stopped"
    assert [record.epoch for record in run.history()] == run.epochs() == list(range(len(run.epochs())))


def test_stop_now_drops_the_running_epoch(make_run, make_images):
    many = make_images("many", train=150, val=4, test=4)
    slow = {"data": {"source": str(many)}, "model": {"backbone": "shufflenet_v2_x1_0", "weights": "none"}}
    run = make_run(**{**ENDLESS, **slow, "batch_size": 2})
    jobs.start([run])
    wait_until(lambda: (run.status().epoch, run.status().phase) == (1, "train"), run)
    jobs.stop(run, now=True)
    wait_for_end(run)
    assert (run.status().state, run.epochs()) == ("stopped", [0])


def test_a_worker_that_cannot_start_is_a_failed_run(make_run, monkeypatch):
    run = make_run()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    jobs.start([run])
    wait_for_end(run)
    assert run.status().state == "failed"
    assert "The worker ended with status 1 before it began" in run.status().error


def test_runs_queued_by_a_dead_process_are_interrupted(make_run):
    run = make_run()
    write_status(run.path, "queued", submitted=time.time(), pid=2**22 + 1)
    assert run.status().state == "interrupted"
    write_status(run.path, "finished", phase="predict", pid=2**22 + 1)
    assert (run.status().state, run.status().is_live) == ("finished", False)


def test_an_evaluation_can_be_requested_alone(make_run):
    run = make_run()
    with pytest.raises(CheckpointError, match="no saved epoch to evaluate yet"):
        jobs.start_evaluation(run)
    for _ in execute(run, plan_run(run.config, open_dataset(run.config.data))):
        pass
    jobs.start_evaluation(run)
    assert describe(run.status()).startswith("finished, evaluating")
    wait_for_end(run)
    assert run.status().state == "finished"
    assert all(predictions_path(run.path, "test", epoch).exists() for epoch in run.epochs())


def test_a_full_queue_takes_no_more(make_run, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_WAITING", 1)
    first, second = make_run(), make_run()
    write_status(first.path, "queued", submitted=time.time())
    with pytest.raises(RunError, match="1 runs are waiting, and 1 is the most"):
        jobs.start([second])
    assert second.status().submitted == 0


def test_a_deleted_run_is_gone_at_once(make_run, home):
    run, other = make_run(), make_run()
    (home / "runs" / ".deleted-left-by-a-crash").mkdir()
    (home / "runs" / ".deleted-left-by-a-crash" / "run.json").write_text("{}")
    assert set(list_runs()) == {run, other}
    jobs.delete(run)
    assert list_runs() == [other]
    assert [folder.name for folder in (home / "runs").iterdir()] == [other.name]


def test_stopping_what_does_not_run_leaves_nothing_behind(make_run):
    run = make_run()
    before = json.loads((run.path / "status.json").read_text())
    jobs.stop(run, now=True)
    assert json.loads((run.path / "status.json").read_text()) == before
    assert not (run.path / "stop").exists()
    assert read_status(run.path).state == "queued"
