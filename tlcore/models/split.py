"""Split a network into the trunk, whose output can be stored, and the head, which can run on stored output.

N images, C classes, H and W pixels.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from torch import Tensor, nn

from tlcore.models.architecture import HEAD, Architecture


def extract_features(model: nn.Module, architecture: Architecture, images_NCHW: Tensor) -> Tensor:
    """The input of the head group: (N, D), or (N, D, h, w) if the head begins with a convolution or pooling.

    The model is expected in evaluation mode. The dtype is the trunk's: bfloat16 under bfloat16 autocast.
    Threads can do this with one model at the same time.
    """
    captured: list[Tensor] = []
    with taking_input(model.get_submodule(architecture.groups[HEAD][0]), captured.append):
        model(images_NCHW)
    return captured[0]


@contextmanager
def taking_input(module: nn.Module, take: Callable[[Tensor], object]) -> Iterator[None]:
    """Inside, `take` is called with each input that this thread gives the module. Other threads may use it, too."""

    def look(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        take(inputs[0])

    hook = module.register_forward_pre_hook(of_this_thread(look))
    try:
        yield
    finally:
        hook.remove()


def of_this_thread(hook: Callable[..., Any]) -> Callable[..., Any]:
    """The hook, which does nothing when another thread runs the module."""
    thread = get_ident()
    return lambda *arguments: hook(*arguments) if get_ident() == thread else None


class Head(nn.Module):
    """Modules that run in sequence on features and return logits of shape (N, C)."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, features: Tensor) -> Tensor:
        for layer in self.layers:
            features = layer(features.flatten(1) if isinstance(layer, nn.Linear) else features)
        return features.flatten(1)


def build_head(model: nn.Module, architecture: Architecture) -> Head:
    """The head group of `model` as a separate module. It shares the model's layers with their parameters and mode."""
    layers = [model.get_submodule(path) for path in architecture.groups[HEAD]]
    for layer in layers:
        if isinstance(layer, nn.Dropout | nn.ReLU):
            layer.inplace = False  # features are stored and reused, so the head must not write into them
    return Head(layers)


def main_and_auxiliary(output: Tensor | tuple[Tensor | None, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The logits, and the logits of auxiliary classifiers, in the output of a forward pass.

    In training mode inception_v3 and googlenet return a named tuple with the auxiliary logits, else plain logits.
    """
    if isinstance(output, Tensor):
        return output, ()
    main, *auxiliary = output
    if main is None:
        raise TypeError("a network returned no logits")
    return main, tuple(logits_NC for logits_NC in auxiliary if logits_NC is not None)
