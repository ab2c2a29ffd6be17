"""Commands as processes: killed, interrupted, and several at once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tlcore.runs.folder.run import Run
from tlcore.runs.work import jobs
from tlcore.runs.work.turn import live_runs

DEADLINE_S = 90


@pytest.fixture
def many(make_images):
    return make_images("many", train=60, val=20, test=10)


@pytest.fixture
def start(home, many):
    """Start `python -m tlcore train` on `many`, with fine-tuning that is slow enough to interrupt."""
    started = []

    def call(*options, launcher=("-m",)):
        command = [sys.executable, *launcher, "tlcore", "train", "--data", str(many), "--backbone", "small_cnn"]
        command += ["--weights", "none", "--device", "cpu", "--precision", "fp32", "--batch-size", "4", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()


ROOT = Path(__file__).parents[2]
FINE_TUNING = ("--strategy", "fine_tuning", "--augment", "standard", "--workers", "1")


def wait_for_epoch(home, epoch, process):
    """Wait until the run in `home` has recorded an epoch; returns its folder."""
    give_up = time.monotonic() + DEADLINE_S
    while time.monotonic() < give_up and process.poll() is None:
        for metrics in home.glob("runs/*/metrics.jsonl"):
            if metrics.read_text().count("\n") > epoch:
                return metrics.parent
        time.sleep(0.02)
    raise AssertionError(f"epoch {epoch} did not come: {process.communicate()[1]}")


def results(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{**line, "seconds": 0, "images_per_s": 0} for line in lines]


def test_a_run_that_was_killed_is_resumed_to_exactly_the_same_metrics(start, home):
    process = start(*FINE_TUNING, "--epochs", "8")
    run = wait_for_epoch(home, 2, process)
    process.kill()
    process.wait()
    state = subprocess.run([sys.executable, "-m", "tlcore", "runs"], capture_output=True, text=True, cwd=ROOT).stdout
    assert "interrupted" in state
    done = len(results(run))
    assert done < 9
    resumed = subprocess.run(
        [sys.executable, "-m", "tlcore", "resume", run.name], capture_output=True, text=True, cwd=ROOT
    )
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.splitlines()[-1] == str(run)
    whole = start(*FINE_TUNING, "--epochs", "8")
    out, err = whole.communicate(timeout=DEADLINE_S)
    assert whole.returncode == 0, err
    assert results(run) == results(Path(out.splitlines()[-1]))


def test_ctrl_c_ends_the_epoch_and_exits_with_130(start, home):
    process = start(*FINE_TUNING, "--epochs", "500")
    run = wait_for_epoch(home, 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert out.splitlines()[-1] == str(run)
    assert "Stopping after this epoch" in err
    assert f"python -m tlcore resume {run.name}" in err
    assert "Traceback" not in err
    assert json.loads((run / "status.json").read_text())["state"] == "stopped"
    epochs = [line["epoch"] for line in results(run)]
    assert epochs == list(range(len(epochs)))
    assert len(list((run / "checkpoints").glob("epoch-*.pt"))) == len(epochs)


@pytest.mark.skipif(not hasattr(signal, "sigwaitinfo"), reason="decoding processes obey SIGTERM there")
def test_sigterm_to_all_processes_of_a_service_ends_the_epoch_and_exits_with_143(start, home):
    process = start(*FINE_TUNING, "--epochs", "500")
    run = wait_for_epoch(home, 1, process)
    decoders = psutil.Process(process.pid).children(recursive=True)
    assert decoders
    for member in (*decoders, psutil.Process(process.pid)):
        member.terminate()
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 143, err
    assert "Stopping after this epoch" in err
    assert "Traceback" not in err
    assert Run(run).status().state == "stopped"
    assert not [member for member in decoders if member.is_running()]


def test_the_dashboard_can_stop_a_run_of_the_terminal(start, home):
    process = start(*FINE_TUNING, "--epochs", "500")
    run = Run(wait_for_epoch(home, 1, process))
    assert live_runs() == [run]
    jobs.stop(run)
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert run.status().state == "stopped"
    assert live_runs() == []


@pytest.mark.skipif(os.name == "nt", reason="gloo under torchrun is for Linux and macOS here")
def test_two_processes_give_the_metrics_of_one(start, home):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    # fresh augmentation and a frozen network without dropout: only the order of additions differs;
    # with batches of 7 one of the two processes needs padding
    options = ("--views", "0", "--augment", "standard", "--epochs", "2", "--workers", "0", "--batch-size", "7")
    small = {"operations": [{"op": "Resize", "size": 64}, {"op": "CenterCrop", "size": 64}]}
    config = home.parent / "config.json"
    config.write_text(json.dumps({"data": {"source": "x"}, "eval_transform": small, "device": "cpu"}))
    options += ("--config", str(config), "--backbone", "shufflenet_v2_x1_0")
    runs = []
    for launcher in (("-m",), ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m")):
        process = start(*options, "--track", "tensorboard", launcher=launcher)
        out, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, err
        runs.append(results(Path(out.splitlines()[-1])))
        read = EventAccumulator(f"{out.splitlines()[-1]}/tensorboard")
        read.Reload()
        assert [event.step for event in read.Scalars("val/loss")] == [0, 1, 2]  # of two processes only one writes
    assert len(list(home.glob("runs/*"))) == 2
    for one, two in zip(*runs, strict=True):
        for figure in ("val_loss", "val_accuracy", *(["train_loss", "train_accuracy"] if one["epoch"] else [])):
            assert two[figure] == pytest.approx(one[figure], rel=1e-4), figure
