"""Layer groups and final layer of a network of timm, from timm's own `group_matcher` and `get_classifier`.

Nothing here is written for single networks: the groups are timm's, and their names come from the paths of the modules.
"""

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from tlcore.errors import ModelError
from tlcore.models.architecture import CLASSIFIER, FEATURES, HEAD

MOST_GROUPS = 8
"""A network with more groups between stem and head gets `MERGED` groups of neighbours, so that settings that count
groups, such as a decay of the learning rate per group, mean about the same for all networks."""
MERGED = 4

_PATH = re.compile(r"^(?:[A-Za-z_]+\.)*?(?P<word>[A-Za-z][A-Za-z_]*?)_?(?P<dot>\.?)(?P<number>\d+)(?=\W|[a-z]|$)")
"""The first number in a path. It counts from 0 where it is the index of a child: in `stages.2`, not in `layer1`."""


@dataclass(frozen=True)
class Layout:
    head: str
    """Path of the final layer."""
    groups: Mapping[str, tuple[str, ...]]
    """Layer groups as an `Architecture` has them."""


def layout_of(model: nn.Module) -> Layout:
    """Final layer and layer groups of a network with one head. Raises ModelError if it has none, or several."""
    head = final_layer(model)
    owners = {name: order for name, order in _orders(model).items() if not _under(name, head)}
    tail = _tail(model, owners, head)
    numbers = sorted(set(owners.values()))
    members = [tuple(name for name, order in owners.items() if order == number) for number in numbers]
    members = _merged(members, has_tail=tail)
    names = _names(members, model, has_tail=tail)
    of_name = {name: group for group, listed in zip(names, members, strict=True) for name in listed}
    of_name |= {name: HEAD for name, _ in _state(model) if _under(name, head)}
    groups: dict[str, list[str]] = {group: [] for group in (*names, HEAD)}
    _collect(model, "", _inside(of_name), head, groups, last=next(iter(groups)))
    return Layout(head, {group: tuple(paths) for group, paths in groups.items()})


def final_layer(model: nn.Module) -> str:
    """Path of the layer that returns the logits. Raises ModelError unless there is exactly one."""
    classifier: Any = model.get_classifier()  # type: ignore[operator]
    if isinstance(classifier, tuple | list | nn.ModuleList | nn.ModuleDict):
        raise ModelError("it has several heads whose outputs are mixed")
    if not isinstance(classifier, nn.Module):
        raise ModelError("it has no classifier")
    path: str = next((name for name, module in model.named_modules() if module is classifier), "")
    inside: list[str] = [
        name
        for name, module in classifier.named_modules(prefix=path)
        if isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1))
    ]
    if not path or not inside:
        raise ModelError("its head does not end in a linear layer")
    return inside[-1]


def _orders(model: nn.Module) -> dict[str, int]:
    """The number of timm's group for every parameter and buffer, from the stem up."""
    from timm.models._manipulate import group_with_matcher

    names = [name for name, _ in _state(model)]
    try:
        matcher = model.group_matcher(coarse=True)  # type: ignore[operator]
    except (AttributeError, AssertionError):  # few networks have none, or no coarse one
        matcher = None
    if matcher is not None:
        orders: dict[str, int] = group_with_matcher(iter([(name, None) for name in names]), matcher, reverse=True)
        return {name: orders[name] for name in names}
    blocks: dict[str, int] = {}  # then the stages, in the order in which the network has them
    return {name: blocks.setdefault(_block(name), len(blocks)) for name in names}


def _block(name: str) -> str:
    first, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    return f"{first}.{number}" if number.isdigit() else first


def _state(model: nn.Module) -> list[tuple[str, object]]:
    return [*model.named_parameters(), *model.named_buffers()]


