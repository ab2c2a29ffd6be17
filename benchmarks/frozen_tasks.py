"""Small tasks for a new head on a frozen backbone, and what is trained on them: its features are computed once."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.measure import DATA, SHARED, WEIGHTS

if TYPE_CHECKING:
    from tlcore.config import RunConfig
    from tlcore.data.dataset import Dataset
    from tlcore.training.plan import Plan

EPOCHS = 13
SQUEEZENET = SHARED / "weights" / "squeezenet1_0-imagenet1k.pth"


@dataclass(frozen=True)
class Task:
    name: str
    source: str
    backbone: str
    weights: str | None = None
    most: int | None = None
    """Only so many training images of each class. None: all."""
    most_val: int | None = None
    """The same for val."""


@dataclass(frozen=True)
class Setting:
    optimizer: str
    learning_rate: float | None
    """None: the default."""
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    val_loss: float
    """After the last epoch, in nats per image."""
    val_accuracy: float


TASKS = (
    Task("ants & bees, mobilenet_v2", str(DATA), "mobilenet_v2", str(WEIGHTS)),
    Task("ants & bees, efficientnet_lite0", str(DATA), "efficientnet_lite0"),
    Task("ants & bees, squeezenet, 40 a class", str(DATA), "squeezenet1_0", str(SQUEEZENET), most=40, most_val=40),
    Task("ants & bees, mobilenet_v2, 10 a class", str(DATA), "mobilenet_v2", str(WEIGHTS), most=10),
    Task("demo, efficientnet_lite0", "demo", "efficientnet_lite0"),
    Task("demo, mobilenet_v2", "demo", "mobilenet_v2", str(WEIGHTS)),
    Task("demo, efficientnet_lite0, 8 a class", "demo", "efficientnet_lite0", most=8),
)


def draw_demo(home: str) -> None:
    os.environ["TLCORE_HOME"] = home
    from tlcore.data.formats.demo import draw_demo as draw

    for _ in draw():
        pass


def train_all(task: Task, settings: Sequence[Setting], home: str) -> list[Trained]:
    """The result of each setting on one task, in order."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.training.events import EpochDone
    from tlcore.training.fit import fit

    dataset, results = open_task(task), []
    for setting in settings:
        records = [event.record for event in fit(plan_of(task, dataset, setting)) if isinstance(event, EpochDone)]
        results.append(Trained(records[-1].val_loss, records[-1].val_accuracy))
    return results


def open_task(task: Task) -> "Dataset":
    from tlcore.data.catalog import open_dataset

    dataset, seen, kept = open_dataset(config_of(task).data), Counter[tuple[str, int]](), []
    most = {"train": task.most, "val": task.most_val}
    for sample in dataset.samples:
        limit = most.get(sample.split)
        seen[sample.split, sample.target] += 1
        if limit is None or seen[sample.split, sample.target] <= limit:
            kept.append(sample)
    return replace(dataset, samples=tuple(kept))


def config_of(task: Task, setting: Setting = Setting("adam", None)) -> "RunConfig":
    from tlcore.config import parse_config

    settings: dict[str, Any] = {
        "data": {"source": task.source},
        "model": {"backbone": task.backbone, "weights": task.weights},
        "optimizer": {"name": setting.optimizer, "learning_rate": setting.learning_rate},
        "epochs": EPOCHS,
        "seed": setting.seed,
    }
    return parse_config(settings)


def plan_of(task: Task, dataset: "Dataset", setting: Setting) -> "Plan":
    from tlcore.training.plan import plan_run
    from tlcore.training.resolve import resolve

    return plan_run(resolve(config_of(task, setting)), dataset)
