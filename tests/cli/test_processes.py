"""Commands as processes: killed, interrupted, and several at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import LIMIT_S, eventually
from tlcore.cli.main import main
from tlcore.runs.folder.run import Run
from tlcore.runs.work import jobs
from tlcore.runs.work.turn import live_runs


@pytest.fixture
def many(make_images):
    return make_images("many", train=60, val=20, test=10)


@pytest.fixture
def start(home, many):
    """Start `python -m tlcore train` on `many`, with fine-tuning that is slow enough to interrupt."""
    started = []

    def call(*options, launcher=("-m",)):
        command = [sys.executable, *launcher, "tlcore", *TRAIN, "--data", str(many), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def here(home, many, capsys):
    """The same in this process, from begin to end; returns the folder of the run. It need not load torch anew."""

    def call(*options):
        assert main([*TRAIN, "--data", str(many), *options]) == 0
        return Path(capsys.readouterr().out.splitlines()[-1])

    return call


ROOT = Path(__file__).parents[2]
TRAIN = ["train", "--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32"]
TRAIN += ["--batch-size", "4"]
FINE_TUNING = ("--strategy", "fine_tuning", "--augment", "standard", "--workers", "1")


def wait_for_epoch(home, epoch, process):
    """Wait until the run in `home` has recorded an epoch; returns its folder."""

    def recorded():
        assert process.poll() is None, f"epoch {epoch} did not come: {process.communicate()[1]}"
        for metrics in home.glob("runs/*/metrics.jsonl"):
            if metrics.read_text().count("\n") > epoch:
                return metrics.parent
        return None

    return eventually(recorded, lambda run: run is not None)


def results(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{**line, "seconds": 0, "images_per_s": 0} for line in lines]


def test_a_run_that_was_killed_is_resumed_to_exactly_the_same_metrics(start, here, home):
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
    whole = here(*FINE_TUNING, "--epochs", "8")
    assert results(run) == results(whole)


def test_ctrl_c_ends_the_epoch_and_exits_with_130(start, home):
    process = start(*FINE_TUNING, "--epochs", "500")
    run = wait_for_epoch(home, 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
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
    _, err = process.communicate(timeout=LIMIT_S)
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
    _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err
    assert run.status().state == "stopped"
    assert live_runs() == []


@pytest.mark.skipif(os.name == "nt", reason="gloo under torchrun is for Linux and macOS here")
def test_two_processes_give_the_metrics_of_one(start, here, home):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    # fresh augmentation and a frozen network without dropout: only the order of additions differs;
    # with batches of 7 one of the two processes needs padding
    options = ("--views", "0", "--augment", "standard", "--epochs", "2", "--workers", "0", "--batch-size", "7")
    small = {"operations": [{"op": "Resize", "size": 64}, {"op": "CenterCrop", "size": 64}]}
    config = home.parent / "config.json"
    config.write_text(json.dumps({"data": {"source": "x"}, "eval_transform": small, "device": "cpu"}))
    options += ("--config", str(config), "--backbone", "shufflenet_v2_x1_0")
    options += ("--track", "tensorboard")
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m")
    process = start(*options, launcher=launcher)
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err
    runs = here(*options), Path(out.splitlines()[-1])
    for run in runs:
        read = EventAccumulator(str(run / "tensorboard"))
        read.Reload()
        assert [event.step for event in read.Scalars("val/loss")] == [0, 1, 2]  # of two processes only one writes
    assert len(list(home.glob("runs/*"))) == 2
    for one, two in zip(*map(results, runs), strict=True):
        for figure in ("val_loss", "val_accuracy", *(["train_loss", "train_accuracy"] if one["epoch"] else [])):
            assert two[figure] == pytest.approx(one[figure], rel=1e-4), figure
