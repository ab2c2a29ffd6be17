"""Convert an optimiser's state to and from the form of training scripts, in which parameters are numbered.

Such a file does not say which parameter has which number. Our own files do, in `param_names`, which torch ignores. For
other files the numbering follows from the number of parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tlcore.config import OptimizerConfig
from tlcore.errors import CheckpointError
from tlcore.training.optimisation.optimizers import build_optimizer, find_optimizer
from tlcore.words import shorten

State = dict[str, Any]
"""The result of `torch.optim.Optimizer.state_dict`."""
_OURS = ("name", "base_lr")
"""Entries of our parameter groups in addition to torch's settings."""
_LONGEST = 200  # longest list in a message, in characters
_NO_STATE = "its optimizer_state_dict is not the state_dict of an optimiser of torch. Leave the optimiser's state out."
_LEAVE_OUT = "Leave the optimiser's state out of the file."


def exchangeable(state: State, groups: Sequence[Sequence[str]], model_order: Sequence[str]) -> State:
    """Our state for other programs: one group in the order of `model.parameters()`, if all groups have equal settings.

    It then loads into `Optimizer([p for p in model.parameters() if p.requires_grad])`. If the groups have different
    settings, it loads into an optimiser with these groups. `groups` are the parameter names of each of our groups.
    """
    settings = [
        {name: value for name, value in group.items() if name not in (*_OURS, "params")}
        for group in state["param_groups"]
    ]
    ours = [index for group in state["param_groups"] for index in group["params"]]
    index_of = dict(zip([name for names in groups for name in names], ours, strict=True))
    if all(other == settings[0] for other in settings):
        groups, settings = [[name for name in model_order if name in index_of]], settings[:1]
    order = [name for names in groups for name in names]
    place = {name: number for number, name in enumerate(order)}
    return {
        "state": {place[name]: state["state"][index_of[name]] for name in order if index_of[name] in state["state"]},
        "param_groups": [
            {**setting, "param_names": list(names), "params": [place[name] for name in names]}
            for setting, names in zip(settings, groups, strict=True)
        ],
    }


def adopted(
    foreign: object,
    template: State,
    groups: Sequence[Sequence[str]],
    parameters: Mapping[str, Tensor],
    config: OptimizerConfig,
) -> State:
    """A state from a file, adapted to our optimiser. `template` is the optimiser's new state; its settings are kept.

    `parameters` are all parameters of the model, in its order. Raises CheckpointError if the state belongs to another
    optimiser or to other parameters, or is not a state.
    """
    kept_by_place, place = _places(foreign, [name for names in groups for name in names], list(parameters))
    needed = _needed(config)
    ours = [(index, name) for group, of in zip(template["param_groups"], groups, strict=True)
            for index, name in zip(group["params"], of, strict=True)]  # fmt: skip
    state: dict[int, dict[str, Any]] = {}
    for index, name in ours:
        kept = _values(kept_by_place.get(place[name]), parameters[name], name, needed, config.name)
        if kept:
            state[index] = kept
    return {"state": state, "param_groups": template["param_groups"]}


def _places(foreign: object, trained: list[str], all_names: list[str]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """The state by number, and the number of each parameter. All trained parameters must be included."""
    if not isinstance(foreign, dict):
        raise CheckpointError(_NO_STATE)
    kept, groups = foreign.get("state"), foreign.get("param_groups")
    if not (
        isinstance(kept, dict)
        and isinstance(groups, list)
        and all(isinstance(group, dict) and isinstance(group.get("params"), list) for group in groups)
    ):
        raise CheckpointError(_NO_STATE)
    places = [place for group in groups for place in group["params"]]
    if not all(isinstance(place, int) for place in places) or len(set(places)) != len(places):
        raise CheckpointError(
            "its optimizer_state_dict does not number the parameters one after the other. Leave the optimiser's state "
            "out."
        )
    named = [group["param_names"] for group in groups if isinstance(group.get("param_names"), list)]
    told = [str(name) for names in named for name in names]
    in_order = [name for name in all_names if name in set(trained)]
    for names in (told, all_names, in_order):
        if len(names) == len(places) and len(set(names)) == len(names) and set(trained) <= set(names):
            return kept, dict(zip(names, places, strict=True))
    raise CheckpointError(
        f"its optimizer_state_dict is for {len(places)} parameters, and this run trains {len(trained)} of the model's "
        f"{len(all_names)}. Choose the strategy that the file was trained with, or leave the optimiser's state out."
    )


def _needed(config: OptimizerConfig) -> dict[str, bool]:
    """What the optimiser stores for a parameter with these settings; and whether it has the parameter's shape."""
    parameter = torch.nn.Parameter(torch.zeros(2))
    optimizer = build_optimizer(config, {"any": [parameter]}, {"any": 1.0})
    parameter.grad = torch.ones(2)
    optimizer.step()
    state: dict[str, Any] = optimizer.state_dict()["state"].get(0, {})
    return {key: value.shape == parameter.shape for key, value in state.items() if isinstance(value, Tensor)}


def _values(
    kept: object, parameter: Tensor, name: str, needed: Mapping[str, bool], optimizer: str
) -> dict[str, Tensor] | None:
    """The file's state of one parameter in torch's form; None if there is none."""
    if kept is None:
        return None
    if not isinstance(kept, dict):
        raise CheckpointError(f"its optimizer_state_dict keeps {type(kept).__name__} for {name}. {_LEAVE_OUT}")
    given = {str(key): value for key, value in kept.items() if value is not None}
    if not given:
        return None
    if not set(given) <= set(find_optimizer(optimizer).state):
        found = shorten(", ".join(given), _LONGEST)
        raise CheckpointError(
            f"its optimizer_state_dict keeps {found} for {name}, which is not {optimizer}'s. Choose the optimiser that "
            "the file was trained with."
        )
    if lacking := [key for key in needed if key not in given]:
        raise CheckpointError(
            f"its optimizer_state_dict lacks {', '.join(lacking)} for {name}, which {optimizer} needs with these "
            f"settings. {_LEAVE_OUT}"
        )
    return {key: _value(given[key], parameter, key, name, whole=whole) for key, whole in needed.items()}


def _value(value: object, parameter: Tensor, key: str, name: str, *, whole: bool) -> Tensor:
    """The value in float32. `whole`: it has the parameter's shape, else it is a single number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    usable = isinstance(value, Tensor) and not (
        value.is_meta or value.is_quantized or value.is_complex() or value.layout != torch.strided
    )
    if not usable and not (number and not whole):
        raise CheckpointError(
            f"its optimizer_state_dict has a {key} for {name} that is no plain tensor ({_kind(value)}). {_LEAVE_OUT}"
        )
    tensor = value.detach() if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
    if not whole and tensor.numel() == 1:
        tensor = tensor.reshape(())
    if tensor.shape != (parameter.shape if whole else ()):
        raise CheckpointError(
            f"its optimizer_state_dict has a {key} of shape {tuple(tensor.shape)} for {name}, whose shape is "
            f"{tuple(parameter.shape)}: its parameters are in another order, or of another model."
        )
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"its optimizer_state_dict has values in {key} for {name} that are no numbers (NaN or infinity). "
            f"{_LEAVE_OUT}"
        )
    return tensor.to(torch.float32)


def _kind(value: object) -> str:
    return f"{value.dtype}, {value.layout}, {value.device}" if isinstance(value, Tensor) else type(value).__name__
