"""Estimate how much memory a planned run needs, only from the shapes of its network: nothing is computed or loaded.

A batch goes through the network on torch's meta device, where tensors have shapes and no values. What autograd keeps
for the backward pass is counted there tensor by tensor.

Compared with the memory that runs took on a CPU (benchmarks/memory.py: their own process with all that it has mapped,
and what its decoding processes do not share with it), the estimate is right to about 5 % for fine-tuning with batches
of 32, and up to a fifth too high for those of 128. For a frozen network it is 20 to 30 % too high, because the memory
that converting it may take is counted always.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.models.groups import set_training_mode
from tlcore.models.zoo import Architecture
from tlcore.training.checkpoint import trained_state
from tlcore.training.inputs.batches import worker_count
from tlcore.training.inputs.features import FORWARD_BATCH
from tlcore.training.inputs.prepare import DECODED_BUDGET_BYTES
from tlcore.training.inputs.transport import PREFETCH
from tlcore.training.optimisation.optimizers import find_optimizer
from tlcore.training.plan import Plan, trunk_of

PROCESS_BYTES = 800_000_000
"""A process that has imported torch, torchvision and what training uses, before it has a network."""
DECODER_BYTES = 60_000_000
"""A process that decodes, beyond what it shares with the one that started it."""
CONVERTED_BYTES = 250_000_000
"""The conversion of a frozen network for ONNX Runtime, besides the network."""
_BACKWARD_TIMES = 4  # input and output of the largest layer: they, their gradients, and copies in other layouts
_DECODED_TIMES = 3  # pixels of a decoded photograph, for each pixel of the network's input
_TRIED = 2  # images: BatchNorm needs more than one value per channel where it trains


@dataclass(frozen=True)
class Memory:
    """Bytes that a run takes in main memory, by what they are for."""

    process: int
    network: int
    """Weights, and those that are loaded, averaged or folded beside them."""
    training: int
    """Gradients and the state of the optimiser."""
    activations: int
    """What the layers keep of a batch."""
    images: int
    """Decoded images: those that are kept between epochs, of a batch, and on their way from the processes that decode.
    """
    decoders: int
    features: int

    @property
    def total(self) -> int:
        return sum(astuple(self))


def estimate_memory(plan: Plan) -> Memory:
    """The most memory that the run of a plan of `outline_run` takes at a time on a CPU.

    On a GPU activations and training are in its own memory.
    """
    config = plan.config
    on_cpu = plan.choice.device.type == "cpu"
    weights = _bytes(plan.model.state_dict().values())
    trained = _bytes(trained_state(plan, plan.model).values())
    states = find_optimizer(config.optimizer.name).state_values
    copies = 2 + (config.ema_decay is not None)  # one more while they are read, and while batch norm is folded
    shown = (config.train_transform.output_px(), config.eval_transform.output_px())
    height, width = (max(pair) for pair in zip(*shown, strict=True))
    forward_batch = FORWARD_BATCH if plan.uses_features else config.batch_size
    train = plan.dataset.split("train")
    in_memory = 0 if plan.uses_features else len(train) * _DECODED_TIMES * 3 * height * width
    fits = 0 < in_memory <= DECODED_BUDGET_BYTES
    workers = worker_count(config.workers, plan.choice.device, len(train), decoded=fits)
    of_batch = 3 * height * width * forward_batch
    return Memory(
        process=PROCESS_BYTES + (CONVERTED_BYTES if on_cpu and plan.uses_features else 0),
        network=weights * copies,
        training=trained * (1 + states),
        activations=_activations_of(plan, height, width) * forward_batch if on_cpu else 0,
        images=min(in_memory, DECODED_BUDGET_BYTES) + of_batch * (2 * torch.float32.itemsize + 1 + workers * PREFETCH),
        decoders=workers * DECODER_BYTES,
        features=_feature_bytes(plan),
    )


def smaller_batch(plan: Plan, limit_bytes: int) -> int | None:
    """The largest batch size, by halving the plan's, with which the run takes no more than this; None if none does."""
    size = plan.config.batch_size
    while size > 1:
        size //= 2
        tried = replace(plan, config=plan.config.model_copy(update={"batch_size": size}))
        if estimate_memory(tried).total <= limit_bytes:
            return size
    return None


def _activations_of(plan: Plan, height: int, width: int) -> int:
    """Bytes for one image: what is kept for the backward pass, and what the largest layer needs to work."""
    keep_statistics = plan.config.strategy.batch_norm == "keep"
    trained = None if plan.uses_features else _Trained(plan.architecture, plan.frozen, keep_statistics)
    found = _activations(plan.model, trained, height, width)
    return found if plan.uses_features or plan.choice.precision != "bf16" else found // 2


@dataclass(frozen=True)
class _Trained:
    """What of a network trains."""

    architecture: Architecture
    frozen: tuple[str, ...]
    keep_statistics: bool


@lru_cache(maxsize=64)
def _activations(outline: nn.Module, trained: _Trained | None, height: int, width: int) -> int:
    """For one image in fp32. Remembered, because runs of many datasets have the same network."""
    try:
        return _activations_on("meta", outline, trained, height, width)
    except (RuntimeError, NotImplementedError):  # its layers decide by values: two images of zeros are computed
        return _activations_on("cpu", outline, trained, height, width)


def _activations_on(device: str, outline: nn.Module, trained: _Trained | None, height: int, width: int) -> int:
    model = deepcopy(outline).to_empty(device=device)
    if trained is None:
        model.eval().requires_grad_(False)
    else:
        set_training_mode(model, trained.architecture, trained.frozen, keep_statistics=trained.keep_statistics)
    own = {id(value) for value in (*model.parameters(), *model.buffers())}
    kept: dict[int, Tensor] = {}
    largest = 0

    def keep(value: Tensor) -> Tensor:
        if id(value) not in own and value.device.type == device:
            kept[value.untyped_storage()._cdata] = value
        return value

    def look(module: nn.Module, given: Any, output: Any) -> None:
        nonlocal largest
        both = [value for value in (*_tensors(given), *_tensors(output)) if id(value) not in own]
        largest = max(largest, sum(value.nbytes for value in both))

    images = torch.zeros(_TRIED, 3, height, width, device=device)
    with ExitStack() as hooks, torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        for module in model.modules():
            if not any(module.children()):
                hooks.callback(module.register_forward_hook(look).remove)
        output = model(images)
    del output
    if trained is None:
        return largest // _TRIED
    saved = sum(value.untyped_storage().nbytes() for value in kept.values())
    return (saved + _BACKWARD_TIMES * largest) // _TRIED


def _feature_bytes(plan: Plan) -> int:
    """Kept features of train and val, while those of the disk are put in order."""
    if not plan.uses_features and not plan.config.strategy.head_epochs:
        return 0
    views = len(plan.dataset.split("train")) * (plan.train_views if plan.uses_features else 1)
    views += len(plan.dataset.split("val"))
    return 2 * views * trunk_of(plan).bytes_per_view(plan.config.eval_transform)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for member in value for tensor in _tensors(member)] if isinstance(value, tuple | list) else []


def _bytes(values: Iterable[Tensor]) -> int:
    return sum(value.nbytes for value in values)
