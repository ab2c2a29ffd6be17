"""Checkpoint files of one run: `epoch-NNN.pt` per epoch, and one `frozen.pt` with the weights that no epoch changes.

A checkpoint contains epoch, model, optimiser, schedule, RNG states and metrics. It is written atomically, and read with
`weights_only=True`, so that a file from elsewhere cannot run code.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.errors import CheckpointError
from tlcore.runs.folder.layout import checkpoint_path, frozen_path, list_epochs
from tlcore.runs.folder.writing import write_in
from tlcore.system.failures import as_user_error
from tlcore.training.checkpoint import Checkpoint, checkpoint_from_file


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write one epoch, as yielded by `training.fit`. Raises RunNotFound if the run is gone."""
    content = _compact(checkpoint.to_file())
    write_in(folder.parent, checkpoint_path(folder, checkpoint.epoch), lambda file: torch.save(content, file))


def save_frozen(folder: Path, state: dict[str, Tensor]) -> None:
    write_in(folder.parent, frozen_path(folder), lambda file: torch.save(_compact(state), file))


def load_checkpoint(folder: Path, epoch: int) -> Checkpoint:
    """A saved epoch, on the CPU.

    Raises CheckpointError if it is missing, damaged, or from a newer version.
    """
    path = checkpoint_path(folder, epoch)
    if not path.exists():
        have = ", ".join(map(str, list_epochs(folder))) or "none"
        raise CheckpointError(f"No checkpoint of epoch {epoch} in {folder}. Epochs there: {have}.")
    content = _load(path, "Only this epoch is lost: the others can be used as before.")
    return checkpoint_from_file(content, str(path))


def load_frozen(folder: Path) -> dict[str, Tensor] | None:
    """The weights that no epoch of the run changes; None if there is no such file. Raises CheckpointError."""
    path = frozen_path(folder)
    return _load(path, "It is part of every epoch of the run.") if path.exists() else None


def drop_optimizer(folder: Path, epoch: int) -> None:
    """Remove the optimiser's state from a checkpoint that will not be continued from."""
    checkpoint = load_checkpoint(folder, epoch)
    if checkpoint.optimizer is not None:
        save_checkpoint(folder, replace(checkpoint, optimizer=None, training_model=None))


def _load(path: Path, consequence: str) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes can raise any error
        if (known := as_user_error(error)) is not None:
            raise known from None
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} is damaged and cannot be read ({reason}). {consequence}") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is not a checkpoint of this project. {consequence}")
    return content


def _compact(value: Any) -> Any:
    """Copies of tensors that are views of a larger storage, because torch.save would write the whole storage."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.untyped_storage().nbytes() > value.nbytes else value.detach()
    if isinstance(value, dict):
        return {key: _compact(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_compact(member) for member in value]
    return value
