"""An optimiser's state in the form that training scripts exchange, where a parameter is known by its place in a list.

Such a file does not say which parameter stands at which place. Our own files do, as `param_names`, which torch
ignores. For other files the places follow from the number of parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tlcore.errors import CheckpointError
from tlcore.training.optimisation.optimizers import find_optimizer

State = dict[str, Any]
"""As `torch.optim.Optimizer.state_dict` gives it."""
_OURS = ("name", "base_lr")
"""What our parameter groups have beside torch's own settings."""


def exchangeable(state: State, groups: Sequence[Sequence[str]], model_order: Sequence[str]) -> State:
    """Our state for others: one parameter group, in the order of `model.parameters()`, where all groups learn alike.

    So it loads into `Optimizer([p for p in model.parameters() if p.requires_grad])`; where groups have settings of
    their own, into an optimiser with these groups. `groups` are the names of the parameters of each of our groups.
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
    optimizer: str,
) -> State:
    """A state from a file for our optimiser, whose fresh state is `template`: its settings stay, and only they.

    `parameters` are all of the model, in its order. Raises CheckpointError where the state belongs to another optimiser
    or to other parameters.
    """
    names = _names(foreign, [name for names in groups for name in names], list(parameters))
    assert isinstance(foreign, dict)
    known = find_optimizer(optimizer).state
    place = {name: index for index, name in names.items()}
    ours = [(index, name) for group, of in zip(template["param_groups"], groups, strict=True)
            for index, name in zip(group["params"], of, strict=True)]  # fmt: skip
    state: dict[int, dict[str, Any]] = {}
    for index, name in ours:
        kept = foreign["state"].get(place[name])
        if kept is None:
            continue
        _check(kept, parameters[name], name, known, optimizer)
        state[index] = dict(kept)
    return {"state": state, "param_groups": template["param_groups"]}


def _names(foreign: object, trained: list[str], all_names: list[str]) -> dict[int, str]:
    """Index in the foreign state -> name of the parameter. All that is trained has to be among them."""
    if not (
        isinstance(foreign, dict)
        and isinstance(foreign.get("state"), dict)
        and isinstance(foreign.get("param_groups"), list)
        and all(isinstance(group, dict) and isinstance(group.get("params"), list) for group in foreign["param_groups"])
    ):
        raise CheckpointError("The optimizer_state_dict is not the state_dict of an optimiser of torch.")
    indices = [index for group in foreign["param_groups"] for index in group["params"]]
    told = [name for group in foreign["param_groups"] for name in group.get("param_names") or ()]
    in_order = [name for name in all_names if name in set(trained)]
    for names in (told, all_names, in_order):
        if len(names) == len(indices) and set(trained) <= set(names):
            return dict(zip(indices, names, strict=True))
    raise CheckpointError(
        f"The optimizer_state_dict is for {len(indices)} parameters, and this run trains {len(trained)} of the model's "
        f"{len(all_names)}. Choose the strategy that the file was trained with, or leave the optimiser's state out."
    )


def _check(kept: object, parameter: Tensor, name: str, known: Sequence[str], optimizer: str) -> None:
    if not isinstance(kept, dict) or not set(kept) <= set(known):
        found = ", ".join(map(str, kept)) if isinstance(kept, dict) else type(kept).__name__
        raise CheckpointError(
            f"The optimizer_state_dict keeps {found} for {name}, which is not {optimizer}'s. Choose the optimiser that "
            "the file was trained with."
        )
    for key, value in kept.items():
        if isinstance(value, torch.Tensor) and value.ndim and value.shape != parameter.shape:
            raise CheckpointError(
                f"The optimizer_state_dict has a {key} of shape {tuple(value.shape)} for {name}, whose shape is "
                f"{tuple(parameter.shape)}: its parameters are in another order, or of another model."
            )
