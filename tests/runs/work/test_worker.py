"""What the worker does with runs, tested in this process with a fake evaluation."""

import shutil
import signal

import pytest

from tlcore.errors import DatasetChanged
from tlcore.runs.folder.requests import ask_to_stop, asked_to_stop
from tlcore.runs.start import prepare_run
from tlcore.runs.work.worker import work
from tlcore.training.events import EpochDone, Progress


@pytest.fixture
def make_run(configure):
    def make(**changes):
        return prepare_run(configure(**changes))

    return make


class Evaluation:
    """Records the runs it was called for, and their status during the call."""

    def __init__(self, error=None):
        self.runs, self.statuses, self.error = [], [], error

    def __call__(self, run):
        self.runs.append(run)
        yield Progress("features", 0, 5, 10, 100.0)
        self.statuses.append(run.status())
        if self.error is not None:
            raise self.error


def test_evaluation_follows_the_training_of_all_and_its_progress_is_visible(make_run):
    runs, evaluation = [make_run(), make_run()], Evaluation()
    work(runs, evaluation)
    assert evaluation.runs == runs
    during = evaluation.statuses[0]
    assert (during.state, during.phase, during.done, during.total) == ("finished", "predict", 5, 10)
    assert (during.epoch, during.epochs) == (3, 3)
    assert [(run.status().state, run.status().phase) for run in runs] == [("finished", "")] * 2


def test_an_evaluation_that_fails_leaves_the_run_finished_with_a_note(make_run):
    run = make_run()
    work([run], Evaluation(DatasetChanged("The classes are gone.")))
    status = run.status()
    assert (status.state, status.error) == ("finished", None)
    assert status.note == "The saved epochs could not be evaluated: The classes are gone."


def test_an_unexpected_error_is_noted_and_its_traceback_logged(make_run, caplog):
    runs = [make_run(), make_run()]
    work(runs, Evaluation(ZeroDivisionError("division by zero")))
    assert all("ZeroDivisionError: division by zero" in run.status().note for run in runs)
    assert "Traceback" in caplog.text


def test_a_run_that_cannot_be_trained_fails_in_words_and_the_next_one_is_trained(make_run, make_images):
    elsewhere = make_images("elsewhere", train=4, val=2)
    lost, good, evaluation = make_run(data={"source": str(elsewhere)}), make_run(), Evaluation()
    shutil.rmtree(elsewhere)
    work([lost, good], evaluation)
    assert lost.status().state == "failed"
    assert f"There is nothing at {elsewhere}" in lost.status().error
    assert good.status().state == "finished"
    assert evaluation.runs == [good]


def test_a_run_that_diverges_fails_and_keeps_its_epochs(make_run):
    run = make_run(strategy={"name": "from_scratch"}, optimizer={"name": "sgd", "learning_rate": 1e38})
    work([run], Evaluation())
    assert run.status().state == "failed"
    assert "no longer a number" in run.status().error
    assert run.epochs() == [0]


def test_runs_that_are_stopped_while_they_wait_are_not_started(make_run):
    stopped, other, evaluation = make_run(), make_run(), Evaluation()
    ask_to_stop(stopped.path, "after_epoch")
    work([stopped, other], evaluation)
    assert (stopped.status().state, stopped.epochs()) == ("stopped", [])
    assert other.status().state == "finished"
    assert evaluation.runs == [other]
    assert asked_to_stop(stopped.path) is None


def test_a_run_that_is_stopped_before_its_first_epoch_is_not_evaluated(make_run, monkeypatch):
    run, evaluation = make_run(), Evaluation()
    from tlcore.runs.work import execute as module

    def stopping_at_once(*arguments, **options):
        return module_execute(*arguments, **{**options, "should_stop": lambda: True})

    module_execute = module.execute
    monkeypatch.setattr(module, "execute", stopping_at_once)
    work([run], evaluation)
    status = run.status()
    assert (status.state, status.phase, status.note) == ("stopped", "", None)
    assert (run.epochs(), evaluation.runs) == ([], [])


def test_while_the_last_epoch_runs_the_status_says_that_it_stops(make_run, monkeypatch):
    run, states = make_run(epochs=50), []
    monkeypatch.setattr("tlcore.runs.work.execute.HEARTBEAT_S", 0)
    from tlcore.runs.work import execute as module

    def asking(*arguments, **options):
        for event in module_execute(*arguments, **options):
            if isinstance(event, EpochDone) and event.record.epoch == 2:
                ask_to_stop(run.path, "after_epoch")
            if isinstance(event, Progress) and event.epoch == 2 and event.phase == "train":
                ask_to_stop(run.path, "after_epoch")
            states.append(run.status().state)
            yield event

    module_execute = module.execute
    monkeypatch.setattr(module, "execute", asking)
    work([run], Evaluation())
    assert "stopping" in states
    assert (run.status().state, run.epochs()) == ("stopped", [0, 1, 2])


def test_an_evaluation_is_cancelled_by_a_stop(make_run):
    run = make_run()

    def endless(run):
        ask_to_stop(run.path, "after_epoch")
        for _ in range(10**9):
            yield Progress("predict", 0, 1, 2, 1.0)

    work([run], endless)
    assert (run.status().state, run.status().note) == ("finished", "The evaluation was cancelled.")
    assert asked_to_stop(run.path) is None


def test_evaluating_alone_trains_nothing_and_keeps_the_state(make_run):
    run, evaluation = make_run(), Evaluation()
    work([run], Evaluation())
    before = run.history()
    work([run], evaluation, train=False)
    assert evaluation.runs == [run]
    assert run.status().state == "finished"
    assert run.history() == before


def test_signal_handlers_are_restored(make_run):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    work([make_run()], Evaluation())
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
