"""Read a network from a file: its state_dict, without the wrapping of a training script, and its classes.

Values are converted to float32; integers stay as they are. `matching` checks whether they fit a network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.errors import RecordError, WeightsError
from tlcore.models.tensor_files import TensorFile, read_tensor_file
from tlcore.system.records import read_json

StateDict = dict[str, Tensor]

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "model_state", "weights")
"""Keys under which training scripts save a state_dict."""
_WRAPPER_PREFIXES = ("module.", "_orig_mod.")  # from DataParallel and torch.compile, also on single names
_MODULE_PREFIXES = ("model.", "backbone.", "net.", "network.")  # from a module around the network: on all names or none
_CLASS_KEYS = ("classes", "class_names")
_EPOCH_KEYS = {"format", "epoch", "model", "metrics"}  # keys of a run's checkpoint
_FROZEN = "frozen.pt"  # weights that no epoch changes are stored once, next to the checkpoints
_RUN_FILE = "run.json"


@dataclass(frozen=True)
class SavedModel:
    state_dict: StateDict
    beside: dict[str, Any] = field(default_factory=dict)
    """Other content of the file, by name: the state of an optimiser, an epoch, a loss."""
    classes: tuple[str, ...] | None = None
    """Class names in the order of the logits, if the file contains them."""
    of_a_run: bool = False
    """Whether it is a checkpoint from a run folder."""
    lacks_frozen: bool = False
    """Whether it is such a checkpoint, and the file with the run's frozen weights is not next to it."""


def read_saved_model(path: Path) -> SavedModel:
    """The network in a file. Raises WeightsError if there is none, or its values cannot be used."""
    file = read_tensor_file(path)
    wrapper = _wrapper(file.content)
    state = file.content if wrapper is None else file.content[wrapper]
    beside = {} if wrapper is None else {str(name): value for name, value in file.content.items() if name != wrapper}
    of_a_run = wrapper == "model" and {*beside, wrapper} >= _EPOCH_KEYS
    frozen = path.with_name(_FROZEN)
    if of_a_run and frozen.is_file():
        state = {**_state_dict(read_tensor_file(frozen).content, frozen), **state}
    classes = _classes_of_run(path) if of_a_run else _classes(file, beside)
    return SavedModel(_state_dict(state, path), beside, classes, of_a_run, of_a_run and not frozen.is_file())


def as_state_dict(content: object, source: Path) -> StateDict:
    """The state_dict in the saved object, alone or wrapped. Raises WeightsError if there is none."""
    wrapper = _wrapper(content)
    return _state_dict(content[wrapper] if wrapper is not None and isinstance(content, dict) else content, source)


def _wrapper(content: object) -> str | None:
    """The key under which a training script saved its state_dict; None if it is not wrapped."""
    if not isinstance(content, dict):
        return None
    return next((key for key in WRAPPERS if isinstance(content.get(key), dict)), None)


def _state_dict(content: object, path: Path) -> StateDict:
    if not isinstance(content, dict) or not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise WeightsError(
            f"{path} does not hold a state_dict: expected tensors by name, alone or under "
            f"{', '.join(map(repr, WRAPPERS))}. Save it with torch.save(model.state_dict(), path)."
        )
    state = {_without_wrappers(str(name)): tensor for name, tensor in content.items()}
    while prefix := _common_prefix(state):
        state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return {name: _plain(name, tensor, path) for name, tensor in state.items()}


def _without_wrappers(name: str) -> str:
    while prefix := next((each for each in _WRAPPER_PREFIXES if name.startswith(each)), None):
        name = name.removeprefix(prefix)
    return name


def _common_prefix(state: Mapping[str, Tensor]) -> str | None:
    return next((prefix for prefix in _MODULE_PREFIXES if all(name.startswith(prefix) for name in state)), None)


def _plain(name: str, tensor: Tensor, path: Path) -> Tensor:
    """The values as float32 or integers. Raises WeightsError for a tensor with other values."""
    problem = _problem(tensor)
    if problem:
        raise WeightsError(f"{path} cannot be used: {name} {problem}.")
    tensor = tensor.detach()
    return tensor.to(torch.float32) if tensor.is_floating_point() else tensor


def _problem(tensor: Tensor) -> str | None:
    """Why a tensor cannot be used as weights, and what to do: the end of a sentence that starts with its name."""
    if tensor.is_meta:
        return "is on the meta device, where tensors have no values. Save the network after its values were loaded"
    if tensor.is_quantized:
        return "is quantised. Save the network as it was before it was quantised"
    if tensor.layout != torch.strided:
        return f"is sparse ({tensor.layout}). Save tensor.to_dense() in its place"
    if tensor.is_complex():
        return f"holds complex numbers ({tensor.dtype}), and networks here are real. Choose another file"
    if tensor.numel() * tensor.itemsize > tensor.untyped_storage().nbytes():
        return (
            f"claims the shape {tuple(tensor.shape)}, and the file holds fewer values. Save tensor.contiguous() instead"
        )
    return None


def _classes(file: TensorFile, beside: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Class names from a `class_to_idx`, as in torchvision's datasets, or from a list of names; None without either."""
    indices = beside.get("class_to_idx")
    if isinstance(indices, dict) and sorted(map(str, indices.values())) == sorted(map(str, range(len(indices)))):
        return tuple(str(name) for name, _ in sorted(indices.items(), key=lambda item: int(item[1])))
    for names in (*(beside.get(key) for key in _CLASS_KEYS), _from_json(file.metadata.get("classes"))):
        if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
            return tuple(names)
    return None


def _from_json(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _classes_of_run(path: Path) -> tuple[str, ...] | None:
    """Class names of the run that contains a checkpoint; None if the file was moved out of the run's folder."""
    try:
        record = read_json(path.absolute().parents[1] / _RUN_FILE, "the record of a run")
        classes = record["dataset"]["classes"]
    except (OSError, RecordError, KeyError, TypeError, IndexError):
        return None
    return tuple(map(str, classes)) if isinstance(classes, list) else None
