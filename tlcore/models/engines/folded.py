"""Fold BatchNorm into the layers before it, in a copy of a network: the same answers with less memory traffic."""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.engines.agreement import agrees
from tlcore.models.split import extract_features


def fold_batchnorm(model: nn.Module, architecture: Architecture, image_NCHW: Tensor) -> nn.Module:
    """A copy of a model, in eval mode, in which each BatchNorm behind a convolution or linear layer is part of it.

    Which layers follow each other is observed on one image, of shape (1, 3, H, W); afterwards both networks must give
    the same features for it, else the copy stays as the model is. The head group is not folded, so that the features
    before it stay the same. `model` does not change; the copy shares every tensor that folding leaves alone.
    """
    with torch.inference_mode(False), torch.no_grad():
        expected = extract_features(in_eval_mode(model), architecture, image_NCHW)
        folded = sharing_copy(model)
        for layer, norm in _pairs(folded, architecture, image_NCHW):
            _fold(folded, layer, norm)
        if agrees(extract_features(folded, architecture, image_NCHW), expected):
            return folded
    return sharing_copy(model)


def sharing_copy(model: nn.Module) -> nn.Module:
    """A copy in eval mode with the same tensors: hooks on it, and layers replaced in it, do not reach the model."""
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared).eval()


def in_eval_mode(model: nn.Module) -> nn.Module:
    """The model itself if all of it is in eval mode, else a `sharing_copy`."""
    return sharing_copy(model) if any(module.training for module in model.modules()) else model


def _pairs(model: nn.Module, architecture: Architecture, image_NCHW: Tensor) -> list[tuple[str, str]]:
    """(layer, BatchNorm) where the BatchNorm is the only module that uses the layer's output, and each runs once."""
    modules, heads = dict(model.named_modules()), architecture.groups[HEAD]
    with _watched(model) as (makers, users, calls):
        model(image_NCHW)
    pairs = []
    for key, layer in makers.items():
        norm = users[key][0] if len(users[key]) == 1 else None
        in_head = any(f"{name}.".startswith(f"{head}.") for name in (layer, norm) for head in heads)
        if norm and not in_head and calls[layer] == calls[norm] == 1 and _can_fold(modules[layer], modules[norm]):
            pairs.append((layer, norm))
    return pairs


_Place = tuple[int, int]  # address and number of the values: a reshaped tensor has the same


@contextmanager
def _watched(model: nn.Module) -> Iterator[tuple[dict[_Place, str], dict[_Place, list[str]], Counter[str]]]:
    """Records, in the next forward pass, which layer makes a tensor, which modules use it, and how often each runs."""
    makers: dict[_Place, str] = {}
    users: dict[_Place, list[str]] = defaultdict(list)
    calls: Counter[str] = Counter()
    outputs: list[Tensor] = []  # kept until the end, so that no later tensor has one of their addresses

    def watch(name: str, module: nn.Module) -> list[Any]:
        def before(_: nn.Module, inputs: tuple[Any, ...]) -> None:
            calls[name] += 1
            for value in inputs:
                if isinstance(value, Tensor):
                    users[_place(value)].append(name)

        def after(_: nn.Module, inputs: Any, output: Tensor) -> None:
            makers[_place(output)] = name
            users[_place(output)] = []  # of a tensor that was here before
            outputs.append(output)

        handles = [module.register_forward_pre_hook(before)]
        if isinstance(module, nn.Conv2d | nn.Linear):
            handles.append(module.register_forward_hook(after))
        return handles

    handles = [
        handle
        for name, module in model.named_modules()
        if _is_layer(module) and not isinstance(module, nn.Identity | nn.Dropout)  # these pass their input on
        for handle in watch(name, module)
    ]
    try:
        yield makers, users, calls
    finally:
        for handle in handles:
            handle.remove()


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm | nn.Conv2d | nn.Linear) or not any(True for _ in module.children())


def _place(tensor: Tensor) -> _Place:
    return tensor.data_ptr(), tensor.numel()


def _can_fold(layer: nn.Module, norm: nn.Module) -> bool:
    if not isinstance(norm, _BatchNorm) or norm.running_mean is None or hasattr(layer, "parametrizations"):
        return False
    weight = layer.weight
    fits = isinstance(weight, Tensor) and weight.shape[0] == norm.num_features
    return fits and _rest_of(norm) is not None


def _rest_of(norm: nn.Module) -> nn.Module | None:
    """What remains of a BatchNorm once its arithmetic is folded: its activation, if it is one with an activation.

    None if it does something unknown.
    """
    if type(norm).forward in (nn.BatchNorm1d.forward, nn.BatchNorm2d.forward):
        return nn.Identity()
    drop, act = getattr(norm, "drop", None), getattr(norm, "act", None)
    if isinstance(drop, nn.Module) and isinstance(act, nn.Module):
        return nn.Sequential(drop, act)
    return None


def _fold(model: nn.Module, layer: str, norm: str) -> None:
    before, after = model.get_submodule(layer), model.get_submodule(norm)
    fuse: Any = fuse_conv_bn_eval if isinstance(before, nn.Conv2d) else fuse_linear_bn_eval
    together = fuse(before, after)
    if isinstance(before, nn.Conv2d):
        together = together.to(memory_format=torch.channels_last)
    rest = _rest_of(after)
    if rest is not None:
        model.set_submodule(layer, together)
        model.set_submodule(norm, rest.eval())
