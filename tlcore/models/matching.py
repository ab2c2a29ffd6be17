"""Check whether a state_dict fits an architecture; if not, say why and which architecture it fits."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.saved_model import StateDict
from tlcore.models.zoo import ZOO
from tlcore.words import shorten

_SHOWN = 4  # keys of each kind in a message
SAVE = "save the state_dict of the torchvision model of that name"
_LONGEST = 120  # characters of a key in a message
_FASTAI = re.compile(r"([01])\.(\d+)\.")  # fastai trains nn.Sequential(children of the network, fastai's head)


@dataclass(frozen=True)
class Mismatch:
    """Why a state_dict does not fit: its keys, and for each different shape a line with both shapes."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    shapes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.shapes)

    def lines(self) -> list[str]:
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": self.shapes}
        return [f"  {kind} ({len(found)}): {_some(found)}" for kind, found in kinds.items() if found]


def fit_state_dict(state_dict: StateDict, model: nn.Module, architecture: Architecture, source: str) -> StateDict:
    """The part of `state_dict` to load into `model`, under the model's names, without the final layers.

    BatchNorm's batch counters may be missing, and become 0; auxiliary classifiers may be missing as a whole.
    Raises WeightsError, which names the weights `source`, if any other key or shape differs, or if a value is not
    finite.
    """
    renamed = _rename(state_dict, model, architecture)
    mismatch = _compare(renamed, model, architecture)
    if mismatch:
        fitting = [name for name, other in ZOO.items() if name != architecture.name and _fits(state_dict, other)]
        advice = (
            f"They fit {' and '.join(fitting)}: choose that backbone, or other weights."
            if fitting
            else f"They fit no backbone of the zoo: {SAVE}."
        )
        lines = "\n".join(mismatch.lines())
        raise WeightsError(f"The weights in {source} do not fit {architecture.name}. Keys\n{lines}\n{advice}")
    wanted = _needed(model, architecture)
    values = {name: tensor for name, tensor in renamed.items() if name in wanted}
    _check_kinds(values, wanted, source)
    check_finite(values, source)
    return {**_zero_counters(wanted), **values}


def fit_whole_network(
    state_dict: StateDict, model: nn.Module, architecture: Architecture, num_classes: int, source: str
) -> StateDict:
    """A value for every entry of `model`, including its head for `num_classes`, under the model's names.

    BatchNorm's batch counters may be missing, and become 0. Raises WeightsError, which names the weights `source`, if
    any other key or shape differs, or if there are integers in place of weights.
    """
    renamed = _rename(state_dict, model, architecture)
    wanted = model.state_dict()
    mismatch = _differences(renamed, wanted)
    if mismatch:
        lines = "\n".join(mismatch.lines())
        raise WeightsError(
            f"The weights in {source} do not fit {architecture.name} with {num_classes} classes. Keys\n{lines}"
            f"{_advice_about_the_head(mismatch, state_dict, architecture, num_classes)}"
        )
    _check_kinds(renamed, wanted, source)
    return {**_zero_counters(wanted), **{name: value.to(wanted[name].dtype) for name, value in renamed.items()}}


def _check_kinds(values: StateDict, wanted: StateDict, source: str) -> None:
    for name, value in values.items():
        if wanted[name].is_floating_point() and not value.is_floating_point():
            raise WeightsError(
                f"{source} cannot be used: {name} holds whole numbers ({value.dtype}) in place of weights. "
                "Save the network as it was before it was quantised."
            )


def check_finite(values: StateDict, source: str) -> None:
    """Raises WeightsError for the first tensor with a value that is not finite."""
    for name, value in values.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise WeightsError(
                f"{source} cannot be used: {name} holds values that are no numbers (NaN or infinity). "
                "Choose a file from before its training diverged."
            )


def reorder_classes(
    state_dict: StateDict, architecture: Architecture, found: Sequence[str], wanted: Sequence[str]
) -> StateDict:
    """The state of the same network with its logits in the order of `wanted`, a permutation of `found`."""
    order = torch.tensor([list(found).index(name) for name in wanted])
    final = _under(architecture.final_layers)
    return {name: value[order] if name.startswith(final) else value for name, value in state_dict.items()}


