import pytest

import tlcore
from tlcore.errors import ConfigError, DatasetNotFound
from tlcore.runs.folder.run import list_runs
from tlcore.runs.restore import plan_to_resume
from tlcore.runs.start import prepare_run, prepare_runs
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.events import EpochDone
from tlcore.training.resolve import resolve


def test_training_in_one_call_reports_progress_and_leaves_a_finished_run(configure):
    events = []
    run = tlcore.train(configure(), on_event=events.append, facts={"sweep": "of the test"})
    assert run.status().state == "finished"
    assert [event.record.epoch for event in events if isinstance(event, EpochDone)] == run.epochs() == [0, 1, 2, 3]
    assert run.config == resolve(configure())
    assert run.info.sweep == "of the test"
    assert run.info.device.startswith("cpu")


def test_plain_data_is_accepted_and_validated(configure):
    run = tlcore.train(configure(epochs=1).model_dump(mode="json"))
    assert run.epochs() == [0, 1]
    with pytest.raises(ConfigError, match="epoch: no such setting. Did you mean 'epochs'?"):
        tlcore.train({"epoch": 1})


def test_a_run_whose_listener_fails_is_stopped_and_can_be_resumed(configure):
    def listen(event):
        if isinstance(event, EpochDone) and event.record.epoch == 1:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tlcore.train(configure(), on_event=listen)
    (run,) = list_runs()
    assert (run.status().state, run.epochs()) == ("stopped", [0, 1])
    drive(execute(run, plan_to_resume(run)))
    assert run.epochs() == [0, 1, 2, 3]


def test_a_prepared_run_waits_and_then_equals_one_trained_at_once(configure):
    run = prepare_run(configure(), {"recipe": "mine"})
    assert (run.status().state, run.epochs(), run.info.recipe) == ("queued", [], "mine")
    drive(execute(run, plan_to_resume(run)))
    whole = tlcore.train(configure())
    losses = [[record.val_loss for record in each.history()] for each in (run, whole)]
    assert losses[0] == losses[1]
    assert run.info.dataset == whole.info.dataset


def test_runs_on_several_datasets_are_prepared_together(configure, make_images):
    other = configure(data={"source": str(make_images("others", classes=3, train=4, val=2))})
    runs = prepare_runs([configure(), other, configure(seed=1)])
    assert [len(run.classes) for run in runs] == [2, 3, 2]


def test_nothing_is_left_behind_where_the_data_is_gone(configure):
    with pytest.raises(DatasetNotFound, match="There is nothing at"):
        tlcore.train(configure(data={"source": "/nowhere"}))
    assert list_runs() == []
