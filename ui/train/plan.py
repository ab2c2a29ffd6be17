"""Plans of the form's runs: checked, with names and shapes of the weights instead of their values, and cached."""

import os
from typing import TYPE_CHECKING

import pandas as pd

from tlcore.config import RunConfig, is_weights_file
from tlcore.data.dataset import Dataset
from tlcore.errors import WeightsError
from tlcore.models.zoo import find_architecture
from tlcore.words import count
from ui.shared.caching import by_dataset, cache_data, cache_resource
from ui.train.backbones import check_weights, check_weights_file

if TYPE_CHECKING:  # imports torch, which a page loads when it needs it
    from tlcore.training.plan import Plan


def plan_of(config: RunConfig, dataset: Dataset) -> "Plan":
    """The plan of a run. Raises TlcoreError if the settings contradict each other, the weights file does not fit, or a
    hosted dashboard does not offer these weights."""
    architecture = find_architecture(config.model.backbone)
    check_weights(architecture, config.model.weights if config.strategy.name != "from_scratch" else "none")
    check_weights_file(architecture, config.model.weights)
    state = (dataset.edits_version, len(dataset.samples), dataset.classes)
    return _plan(config.data.source, config.model_dump_json(), state, config, dataset)


@cache_resource(by_dataset, max_entries=64, show_spinner="Reading the network …")
def _plan(
    source: str, key: str, state: tuple[int, int, tuple[str, ...]], _config: RunConfig, _dataset: Dataset
) -> "Plan":
    from tlcore.models.weights import weights_file
    from tlcore.training.optimisation.losses import class_weights
    from tlcore.training.plan import outline_run
    from tlcore.training.resolve import resolve

    class_weights(_config.loss, _dataset.classes, [1] * len(_dataset.classes))  # checks the names of classes
    plan = outline_run(resolve(_config), _dataset)
    weights_file(plan.architecture, plan.config.model.weights)  # checks that there are such weights
    return plan


def missing_weights(plan: "Plan") -> str:
    """What is said if the weights file is not on this machine yet: that it is downloaded, or what to install. Else
    empty."""
    from tlcore.models.weights import weights_file

    weights = plan.config.model.weights
    file = weights_file(plan.architecture, weights)
    if file is None or os.path.exists(file):
        return ""
    try:
        address = None if is_weights_file(weights) else plan.architecture.address(weights)
    except WeightsError as error:  # nothing downloads it
        return str(error)
    name = file.name if address is None or file.name in address else f"{file.name} of {address}"
    return (
        f"{name} is not on this machine: it is downloaded when the run starts. "
        "Without a network, choose a file or other weights."
    )


def disk_bytes(plan: "Plan") -> int:
    """Upper limit of what the run and its features take on the disk."""
    return _disk_bytes(plan.config.data.source, plan.config.model_dump_json(), len(plan.dataset.samples), plan)


@cache_data(by_dataset, max_entries=64, show_spinner=False)
def _disk_bytes(source: str, key: str, images: int, _plan: "Plan") -> int:
    from tlcore.training.preview.projection import projected_disk

    disk = projected_disk(_plan)
    return disk.run_bytes + disk.cache_bytes


def memory_bytes(plan: "Plan") -> int:
    """About the most memory that the process takes that trains."""
    return _memory_bytes(plan.config.data.source, plan.config.model_dump_json(), len(plan.dataset.samples), plan)


@cache_data(by_dataset, max_entries=64, show_spinner=False)
def _memory_bytes(source: str, key: str, images: int, _plan: "Plan") -> int:
    from tlcore.training.preview.memory import estimate_memory

    return estimate_memory(_plan).total


def groups_table(plan: "Plan") -> pd.DataFrame:
    """One row per layer group, from stem to head, as text."""
    from tlcore.training.preview.group_table import group_rows

    rows = group_rows(plan)
    return pd.DataFrame(
        {
            "Layer group": [row.name for row in rows],
            "Parameters": [count(row.parameters) for row in rows],
            "In training": [row.trained for row in rows],
            "Learning rate": ["–" if row.learning_rate is None else f"{row.learning_rate:.2g}" for row in rows],
            "BatchNorm": [row.batchnorm or "–" for row in rows],
        }
    )
