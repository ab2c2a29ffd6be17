"""What runs have in common below their heads: training that freezes a network changes its head alone.

Such a run keeps a hundredth of the network for itself. The rest is loaded and prepared once in a process for all runs
with the same values, whose digest each epoch has.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial

import torch
from torch import nn

from tlcore.errors import CheckpointError
from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.build import build_model
from tlcore.models.digest import state_digest
from tlcore.models.engines.choose import Runner
from tlcore.models.engines.folded import sharing_copy
from tlcore.models.engines.part import Part
from tlcore.models.groups import group_of
from tlcore.models.head import replace_final_layers
from tlcore.models.zoo import architecture_of
from tlcore.runs.folder.checkpoints import load_checkpoint
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import load_frozen_part, model_of, whole_state
from tlcore.system.device import DeviceChoice
from tlcore.training.checkpoint import Checkpoint


@dataclass(frozen=True, eq=False)
class SharedTrunk:
    model: nn.Module
    """With the head of one of the runs. Nobody changes it."""
    runner: Runner
    """For one image at a time."""


def restore_shared(run: Run, epoch: int, choice: DeviceChoice) -> tuple[nn.Module, SharedTrunk | None]:
    """The network after an epoch, in eval mode, on the device; and what it shares with others, if it was frozen below
    its head.

    Raises CheckpointError.
    """
    checkpoint, architecture = load_checkpoint(run.checkpoints, epoch), architecture_of(run.config)
    trains_more = any(group_of(architecture, name) != HEAD for name in checkpoint.model)
    if trains_more or not checkpoint.frozen_digest:
        return choice.place(model_of(run, whole_state(run, checkpoint))), None
    load = partial(_load_whole, run, checkpoint)
    shared = _shared(_Wanted(architecture, checkpoint.frozen_digest, choice, load))
    model = sharing_copy(shared.model)
    with torch.device("meta"):
        replace_final_layers(model, architecture, len(run.classes))
    model.load_state_dict({**shared.model.state_dict(), **checkpoint.model}, assign=True)
    return choice.place(model).eval(), shared


def prepare_trunk(architecture: Architecture, weights: str, choice: DeviceChoice) -> SharedTrunk:
    """What all runs share that freeze the network with these weights. Raises WeightsError."""
    model = build_model(architecture, weights, num_classes=2)
    below = {name: value for name, value in model.state_dict().items() if group_of(architecture, name) != HEAD}
    return _shared(_Wanted(architecture, state_digest(below), choice, lambda: model))


@dataclass(frozen=True)
class _Wanted:
    architecture: Architecture
    digest: str
    """Of all values below the head."""
    choice: DeviceChoice
    load: Callable[[], nn.Module] = field(compare=False)
    """The network with these values and any head."""


@lru_cache(maxsize=2)
def _shared(wanted: _Wanted) -> SharedTrunk:
    model = wanted.choice.place(wanted.load().eval())
    return SharedTrunk(model, Runner(Part(model, wanted.architecture, "features"), wanted.choice, images=1))


def _load_whole(run: Run, checkpoint: Checkpoint) -> nn.Module:
    frozen = load_frozen_part(run, checkpoint.frozen_digest)
    if state_digest(frozen) != checkpoint.frozen_digest:  # nobody gets the network of a damaged run
        raise CheckpointError(
            f"The frozen weights of run {run.name} are not those that its epochs were trained with. Its curves and "
            "stored answers can still be looked at."
        )
    return model_of(run, {**frozen, **checkpoint.model})
