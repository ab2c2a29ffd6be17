import json

import pytest
import torch

from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.errors import CheckpointError, DatasetChanged, RunBusy, TrainingDiverged
from tlcore.runs.folder.checkpoints import load_checkpoint, save_checkpoint
from tlcore.runs.folder.layout import checkpoint_path
from tlcore.runs.folder.lock import is_held
from tlcore.runs.restore import load_whole_state, plan_to_resume, restore_model
from tlcore.runs.start import prepare_run
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.checkpoint import Checkpoint
from tlcore.training.events import EpochDone
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from tlcore.transforms.spec import RandomHorizontalFlip, RandomResizedCrop, TransformSpec

RANDOM = TransformSpec(operations=(RandomResizedCrop(size=32), RandomHorizontalFlip())).model_dump()
# all kinds of state: dropout, augmentation, momentum, averaged weights, a schedule that depends on results
STATEFUL = {
    "strategy": {"name": "fine_tuning", "unfreeze_every": 2},
    "train_transform": RANDOM,
    "optimizer": {"name": "adamw"},
    "schedule": {"name": "plateau", "patience": 0, "warmup_epochs": 1.5},
    "mix": {"name": "mixup_or_cutmix"},
    "ema_decay": 0.8,
    "epochs": 5,
}


def start(config):
    run = prepare_run(config)
    return run, plan_to_resume(run)


def train(config):
    run, plan = start(config)
    drive(execute(run, plan))
    return run


def train_until(config, last_epoch):
    """A run that ends right after an epoch, as in a killed process."""
    run, plan = start(config)
    events = execute(run, plan)
    for event in events:
        if isinstance(event, EpochDone) and event.record.epoch == last_epoch:
            events.close()
            break
    return run


def resume(run):
    for _ in execute(run, plan_to_resume(run)):
        pass
    return run


def results(run):
    """Everything that must not depend on an interruption: all except times."""
    return [{**record.to_json(), "seconds": 0, "images_per_s": 0} for record in run.history()]


def test_a_run_folder_holds_every_epoch_and_what_it_was_made_of(configure):
    run = train(configure())
    assert run.epochs() == [0, 1, 2, 3]
    assert [record.epoch for record in run.history()] == [0, 1, 2, 3]
    assert run.status().state == "finished"
    assert run.info.dataset.classes == ("blue", "green")
    assert run.info.dataset.fingerprint == fingerprint(open_dataset(run.config.data))
    assert run.report_split == "test"
    assert len(run.samples_file.read_text().splitlines()) == 1 + 2 * (21 + 9 + 7)
    assert not is_held(run.path)
    assert not (run.path / "writer.json").exists()


def test_a_checkpoint_loads_without_running_code_and_is_complete(configure):
    run = train(configure())
    checkpoint = torch.load(checkpoint_path(run.checkpoints, 3), weights_only=True)
    assert checkpoint["epoch"] == 3
    assert {"model", "optimizer", "schedule", "rng", "metrics"} <= checkpoint.keys()
    assert checkpoint["metrics"]["val_loss"] == run.history()[3].val_loss


def test_the_frozen_part_is_stored_once_and_checkpoints_hold_the_head_alone(configure):
    run = train(configure())
    assert set(load_checkpoint(run.checkpoints, 2).model) == {"classifier.1.weight", "classifier.1.bias"}
    whole = load_whole_state(run, 2)
    assert whole.keys() == plan_to_resume(run).model.state_dict().keys()
    assert max(checkpoint_path(run.checkpoints, epoch).stat().st_size for epoch in run.epochs()) < 40_000


def test_optimiser_state_is_kept_for_the_last_and_the_best_epoch_only(configure):
    run = train(configure(epochs=6, optimizer={"learning_rate": 0.05}))
    kept = {epoch for epoch in run.epochs() if load_checkpoint(run.checkpoints, epoch).optimizer is not None}
    records = run.history()
    best = min(records, key=lambda record: (-record.val_accuracy, record.val_loss)).epoch
    assert kept == {6, best}


def test_all_optimiser_states_are_kept_where_that_is_asked_for(configure):
    run = train(configure(keep_optimizer_state="all"))
    assert all(load_checkpoint(run.checkpoints, epoch).optimizer is not None for epoch in run.epochs())


@pytest.mark.parametrize("settings", [{"epochs": 5, "train_transform": RANDOM}, STATEFUL], ids=["frozen", "stateful"])
def test_an_interrupted_run_ends_exactly_as_an_uninterrupted_one(configure, settings):
    whole = train(configure(**settings))
    interrupted = train_until(configure(**settings), 2)
    assert interrupted.status().state == "stopped"
    assert interrupted.epochs() == [0, 1, 2]
    resume(interrupted)
    assert results(interrupted) == results(whole)
    last = load_whole_state(interrupted, 5), load_whole_state(whole, 5)
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[1])


