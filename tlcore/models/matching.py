"""Whether a state_dict fits an architecture, and if not, why not, and what it fits instead.

The final layers do not count: they are replaced for the task.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.zoo import ZOO

StateDict = dict[str, Tensor]

_SHOWN = 4  # keys per kind in a message


@dataclass(frozen=True)
class Mismatch:
    """What keeps a state_dict from fitting: keys, and for other shapes a line with both."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    shapes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.shapes)

    def lines(self) -> list[str]:
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": self.shapes}
        return [f"  {kind} ({len(found)}): {_some(found)}" for kind, found in kinds.items() if found]


def fit_state_dict(state_dict: StateDict, model: nn.Module, architecture: Architecture, source: str) -> StateDict:
    """The part of `state_dict` that goes into `model`, under the model's own names; final layers are left out.

    Counts of BatchNorm's batches may be missing, and become 0; auxiliary classifiers may be missing as a whole.
    Raises WeightsError, which calls the weights by the name `source`, where any other key or shape differs.
    """
    renamed = _rename(state_dict, architecture)
    mismatch = _compare(renamed, model, architecture)
    if mismatch:
        fitting = [name for name, other in ZOO.items() if name != architecture.name and _fits(state_dict, other)]
        advice = (
            f"They fit {' and '.join(fitting)}: choose that backbone, or other weights."
            if fitting
            else "They fit no backbone of the zoo: save the state_dict of the torchvision model of that name."
        )
        lines = "\n".join(mismatch.lines())
        raise WeightsError(f"The weights in {source} do not fit {architecture.name}. Keys\n{lines}\n{advice}")
    wanted = _needed(model, architecture)
    counters = {name: torch.zeros_like(tensor, device="cpu") for name, tensor in wanted.items() if _is_counter(name)}
    return {**counters, **{name: tensor for name, tensor in renamed.items() if name in wanted}}


def _fits(state_dict: StateDict, architecture: Architecture) -> bool:
    return not _compare(_rename(state_dict, architecture), architecture.build_skeleton(), architecture)


def _rename(state_dict: StateDict, architecture: Architecture) -> StateDict:
    renamed = {}
    for name, tensor in state_dict.items():
        for pattern, replacement in architecture.renamed_keys:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    return renamed


def _compare(state_dict: StateDict, model: nn.Module, architecture: Architecture) -> Mismatch:
    needed = _needed(model, architecture)
    absent_aux = _under(
        module for module in architecture.aux_modules if not any(name.startswith(f"{module}.") for name in state_dict)
    )
    # A head that somebody replaced may have any layers, below the outermost module that it sits in
    head = _under({architecture.head.partition(".")[0], *architecture.aux})
    return Mismatch(
        missing=tuple(
            name
            for name in needed
            if name not in state_dict and not _is_counter(name) and not name.startswith(absent_aux)
        ),
        unexpected=tuple(name for name in state_dict if name not in needed and not name.startswith(head)),
        shapes=tuple(
            f"{name} {tuple(state_dict[name].shape)} instead of {tuple(tensor.shape)}"
            for name, tensor in needed.items()
            if name in state_dict and state_dict[name].shape != tensor.shape
        ),
    )


def _needed(model: nn.Module, architecture: Architecture) -> StateDict:
    """What of the model's state comes from weights: all but the final layers."""
    replaced = _under((architecture.head, *architecture.aux))
    return {name: tensor for name, tensor in model.state_dict().items() if not name.startswith(replaced)}


def _under(modules: Iterable[str]) -> tuple[str, ...]:
    """Prefixes of the keys below these modules."""
    return tuple(f"{module}." for module in modules)


def _is_counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")


def _some(keys: tuple[str, ...]) -> str:
    more = len(keys) - _SHOWN
    return ", ".join(keys[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
