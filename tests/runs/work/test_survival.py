"""When disk, data, weights or process of a run fail, what is saved stays usable, and the message says what to do."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
import torch

from tests.support.waiting import eventually
from tlcore.cli.main import main
from tlcore.errors import CheckpointError, DatasetChanged, DatasetNotFound, RunNotFound, StorageError, TrainingDiverged
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.evaluation.predict import load_predictor
from tlcore.runs.folder import status as status_module
from tlcore.runs.folder.layout import checkpoint_path, frozen_path
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import read_status, write_status
from tlcore.runs.progress import SILENT_S, describe, silence_s
from tlcore.runs.restore import load_whole_state, plan_to_resume, relocate
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.events import EpochDone, Progress
from tlcore.training.fit import Trainer


def train(config, until=None):
    run = prepare_run(config)
    events = execute(run, plan_to_resume(run))
    for event in events:
        if isinstance(event, EpochDone) and event.record.epoch == until:
            events.close()
            break
    return run


def resume(run):
    drive(execute(run, plan_to_resume(run)))
    return run


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_validation_loss_that_is_no_number_ends_the_run_and_leaves_its_epochs(configure, monkeypatch):
    run = train(configure(), until=1)

    def validate(trainer, epoch, inputs):
        yield Progress("val", epoch, 18, 18, 1.0)
        return torch.full((18, 2), float("nan")), "torch"

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_validate", validate)
        with pytest.raises(TrainingDiverged, match=r"validation loss after epoch 2 is no longer a number\. Lower the"):
            resume(run)
    assert run.status().state == "failed"
    assert run.epochs() == [0, 1]
    assert resume(run).status().state == "finished"


@pytest.mark.parametrize("harm", [cut, lambda path: path.unlink()], ids=["damaged", "deleted"])
def test_the_frozen_part_is_restored_from_its_weights(configure, harm):
    run = train(configure(), until=1)
    before = load_whole_state(run, 1)
    harm(frozen_path(run.checkpoints))
    after = load_whole_state(run, 1)
    assert all(torch.equal(before[name], after[name]) for name in before)
    harm(frozen_path(run.checkpoints))
    assert resume(run).status().state == "finished"
    harm(frozen_path(run.checkpoints))
    assert drive(evaluate_run(run)).epochs == (0, 1, 2, 3)
    assert load_predictor(run, 3, device="cpu").epoch == 3


def test_without_its_weights_or_with_others_the_frozen_part_is_named_as_lost(configure, tmp_path):
    from tlcore.models.build import build_model

    weights = tmp_path / "weights.pth"
    torch.save(build_model("small_cnn", "none", 2, seed=1).state_dict(), weights)
    run = train(configure(model={"backbone": "small_cnn", "weights": str(weights)}), until=1)
    frozen_path(run.checkpoints).unlink()
    torch.save(build_model("small_cnn", "none", 2, seed=2).state_dict(), weights)
    with pytest.raises(CheckpointError, match=r"frozen\.pt is missing\. .* are not those that it was made from"):
        load_whole_state(run, 1)
    weights.unlink()
    with pytest.raises(CheckpointError, match="cannot be made anew, because its weights are not there"):
        load_whole_state(run, 1)


def test_a_damaged_first_epoch_does_not_block_the_others(configure):
    run = train(configure(), until=2)
    cut(checkpoint_path(run.checkpoints, 0))
    assert resume(run).epochs() == [0, 1, 2, 3]
    evaluation = drive(evaluate_run(run))
    assert evaluation.epochs == (1, 2, 3)
    assert "Only this epoch is lost: the others can be used as before." in evaluation.notices[0]


def test_a_run_that_is_deleted_while_it_trains_stays_deleted(configure):
    run = prepare_run(configure(epochs=20))
    events = execute(run, plan_to_resume(run))
    next(event for event in events if isinstance(event, EpochDone) and event.record.epoch == 1)
    shutil.rmtree(run.path)
    with pytest.raises(RunNotFound, match="is not there any more: its folder was deleted or moved"):
        drive(events)
    assert not run.path.exists()


def test_a_run_that_is_deleted_while_it_is_evaluated_stays_deleted(configure):
    run = train(configure())
    events = evaluate_run(run)
    next(events)
    shutil.rmtree(run.path)
    with pytest.raises((RunNotFound, CheckpointError)):
        drive(events)
    assert not run.path.exists()


def test_a_full_disk_fails_the_run_in_one_sentence_and_it_can_be_resumed(configure, monkeypatch):
    run = prepare_run(configure())
    from tlcore.runs.work import execute as module

    save = module.save_checkpoint

    def full(folder, checkpoint):
        if checkpoint.epoch == 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder / "epoch-002.pt"))
        save(folder, checkpoint)

    with monkeypatch.context() as patch:
        patch.setattr(module, "save_checkpoint", full)
        with pytest.raises(StorageError, match=f"No space left in {run.checkpoints}: free some, then resume"):
            drive(execute(run, plan_to_resume(run)))
    assert run.status().state == "failed"
    assert run.status().error.startswith("No space left in")
    assert run.epochs() == [0, 1]
    assert resume(run).status().state == "finished"


def test_on_a_full_disk_the_status_takes_the_place_of_the_old_one(configure, monkeypatch):
    run = prepare_run(configure())
    write_status(run.path, "running", epoch=1, epochs=3, note="x" * 300)

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(status_module, "write_in", full)
    write_status(run.path, "failed", error="No space left")
    assert (read_status(run.path).state, read_status(run.path).error) == ("failed", "No space left")


def test_one_image_in_another_class_folder_is_another_dataset(configure, colours):
    run = train(configure(), until=1)
    (colours / "train/blue/000.png").rename(colours / "train/green/moved.png")
    with pytest.raises(DatasetChanged, match="Continuing would mix two datasets"):
        plan_to_resume(run)


def test_without_the_test_split_the_evaluation_says_so(configure, colours, capsys):
    run = train(configure())
    shutil.rmtree(colours / "test")
    assert main(["evaluate", run.name, "--device", "cpu"]) == 1
    said = capsys.readouterr().err
    assert "is evaluated on its test split" in said
    assert "Traceback" not in said


def test_a_moved_dataset_can_be_given_and_is_remembered(configure, colours, tmp_path, capsys):
    run = train(configure(), until=1)
    moved = tmp_path / "elsewhere"
    colours.rename(moved)
    with pytest.raises(DatasetNotFound, match="There is nothing at"):
        plan_to_resume(run)
    assert main(["resume", run.name]) == 1
    assert "say where it is now with --data FOLDER" in capsys.readouterr().err
    assert main(["resume", run.name, "--data", str(moved)]) == 0
    assert main(["evaluate", run.name, "--device", "cpu"]) == 0
    assert Run(run.path).config.data.source == str(moved)
    assert Run(run.path).status().state == "finished"


def test_a_folder_with_other_images_is_not_the_dataset_that_was_moved(configure, colours, make_images):
    run = train(configure(), until=1)
    other = make_images("other", seed=1, train=21, val=9, test=7)
    with pytest.raises(DatasetChanged, match=f"{other} does not hold the images that run {run.name} was trained on"):
        relocate(run, str(other))
    assert Run(run.path).config.data.source == str(colours)


def test_a_finished_run_says_how_to_train_more(configure, capsys):
    run = train(configure())
    assert main(["resume", run.name]) == 0
    said = capsys.readouterr().err
    assert f"`export {run.name} --epoch 3 --format checkpoint --out FILE`" in said
    assert "`train --continue-from FILE --epochs N`" in said


def test_the_exit_of_an_earlier_worker_is_not_taken_for_that_of_a_later_one(configure):
    run = prepare_run(configure())
    write_status(run.path, "queued", submitted=2.0)
    jobs._see_off([run], 1.0, -9)
    assert run.status().state == "queued"
    jobs._see_off([run], 2.0, -9)
    assert run.status().state == "failed"
    assert "The worker ended with status -9 before it began" in run.status().error


def test_a_silent_process_is_reported(configure):
    run = prepare_run(configure())
    write_status(run.path, "running", phase="train", epoch=1, epochs=3)
    status = run.status()
    assert silence_s(status) is None
    assert silence_s(status, status.heartbeat + SILENT_S - 1) is None
    assert silence_s(status, status.heartbeat + SILENT_S + 1) == pytest.approx(SILENT_S + 1)
    old = status.model_copy(update={"heartbeat": time.time() - 200})
    assert describe(old).endswith("no sign of life for 3 min 20 s")
    assert silence_s(status.model_copy(update={"state": "queued", "submitted": 1.0, "heartbeat": 1.0})) is None


@pytest.mark.skipif(os.name == "nt", reason="no SIGSTOP there")
def test_stop_now_ends_a_suspended_process_and_requeues_its_waiting_runs(configure, monkeypatch):
    first, second, third = (prepare_run(configure()) for _ in range(3))
    process = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"], stdout=-1)
    try:
        assert process.stdout.readline() == b"\n"
        started = psutil.Process(process.pid).create_time()
        holder = {"pid": process.pid, "process_started": started, "submitted": 1.0}
        write_status(first.path, "running", phase="train", **holder)
        write_status(second.path, "queued", **holder)
        process.send_signal(signal.SIGSTOP)
        eventually(lambda: psutil.Process(process.pid).status(), psutil.STATUS_STOPPED)
        again = []
        monkeypatch.setattr(jobs, "_start_worker", lambda runs, submitted, *options: again.extend(runs))
        jobs.stop(first)  # waits for the end of the epoch
        assert first.status().state == "running"
        jobs.stop(first, now=True)
        assert not psutil.pid_exists(process.pid)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert first.status().state == "stopped"
    assert again == [second]
    assert (second.status().state, third.status().submitted) == ("queued", 0.0)


def test_a_silent_process_elsewhere_must_be_ended_by_a_person(configure, monkeypatch):
    run = prepare_run(configure())
    write_status(run.path, "running", phase="train")
    content = json.loads((run.path / "status.json").read_text())
    silent = {**content, "place": "other-host boot pid", "heartbeat": time.time() - 300}
    (run.path / "status.json").write_text(json.dumps(silent))
    monkeypatch.setattr(status_module, "is_held", lambda folder: True)
    from tlcore.errors import RunBusy

    with pytest.raises(RunBusy, match=r"another machine or container, other-host, which gives no sign of life"):
        jobs.stop(run, now=True)