def _under(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def _tail(model: nn.Module, owners: dict[str, int], head: str) -> bool:
    """Whether hidden layers before the final one are a last group of their own. Else they join the group before.

    timm puts norms and layers before the classifier into one group with it. Norms alone are not worth a group.
    """
    orders = _orders(model)
    of_head = max(number for name, number in orders.items() if _under(name, head))
    rest = [name for name, number in owners.items() if number >= of_head]
    shapes = {name: getattr(value, "ndim", 0) for name, value in model.named_parameters()}
    body = [number for number in owners.values() if number < of_head]
    if any(shapes.get(name, 0) >= 2 for name in rest) and body:
        for name in rest:
            owners[name] = of_head
        return True
    for name in rest:
        owners[name] = max(body, default=0)
    return False


def _merged(members: list[tuple[str, ...]], *, has_tail: bool) -> list[tuple[str, ...]]:
    """At most stem, `MOST_GROUPS` groups and the tail; with more, the middle is merged into `MERGED` parts."""
    end = len(members) - has_tail
    middle = members[1:end]
    if len(middle) <= MOST_GROUPS:
        return members
    bounds = [round(part * len(middle) / MERGED) for part in range(MERGED + 1)]
    parts = [tuple(name for group in middle[low:high] for name in group) for low, high in itertools.pairwise(bounds)]
    return [members[0], *parts, *members[end:]]


def _names(members: Sequence[tuple[str, ...]], model: nn.Module, *, has_tail: bool) -> list[str]:
    """Readable names: `stem`, `stage1` or `blocks1_3` after the paths, and `classifier` or `last` for the tail."""
    names: list[str] = []
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    for number, listed in enumerate(members):
        if number == 0 and len(members) > 1:
            name = "stem"
        elif has_tail and number == len(members) - 1:
            name = _name_of_tail(listed)
        else:
            name = _name_of(listed, sizes)
        taken = (*names, HEAD, FEATURES)
        names.append(name if name not in taken else f"{name}_{number}")
    return names


def _name_of_tail(listed: Sequence[str]) -> str:
    hidden = ("head.", "pre_logits", "conv_head", "pre_classifier")
    return CLASSIFIER if all(name.startswith(hidden) or "norm" in name for name in listed) else "last"


def _name_of(listed: Sequence[str], sizes: Mapping[str, int]) -> str:
    """`stages.2.…` is `stage3`, `layer1.…` is `layer1`, and `blocks.0.…` to `blocks.2.…` are `blocks1_3`."""
    weight: dict[str, int] = {}
    numbers: dict[str, set[int]] = {}
    for name in listed:
        match = _PATH.match(name)
        key = match["word"] if match else name.partition(".")[0]
        weight[key] = weight.get(key, 0) + sizes.get(name, 0)
        if match:
            numbers.setdefault(key, set()).add(int(match["number"]) + bool(match["dot"]))
    word = max(weight, key=lambda key: weight[key])
    found = sorted(numbers.get(word, ()))
    if not found:
        return word
    if len(found) == 1:
        singular = word[:-1] if len(word) > 1 and word.endswith("s") else word
        return f"{singular}{found[0]}"
    return f"{word}{found[0]}_{found[-1]}"


def _collect(
    module: nn.Module,
    path: str,
    inside: Mapping[str, Collection[str]],
    head: str,
    groups: Mapping[str, list[str]],
    last: str,
) -> str:
    """Give every module or single tensor to its group: the largest modules that lie in one group as a whole.

    `inside`: for each path, the groups of what lies below it. A module without state, such as dropout, belongs to what
    runs before it, `last`; what follows the final layer, such as flattening, does not belong to the head.
    Returns the group at the end of this module.
    """
    for name in (*module._parameters, *module._buffers):
        full = f"{path}.{name}" if path else name
        if full in inside:
            (last,) = inside[full]
            groups[last].append(full)
    for name, child in module.named_children():
        full = f"{path}.{name}" if path else name
        owners = inside.get(full, ())
        if full == head:
            groups[HEAD].append(full)
        elif len(owners) > 1 or _under(head, full):
            last = _collect(child, full, inside, head, groups, last)
        elif owners:
            (last,) = owners
            groups[last].append(full)
        else:
            groups[last].append(full)
    return last


def _inside(of_name: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, group in of_name.items():
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            found.setdefault(".".join(parts[:length]), set()).add(group)
    return found
