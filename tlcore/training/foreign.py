"""Continue another program's training: turn its saved file into a checkpoint that `fit` can continue."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlcore.config import ResolvedConfig
from tlcore.data.dataset import Dataset
from tlcore.errors import CheckpointError
from tlcore.models.architecture import HEAD
from tlcore.models.build import model_of_file
from tlcore.models.saved_model import SavedModel, read_saved_model
from tlcore.models.zoo import architecture_of
from tlcore.training.checkpoint import Checkpoint, RandomState, trained_state
from tlcore.training.fit import trained_parameters
from tlcore.training.optimisation.optimizer_state import State, adopted
from tlcore.training.optimisation.optimizers import build_optimizer
from tlcore.training.optimisation.schedules import Schedule
from tlcore.training.plan import Plan, plan_run


def plan_from_file(
    config: ResolvedConfig, dataset: Dataset, path: Path, device: str | None = None
) -> tuple[Plan, Checkpoint]:
    """The plan of a run that continues from a training checkpoint, and the checkpoint for `fit`.

    The file has a form that training scripts save: a dictionary of `model_state_dict` and, optionally,
    `optimizer_state_dict`, `epoch` (finished epochs) and `loss`; or only a state_dict; or a checkpoint from a run
    folder. Learning rates, schedule and other settings are those of the configuration. No weights are loaded from
    elsewhere: the file has them all.
    Raises WeightsError if the model's values cannot be read or do not fit, CheckpointError if the rest does not fit.
    """
    saved = read_saved_model(path)
    architecture = architecture_of(config)
    model, notices = model_of_file(architecture, config.model.weights, dataset.classes, saved, source=str(path))
    plan = plan_run(config, dataset, model, device)
    plan = replace(plan, notices=(*plan.notices, *notices))
    return plan, Checkpoint(
        epoch=_epoch(saved.beside.get("epoch"), plan, path),
        model=trained_state(plan, plan.model),
        optimizer=_optimizer(plan, saved, path),
        schedule=Schedule(plan.config.schedule, plan.config.epochs).state_dict(),
        rng=RandomState(torch.Generator().manual_seed(plan.config.seed).get_state()),
        train_loss=_number(_loss(saved.beside)),
    )


def _optimizer(plan: Plan, saved: SavedModel, path: Path) -> State:
    """The optimiser state to continue with: the file's, if any, adapted to the run's optimiser and learning rates."""
    config = plan.config.optimizer
    fresh: State = build_optimizer(config, trained_parameters(plan), plan.learning_rates).state_dict()
    foreign = _optimizer_state(saved, plan)
    if foreign is None:
        return fresh
    groups = [group.parameters for group in plan.groups if group.name not in plan.frozen]
    parameters: dict[str, Tensor] = dict(plan.model.named_parameters())
    try:
        state = adopted(foreign, fresh, groups, parameters, config)
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be continued, because {error}") from None
    if saved.classes is not None and saved.classes != plan.dataset.classes:
        _reorder_head(state, plan, saved.classes)
    return state


def _optimizer_state(saved: SavedModel, plan: Plan) -> object:
    """The optimiser state in the file, under the usual keys; for a run's checkpoint, with the parameters' names."""
    several = saved.beside.get("optimizer_states")  # Lightning's key
    only = several[0] if isinstance(several, list) and len(several) == 1 else None
    foreign = saved.beside.get("optimizer_state_dict", saved.beside.get("optimizer", only))
    if not (saved.of_a_run and isinstance(foreign, dict) and isinstance(foreign.get("param_groups"), list)):
        return foreign
    names = {group.name: list(group.parameters) for group in plan.groups}
    groups = [
        {**group, "param_names": names.get(str(group.get("name")), [])} if isinstance(group, dict) else group
        for group in foreign["param_groups"]
    ]
    return {**foreign, "param_groups": groups}


def _reorder_head(state: State, plan: Plan, found: tuple[str, ...]) -> None:
    """Reorder the optimiser's state for the final layers in the same way as their rows."""
    order = torch.tensor([found.index(name) for name in plan.dataset.classes])
    final = tuple(f"{path}." for path in plan.architecture.final_layers)
    (members,) = [group for group in plan.groups if group.name == HEAD]
    (indices,) = [group["params"] for group in state["param_groups"] if group["name"] == HEAD]
    for name, index in zip(members.parameters, indices, strict=True):
        if name.startswith(final):
            kept = state["state"].get(index, {})
            state["state"][index] = {
                key: value[order] if isinstance(value, Tensor) and value.ndim else value for key, value in kept.items()
            }


def _loss(beside: Mapping[str, Any]) -> object:
    metrics = beside.get("metrics")
    return beside.get("loss", metrics.get("train_loss") if isinstance(metrics, dict) else None)


def _epoch(value: object, plan: Plan, path: Path) -> int:
    epoch = int(_number(value) or 0)
    if not 0 <= epoch < plan.config.epochs:
        raise CheckpointError(
            f"{path} was saved after epoch {epoch}, and the run has {plan.config.epochs}: nothing is left to train. "
            f"Ask for more epochs, such as --epochs {max(epoch, 0) + plan.config.epochs}."
        )
    return epoch


def _number(value: object) -> float | None:
    """The value as a number. Scripts save a Python number, a numpy number or a tensor; None for anything else."""
    if isinstance(value, Tensor) and value.numel() == 1 and not value.is_meta and not value.is_complex():
        value = value.detach().item()
    if isinstance(value, np.generic):
        value = value.item()
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
