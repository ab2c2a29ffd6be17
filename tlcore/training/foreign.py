"""Begin where somebody else's training ended: from the file that it saved, to a checkpoint that `fit` continues."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.config import ResolvedConfig
from tlcore.data.dataset import Dataset
from tlcore.errors import CheckpointError
from tlcore.models.build import rebuild_model
from tlcore.models.weights import read_state_dict
from tlcore.training.checkpoint import trained_state
from tlcore.training.fit import trained_parameters
from tlcore.training.optimisation.optimizer_state import adopted
from tlcore.training.optimisation.optimizers import build_optimizer
from tlcore.training.optimisation.schedules import Schedule
from tlcore.training.plan import Plan, plan_run


def plan_from_file(
    config: ResolvedConfig, dataset: Dataset, path: Path, device: str | None = None
) -> tuple[Plan, dict[str, Any]]:
    """The plan of a run that goes on from a training checkpoint, and the checkpoint to give to `fit`.

    The file is as training scripts save it: a dictionary of `model_state_dict` and, where they are there,
    `optimizer_state_dict`, `epoch` (epochs that are done) and `loss`; or a state_dict alone. Learning rates, schedule
    and the rest are the configuration's. Weights are not looked for: the file has them all.
    Raises WeightsError where the model's values cannot be read or do not fit, CheckpointError where the rest does not.
    """
    state_dict, beside = read_state_dict(path)
    backbone, weights = config.model.backbone, config.model.weights
    model = rebuild_model(backbone, weights, len(dataset.classes), state_dict, source=str(path))
    plan = plan_run(config, dataset, model, device)
    epoch = _epoch(beside.get("epoch"), plan, path)
    optimizer = build_optimizer(plan.config.optimizer, trained_parameters(plan), plan.learning_rates).state_dict()
    foreign = beside.get("optimizer_state_dict", beside.get("optimizer"))
    if foreign is not None:
        groups = [group.parameters for group in plan.groups if group.name not in plan.frozen]
        parameters: dict[str, Tensor] = dict(plan.model.named_parameters())
        try:
            optimizer = adopted(foreign, optimizer, groups, parameters, plan.config.optimizer.name)
        except CheckpointError as error:
            raise CheckpointError(f"{path} cannot be continued. {error}") from None
    return plan, {
        "format": 1,
        "epoch": epoch,
        "model": trained_state(plan, plan.model),
        "training_model": None,
        "averaged_steps": 0,
        "optimizer": optimizer,
        "schedule": Schedule(plan.config.schedule, plan.config.epochs).state_dict(),
        "rng": {"cpu": torch.Generator().manual_seed(plan.config.seed).get_state(), "cuda": None},
        "train_loss": _number(beside.get("loss")),
    }


def _epoch(value: object, plan: Plan, path: Path) -> int:
    epoch = int(_number(value) or 0)
    if not 0 <= epoch < plan.config.epochs:
        raise CheckpointError(
            f"{path} was saved after epoch {epoch}, and the run has {plan.config.epochs}: nothing is left to train. "
            f"Ask for more epochs, such as --epochs {max(epoch, 0) + plan.config.epochs}."
        )
    return epoch


def _number(value: object) -> float | None:
    """Scripts save a number, or a tensor of one; None for anything else."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.detach().item()
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
