"""The new final layer for the task's classes. It computes in float32 even if the rest of the network does not.

This way logits from stored bfloat16 features agree with logits of the whole network.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from tlcore.models.architecture import Architecture


START = 0.01
"""A new linear head on features that are there already begins with this part of the usual random values."""


class Float32Linear(nn.Linear):
    """nn.Linear that computes in float32 under autocast, for any input type."""

    def forward(self, input: Tensor) -> Tensor:
        with _without_autocast(input.device.type):
            return super().forward(input.to(self.weight.dtype))


class Float32Conv2d(nn.Conv2d):
    """nn.Conv2d that computes in float32 under autocast, for any input type."""

    def forward(self, input: Tensor) -> Tensor:
        with _without_autocast(input.device.type):
            return super().forward(input.to(self.weight.dtype))


def replace_final_layer(model: nn.Module, path: str, num_classes: int) -> None:
    """Replace the layer at `path` by one for `num_classes`, initialised by the global generator.

    Raises TypeError if it is neither nn.Linear nor a 1×1 nn.Conv2d.
    """
    parent_path, _, name = path.rpartition(".")
    old = model.get_submodule(path)
    new: nn.Module
    if isinstance(old, nn.Linear):
        new = Float32Linear(old.in_features, num_classes, bias=old.bias is not None)
    elif isinstance(old, nn.Conv2d) and old.kernel_size == (1, 1):
        new = Float32Conv2d(old.in_channels, num_classes, kernel_size=1, bias=old.bias is not None)
    else:
        raise TypeError(f"the final layer {path} is a {type(old).__name__}, not a Linear or a 1×1 Conv2d")
    setattr(model.get_submodule(parent_path), name, new)


def replace_final_layers(model: nn.Module, architecture: "Architecture", num_classes: int) -> None:
    """The same for all final layers of an architecture, also of its auxiliary classifiers."""
    for path in architecture.final_layers:
        replace_final_layer(model, path, num_classes)


def begin_small(model: nn.Module, architecture: "Architecture") -> None:
    """Multiply the values of new linear final layers by `START`, so that all classes begin with nearly the same logits.

    A head keeps what it began with in all directions that the training images do not have, which are most if there are
    fewer images than features. There it is noise. BEiT and MAE begin fine-tuning so as well (Bao et al. 2022, He et al.
    2022). A convolution as a head has ReLU behind it, which would give no gradient, so it keeps its values.
    """
    with torch.no_grad():
        for path in architecture.final_layers:
            final = model.get_submodule(path)
            if isinstance(final, nn.Linear):
                for values in final.parameters():
                    values.mul_(START)


def _without_autocast(device_type: str) -> AbstractContextManager[object]:
    """Does nothing if autocast is off, so that exporters and compilers see a plain layer; `meta` has no autocast."""
    enabled = device_type != "meta" and torch.is_autocast_enabled(device_type)
    return torch.autocast(device_type, enabled=False) if enabled else nullcontext()