def _advice_about_the_head(mismatch: Mismatch, state_dict: StateDict, architecture: Architecture, classes: int) -> str:
    head = f"{architecture.head}.weight"
    found = state_dict.get(head)
    others = [
        name for name in (*mismatch.missing, *mismatch.unexpected) if not name.startswith(f"{architecture.head}.")
    ]
    if found is not None and found.ndim and len(found) != classes and not others:
        return (
            f"\nIts head is for {len(found)} classes, and this run has {classes}: choose weights for the same classes."
        )
    if _is_fastai(state_dict):
        return f"\nThe names are those of fastai, which has a head of its own: {SAVE}, with a head for these classes."
    return f"\n{SAVE.capitalize()}, with a head for these classes."


def _fits(state_dict: StateDict, architecture: Architecture) -> bool:
    model = architecture.outline()
    return not _compare(_rename(state_dict, model, architecture), model, architecture)


def _rename(state_dict: StateDict, model: nn.Module, architecture: Architecture) -> StateDict:
    """The state_dict under the current network's names, from published names or those of fastai."""
    if _is_fastai(state_dict):
        return _from_fastai(state_dict, model)
    renamed = {}
    for name, tensor in state_dict.items():
        for pattern, replacement in architecture.renamed_keys:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    return renamed


def _is_fastai(state_dict: StateDict) -> bool:
    return all(_FASTAI.match(name) for name in state_dict)


def _from_fastai(state_dict: StateDict, model: nn.Module) -> StateDict:
    """`0.4.1.conv1` is `layer1.1.conv1`: fastai numbers the network's children. Its head, `1.…`, is a different one."""
    children = [name for name, _ in model.named_children()]
    renamed = {}
    for name, tensor in state_dict.items():
        part, number, rest = name.split(".", 2)
        if part == "0" and int(number) < len(children):
            renamed[f"{children[int(number)]}.{rest}"] = tensor
        elif part == "0":
            renamed[name] = tensor
    return renamed


def _compare(state_dict: StateDict, model: nn.Module, architecture: Architecture) -> Mismatch:
    """The state_dict without the final layers, which are replaced for the task."""
    absent_aux = _under(
        module for module in architecture.aux_modules if not any(name.startswith(f"{module}.") for name in state_dict)
    )
    # A replaced head may have any layers, below the outermost module that contains it
    head = _under({architecture.head.partition(".")[0], *architecture.aux})
    return _differences(state_dict, _needed(model, architecture), allowed_missing=absent_aux, allowed_unexpected=head)


def _differences(
    state_dict: StateDict,
    needed: StateDict,
    *,
    allowed_missing: tuple[str, ...] = (),
    allowed_unexpected: tuple[str, ...] = (),
) -> Mismatch:
    return Mismatch(
        missing=tuple(
            name
            for name in needed
            if name not in state_dict and not _is_counter(name) and not name.startswith(allowed_missing)
        ),
        unexpected=tuple(name for name in state_dict if name not in needed and not name.startswith(allowed_unexpected)),
        shapes=tuple(
            f"{name} {tuple(state_dict[name].shape)} instead of {tuple(tensor.shape)}"
            for name, tensor in needed.items()
            if name in state_dict and state_dict[name].shape != tensor.shape
        ),
    )


def _needed(model: nn.Module, architecture: Architecture) -> StateDict:
    """The part of the model's state that comes from the weights: all but the final layers."""
    replaced = _under(architecture.final_layers)
    return {name: tensor for name, tensor in model.state_dict().items() if not name.startswith(replaced)}


def _zero_counters(wanted: StateDict) -> StateDict:
    return {name: torch.zeros_like(tensor, device="cpu") for name, tensor in wanted.items() if _is_counter(name)}


def _under(modules: Iterable[str]) -> tuple[str, ...]:
    """Prefixes of the keys below these modules."""
    return tuple(f"{module}." for module in modules)


def _is_counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")


def _some(keys: Collection[str]) -> str:
    more = len(keys) - _SHOWN
    shown = [shorten(key, _LONGEST) for key in list(keys)[:_SHOWN]]
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
