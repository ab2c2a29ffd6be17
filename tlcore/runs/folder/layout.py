"""The names of the files in a run folder. Each file has one writer, named here.

run.json            create_run, once                  checkpoints/        the process that trains
samples.csv         create_run, once                  predictions/SPLIT/  any process that computes logits; atomic
edits.jsonl         create_run, once, if any
status.json         the process that handles the run  metrics.jsonl       the process that trains
left_out.json       the process that trains           writer.lock         nobody: it is only locked, see `lock`
writer.json         the process that holds the lock   worker.log          the worker and its child processes
label.json          any process that names the run; atomic
tracking.json       create_run's caller, then the process that trains or reports; atomic
tensorboard/        TensorBoard, if the run is tracked there; wandb/ likewise
answers.json        any process that calibrates an epoch; atomic
familiar/           any process that keeps the features of training images; atomic
"""

import re
from pathlib import Path

RUN_FILE = "run.json"
SAMPLES_FILE = "samples.csv"
EDITS_FILE = "edits.jsonl"
METRICS_FILE = "metrics.jsonl"
SKIPPED_FILE = "left_out.json"
LABEL_FILE = "label.json"
TRACKING_FILE = "tracking.json"
ANSWERS_FILE = "answers.json"
STOP_FILE = "stop"
LOCK_FILE = "writer.lock"
WRITER_FILE = "writer.json"
LOG_FILE = "worker.log"


def checkpoint_path(checkpoints: Path, epoch: int) -> Path:
    return checkpoints / f"epoch-{epoch:03d}.pt"


def frozen_path(checkpoints: Path) -> Path:
    return checkpoints / "frozen.pt"


def list_epochs(checkpoints: Path) -> list[int]:
    """Epochs that have a checkpoint, ascending."""
    names = (re.fullmatch(r"epoch-(\d+)\.pt", path.name) for path in checkpoints.glob("epoch-*.pt"))
    return sorted(int(match[1]) for match in names if match)


def predictions_path(run: Path, split: str, epoch: int) -> Path:
    return run / "predictions" / split / f"epoch-{epoch:03d}.npz"


def familiar_path(run: Path, epoch: int) -> Path:
    return run / "familiar" / f"epoch-{epoch:03d}.npz"
