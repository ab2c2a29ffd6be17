"""Checkpoint files of one run: `epoch-NNN.pt` for each epoch, and `frozen.pt` once, for what no epoch changes.

A checkpoint holds epoch, model, optimiser, schedule, RNG states and metrics. It is written whole or not at all,
and read with `weights_only=True`, so that a file from elsewhere cannot run code.
"""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.errors import CheckpointError
from tlcore.runs.folder.layout import checkpoint_path, frozen_path, list_epochs
from tlcore.system.files import write_atomic


def save_checkpoint(folder: Path, checkpoint: dict[str, Any]) -> None:
    """Write one epoch, as `training.fit` yields it."""
    write_atomic(checkpoint_path(folder, checkpoint["epoch"]), lambda file: torch.save(_compact(checkpoint), file))


def save_frozen(folder: Path, state: dict[str, Tensor]) -> None:
    write_atomic(frozen_path(folder), lambda file: torch.save(_compact(state), file))


def load_checkpoint(folder: Path, epoch: int) -> dict[str, Any]:
    """One epoch as it was saved, on the CPU. Raises CheckpointError where it is missing or damaged."""
    path = checkpoint_path(folder, epoch)
    if not path.exists():
        have = ", ".join(map(str, list_epochs(folder))) or "none"
        raise CheckpointError(f"No checkpoint of epoch {epoch} in {folder}. Epochs there: {have}.")
    checkpoint = _load(path)
    if not isinstance(checkpoint.get("model"), dict):
        raise CheckpointError(f"{path} is not a checkpoint of this project: it holds no model.")
    return checkpoint


def load_model_state(folder: Path, epoch: int) -> dict[str, Tensor]:
    """The whole model's state_dict in an epoch, frozen part included, under torchvision's own names."""
    return {**load_frozen(folder), **load_checkpoint(folder, epoch)["model"]}


def load_frozen(folder: Path) -> dict[str, Tensor]:
    return _load(frozen_path(folder)) if frozen_path(folder).exists() else {}


def drop_optimizer(folder: Path, epoch: int) -> None:
    """Take the optimiser's state out of a checkpoint that nobody will continue from."""
    checkpoint = load_checkpoint(folder, epoch)
    if checkpoint["optimizer"] is not None:
        save_checkpoint(folder, {**checkpoint, "optimizer": None, "training_model": None})


def _load(path: Path) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} is damaged and cannot be read ({reason}). Delete it, then resume.") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is not a checkpoint of this project.")
    return content


def _compact(value: Any) -> Any:
    """Without the storage that a tensor only has a view into, which torch.save would write whole."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.untyped_storage().nbytes() > value.nbytes else value.detach()
    if isinstance(value, dict):
        return {key: _compact(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_compact(member) for member in value]
    return value
