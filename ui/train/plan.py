"""From what the form says to a checked plan, with names and shapes in place of the model's values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from tlcore.config import ResolvedConfig, RunConfig, parse_config
from tlcore.data.dataset import Dataset
from tlcore.data.health.audit import RARE, Finding, audit
from tlcore.data.health.scan import load_scan
from tlcore.errors import ConfigError
from tlcore.recipes.fitting import fitted_views
from tlcore.transforms.saved import load_transform
from ui.train.fill import OF_RECIPE, loaded_recipe
from ui.train.form import Choices
from ui.train.learning import AUTO, NONE, SAVED

if TYPE_CHECKING:
    from tlcore.training.preview.group_table import GroupRow

WARNED = ("leak", "conflicting_labels", "rare_classes")
"""Findings of the health report that matter for training."""


@dataclass(frozen=True)
class Outline:
    """What the page shows of a plan before the start."""

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
        """Name of the weights file that is not on this machine yet; empty where none is missing."""
        return "" if self.weights_file is None or self.weights_file.exists() else self.weights_file.name


def outline_of(choices: Choices, dataset: Dataset) -> Outline:
    """Raises TlcoreError where the choices do not fit together."""
    settings = dict(choices.settings)
    strategy = settings["strategy"]["name"]
    if strategy == "from_scratch":
        settings["model"] = settings["model"] | {"weights": "none"}
    if not settings["model"]["weights"]:
        raise ConfigError("Give the path of the weights file, or choose other weights.")
    saved = load_transform(choices.augmentation.removeprefix(SAVED)) if choices.augmentation.startswith(SAVED) else None
    transform = None if saved is None else saved.model_dump(mode="json")
    recipe = loaded_recipe() if choices.augmentation == OF_RECIPE else None
    if recipe is not None:
        transform = recipe.config.model_dump(mode="json")
    state = (len(dataset.samples), dataset.classes)
    return _outline(json.dumps(settings), choices.augmentation, json.dumps(transform), state, dataset)


def outline_of_config(config: RunConfig, dataset: Dataset) -> Outline:
    """Of a configuration that says its views itself. Raises TlcoreError where its settings do not fit together."""
    return _outline(config.model_dump_json(), AUTO, "null", (len(dataset.samples), dataset.classes), dataset)


@st.cache_resource(max_entries=128, show_spinner="Reading the network …")
def _outline(
    settings: str, augmentation: str, saved: str, state: tuple[int, tuple[str, ...]], _dataset: Dataset
) -> Outline:
    from tlcore.models.weights import weights_file  # these import torch: once per server, for the first to come here
    from tlcore.models.zoo import eval_transform, find_architecture
    from tlcore.training.plan import outline_run
    from tlcore.training.preview.group_table import group_rows
    from tlcore.training.preview.projection import batches_per_epoch, projected_disk
    from tlcore.training.resolve import augmented, resolve

    config = parse_config(json.loads(settings), "the form")
    architecture = find_architecture(config.model.backbone)
    if augmentation == OF_RECIPE:
        config = config.model_copy(
            update=fitted_views(parse_config(json.loads(saved)), architecture.name, config.model.weights)
        )
    elif augmentation != AUTO:
        evaluation = eval_transform(architecture, config.model.weights)
        if json.loads(saved) is None:
            transform = augmented(evaluation, None if augmentation == NONE else augmentation)
        else:  # its mean and std are those of the weights that it was tried out with
            operations = json.loads(saved)["operations"]
            transform = type(evaluation).model_validate(evaluation.model_dump() | {"operations": operations})
        config = config.model_copy(update={"train_transform": transform})
    plan = outline_run(resolve(config), _dataset)
    disk = projected_disk(plan)
    file = weights_file(architecture, plan.config.model.weights)
    if file is not None and not file.exists() and not plan.config.model.weights.startswith("imagenet"):
        raise ConfigError(f"No weights file at {file}. Check the path, or choose other weights.")
    return Outline(
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
            "Parameters": [row.parameters for row in rows],
            "In training": [row.trained for row in rows],
            "Learning rate": ["–" if row.learning_rate is None else f"{row.learning_rate:.2g}" for row in rows],
            "BatchNorm": [row.batchnorm or "–" for row in rows],
        }
    )


def warnings_of(source: str, dataset: Dataset) -> tuple[str, ...]:
    """What in the data a person should know before training on it: from the health report, where there is one."""
    return _warnings(source, (len(dataset.samples), dataset.classes), dataset)


@st.cache_data(max_entries=64, ttl=60, show_spinner=False)
def _warnings(source: str, state: tuple[int, tuple[str, ...]], _dataset: Dataset) -> tuple[str, ...]:
    table = load_scan(_dataset)
    if table is not None:
        return tuple(_words(finding) for finding in audit(table, _dataset.classes) if finding.kind in WARNED)
    counts = _dataset.class_counts("train")
    rarest, most = min(counts, key=counts.__getitem__), max(counts.values())
    if counts[rarest] >= RARE * most:
        return ()
    return (f"Few training images: {rarest} has {counts[rarest]:,}, and the largest class has {most:,}",)


def _words(finding: Finding) -> str:
    """The title, and what it is about where no image shows that."""
    notes = [group.note for group in finding.groups if not group.ids]
    return f"{finding.title} ({'; '.join(notes[:3])}{' …' if len(notes) > 3 else ''})" if notes else finding.title