def test_a_run_stopped_before_its_first_epoch_starts_from_its_beginning(configure):
    run, plan = start(configure())
    list(execute(run, plan, should_stop=lambda: True))
    assert run.epochs() == []
    assert run.status().state == "stopped"
    assert results(resume(run)) == results(train(configure()))


def test_a_kill_between_checkpoint_and_metrics_loses_no_epoch(configure):
    whole = train(configure(epochs=4))
    run = train_until(configure(epochs=4), 2)
    lines = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run.path / "metrics.jsonl").write_text("".join(lines[:2]) + lines[2][:25])  # cut off while it was being written
    assert [record.epoch for record in run.history()] == [0, 1]
    assert results(resume(run)) == results(whole)


def test_a_damaged_last_checkpoint_is_trained_again_from_the_previous_one(configure):
    settings = {"epochs": 4, "keep_optimizer_state": "all"}
    whole = train(configure(**settings))
    run = train_until(configure(**settings), 3)
    path = checkpoint_path(run.checkpoints, 3)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CheckpointError, match="is damaged and cannot be read"):
        load_checkpoint(run.checkpoints, 3)
    assert results(resume(run)) == results(whole)


def test_resuming_needs_the_same_images(configure, colours):
    run = train_until(configure(), 1)
    (colours / "train/blue/000.png").unlink()
    with pytest.raises(DatasetChanged, match="have changed since this run was trained"):
        plan_to_resume(run)


def test_resuming_needs_no_weights_file(configure, tmp_path):
    weights = tmp_path / "weights.pth"
    torch.save(plan_run(resolve(configure()), open_dataset(configure().data)).model.state_dict(), weights)
    run = train_until(configure(model={"backbone": "small_cnn", "weights": str(weights)}), 1)
    weights.unlink()
    assert resume(run).status().state == "finished"


def test_two_writers_of_one_run_are_refused(configure):
    run, plan = start(configure())
    first = execute(run, plan)
    next(first)
    with pytest.raises(RunBusy, match=f"Run {run.name} is being trained by process"):
        next(execute(run, plan))
    assert run.status().state == "running"
    first.close()


def test_a_lock_file_that_nobody_holds_does_not_count(configure):
    run, plan = start(configure())
    (run.path / "writer.lock").write_text(json.dumps([2**22 + 1, 1.0]))
    (run.path / "writer.json").write_text("{")
    assert sum(isinstance(event, EpochDone) for event in execute(run, plan)) == 4


def test_an_error_is_recorded_and_the_epochs_before_it_stay(configure):
    config = configure(strategy={"name": "from_scratch"}, optimizer={"name": "sgd", "learning_rate": 1e38})
    run, plan = start(config)
    with pytest.raises(TrainingDiverged):
        list(execute(run, plan))
    assert run.status().state == "failed"
    assert "no longer a number" in run.status().error
    assert run.epochs() == [0]


def test_unreadable_images_are_listed_in_the_run_folder(configure, colours):
    (colours / "train/blue/000.png").write_bytes(b"")
    run = train(configure())
    assert json.loads((run.path / "left_out.json").read_text()) == [
        {"id": "train/blue/000.png", "reason": "empty file"}
    ]


def test_a_restored_model_is_the_one_of_its_epoch(configure):
    run, plan = start(configure())
    events = {event.record.epoch: event for event in execute(run, plan) if isinstance(event, EpochDone)}
    samples, transform = plan.dataset.split("val"), plan.config.eval_transform.build()
    images = torch.stack([transform(plan.dataset.source.load(sample.id)) for sample in samples])
    for epoch in (0, 3):
        with torch.no_grad():
            torch.testing.assert_close(restore_model(run, epoch)(images), events[epoch].val_logits)


def test_a_missing_checkpoint_is_an_error_that_lists_the_existing_ones(configure):
    run = train(configure())
    with pytest.raises(CheckpointError, match=r"No checkpoint of epoch 9 .* Epochs there: 0, 1, 2, 3\."):
        load_checkpoint(run.checkpoints, 9)


def test_saving_does_not_write_the_storage_that_a_tensor_is_a_part_of(tmp_path):
    part = torch.zeros(1_000_000)[:10]
    save_checkpoint(tmp_path, Checkpoint(epoch=1, model={"part": part}))
    assert checkpoint_path(tmp_path, 1).stat().st_size < 10_000
