"""The measured work done with tlcore. Imports are not timed."""

import os
import time
from typing import Any

import scipy.stats  # noqa: F401  # imported here because imports are not timed, and tlcore imports it late
import torch

import tlcore
import tlcore.runs.work.execute  # the same
from benchmarks.textbook import EVALUATION
from tlcore.config import parse_config
from tlcore.system.allocator import keep_freed_memory
from tlcore.training.fit import fit
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve

Settings = dict[str, Any]


def frozen_settings(data: str, weights: str, epochs: int = 13, **changes: Any) -> Settings:
    model = {"backbone": "mobilenet_v2", "weights": weights}
    return {"data": {"source": data}, "model": model, "epochs": epochs, **changes}


def train(settings: Settings, home: str) -> tuple[float, str]:
    """Seconds from opening the dataset to the last saved checkpoint, and the run's name."""
    os.environ["TLCORE_HOME"] = home
    started = time.perf_counter()
    run = tlcore.train(settings)
    return time.perf_counter() - started, run.name


def train_repeatedly(settings: list[Settings], home: str) -> list[float]:
    """Seconds of each of several runs, one after the other in one process."""
    return [train(each, home)[0] for each in settings]


def accuracies(settings: Settings, home: str) -> tuple[float, float, float]:
    """Validation accuracy of the last and the best epoch of a run, and its seconds."""
    seconds, name = train(settings, home)
    history = tlcore.find_run(name).history()
    return history[-1].val_accuracy, max(record.val_accuracy for record in history), seconds


def evaluate(name: str, home: str) -> float:
    """Seconds to compute the accuracy of every epoch of a run."""
    os.environ["TLCORE_HOME"] = home
    run = tlcore.find_run(name)
    started = time.perf_counter()
    evaluation = tlcore.evaluate(run)
    for epoch in evaluation.predictions:
        evaluation.accuracy(epoch)
    return time.perf_counter() - started


def report_accuracy(name: str) -> float:
    """Accuracy on the report split of a run's epoch that is best on val."""
    evaluation = tlcore.evaluate(name)
    return float(evaluation.accuracy(evaluation.best_by_val).value)


def report_accuracies(settings: list[Settings], home: str) -> list[float]:
    """The same for several runs, one after the other in one process; they share what is kept of their images."""
    return [report_accuracy(train(each, home)[1]) for each in settings]


def fine_tune(data: str, backbone: str, epochs: int, batch_size: int, home: str) -> dict[str, float]:
    """Images per second, for training only and with validation. The first epoch is a warm-up and does not count."""
    os.environ["TLCORE_HOME"] = home
    config = parse_config(
        {
            "data": {"source": data},
            "model": {"backbone": backbone, "weights": "none"},
            "strategy": {"name": "from_scratch"},
            "optimizer": {"name": "sgd", "learning_rate": 1e-3},
            "epochs": epochs + 1,
            "batch_size": batch_size,
        }
    )
    dataset = tlcore.open_dataset(config.data)
    plan = plan_run(resolve(config), dataset)
    records = [event.record for event in fit(plan) if hasattr(event, "record")]
    images = len(dataset.split("train")) + len(dataset.split("val"))
    training = sorted(record.images_per_s for record in records[2:])
    whole = sorted(images / record.seconds for record in records[2:])
    return {"train": training[epochs // 2], "epoch": whole[epochs // 2]}


def decode_and_forward(data: str, weights: str) -> float:
    """Seconds to decode every photograph once and send it through mobilenet_v2 in bf16 and channels_last.

    This is a lower bound for training a frozen backbone: a plain loop with nothing else in it.
    """
    from torch.utils.data import ConcatDataset, DataLoader
    from torchvision import datasets, models

    keep_freed_memory()
    started = time.perf_counter()
    model = models.mobilenet_v2()
    model.load_state_dict(torch.load(weights, weights_only=True))
    model = model.eval().to(memory_format=torch.channels_last)
    images: ConcatDataset[Any] = ConcatDataset(
        [datasets.ImageFolder(f"{data}/{split}", EVALUATION) for split in ("train", "val")]
    )
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch, _ in DataLoader(images, batch_size=16, num_workers=2):
            model(batch.contiguous(memory_format=torch.channels_last))
    return time.perf_counter() - started
