"""Makes a checked plan from a `RunConfig`, using names and shapes of the weights without their values."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from tlcore.config import ResolvedConfig, RunConfig
from tlcore.data.dataset import Dataset
from tlcore.models.zoo import find_architecture
from tlcore.words import count
from ui.train.backbones import check_weights, check_weights_file

if TYPE_CHECKING:
    from tlcore.training.preview.group_table import GroupRow


@dataclass(frozen=True)
class Outline:
    """The data of a plan that the page shows before the start."""

    asked: RunConfig
    config: ResolvedConfig
    groups: pd.DataFrame
    trained_parameters: int
    parameters: int
    batches_per_epoch: int
    uses_features: bool
    disk_bytes: int
    device: str
    notices: tuple[str, ...]
    weights_file: Path | None

    @property
    def missing_weights(self) -> str:
        """Name of the weights file that is not on this machine yet; empty if none is missing."""
        return "" if self.weights_file is None or os.path.exists(self.weights_file) else self.weights_file.name


def outline_of(config: RunConfig, dataset: Dataset) -> Outline:
    """The outline of a run. Raises TlcoreError if the settings contradict each other, the weights file does not fit,
    or a hosted dashboard does not offer these weights."""
    architecture = find_architecture(config.model.backbone)
    check_weights(architecture, config.model.weights if config.strategy.name != "from_scratch" else "none")
    check_weights_file(architecture, config.model.weights)
    return _outline(config, (len(dataset.samples), dataset.classes), dataset)


@st.cache_resource(
    max_entries=128, show_spinner="Reading the network …", hash_funcs={RunConfig: RunConfig.model_dump_json}
)
def _outline(config: RunConfig, state: tuple[int, tuple[str, ...]], _dataset: Dataset) -> Outline:
    from tlcore.models.weights import weights_file  # these import torch, once per server
    from tlcore.training.optimisation.losses import class_weights
    from tlcore.training.plan import outline_run
    from tlcore.training.preview.group_table import group_rows
    from tlcore.training.preview.projection import batches_per_epoch, projected_disk
    from tlcore.training.resolve import resolve

    architecture = find_architecture(config.model.backbone)
    resolved = resolve(config)
    class_weights(config.loss, _dataset.classes, [1] * len(_dataset.classes))  # checks the names of classes
    plan = outline_run(resolved, _dataset)
    disk = projected_disk(plan)
    file = weights_file(architecture, plan.config.model.weights)
    return Outline(
        asked=config,
        config=plan.config,
        groups=_groups_table(group_rows(plan)),
        trained_parameters=sum(group.num_parameters for group in plan.groups if group.name not in plan.frozen),
        parameters=sum(group.num_parameters for group in plan.groups),
        batches_per_epoch=batches_per_epoch(plan),
        uses_features=plan.uses_features,
        disk_bytes=disk.run_bytes + disk.cache_bytes,
        device=plan.choice.reason,
        notices=plan.notices,
        weights_file=file,
    )


def _groups_table(rows: list["GroupRow"]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Layer group": [row.name for row in rows],
            "Parameters": [count(row.parameters) for row in rows],
            "In training": [row.trained for row in rows],
            "Learning rate": ["–" if row.learning_rate is None else f"{row.learning_rate:.2g}" for row in rows],
            "BatchNorm": [row.batchnorm or "–" for row in rows],
        }
    )
