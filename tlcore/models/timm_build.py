"""Build networks of timm: for a size of images, with exactly one head, and without drawing values that are loaded over.

What was found out about a network is kept for the process: each takes half a second on the meta device.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tlcore.errors import ModelError
from tlcore.models.timm_layout import Layout, layout_of
from tlcore.models.timm_registry import configuration, usual_px

_DRAWS = frozenset(getattr(Tensor, f"{name}_") for name in ("uniform", "normal", "erfinv", "random", "bernoulli"))
_LONGEST = 300  # characters of timm's own message


@dataclass(frozen=True)
class Recipe:
    """How to build a network so that its logits come from one final layer."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    new_head: bool = False
    """Whether the head of timm is replaced, because there is none, or it has a second layer."""

    def build(self, name: str, made_for_px: int | None) -> nn.Module:
        """The network; position embeddings of a fixed size are made for images of this side."""
        network = create(name, made_for_px, **self.arguments)
        if self.new_head:
            network.reset_classifier(configuration(name).num_classes or 1)  # type: ignore[operator]
        return network


_RECIPES = (
    Recipe(),
    Recipe(new_head=True),  # networks without a head, and a second one that timm drops then
    Recipe({"distilled": False}),  # the second head learned from a teacher, and the class below has none
)


def create(name: str, made_for_px: int | None = None, **arguments: Any) -> nn.Module:
    """timm's network with its own head, without pretrained values unless the arguments ask for them."""
    if made_for_px is not None:
        arguments["img_size"] = made_for_px
    network: nn.Module = timm.create_model(name, **({"pretrained": False} | arguments))
    return network


@cache
def single_headed(name: str) -> tuple[Recipe, Layout]:
    """The recipe for the network, and its layout. Raises ModelError if its logits never come from one final layer."""
    size_px = usual_px(name)
    made_for_px = size_px if configuration(name).fixed_input_size else None
    problems: list[Exception] = []
    for recipe in _RECIPES:
        try:
            with torch.device("meta"):
                network = recipe.build(name, made_for_px)
            layout = layout_of(network)
            _check_path(network, layout.head, size_px)
        except (ModelError, TypeError, AttributeError) as error:  # the last two: timm does not know the argument
            problems.append(error)
        else:
            return recipe, layout
    raise ModelError(str(next((error for error in problems if isinstance(error, ModelError)), problems[0])))


@cache
def problem_at(name: str, made_for_px: int | None, size_px: int) -> str:
    """Why the network cannot take images of this side, in timm's or torch's words; empty if it can."""
    recipe, _ = single_headed(name)
    try:
        with torch.device("meta"):
            network = recipe.build(name, made_for_px).eval()
            network(torch.empty(2, 3, size_px, size_px))
    except Exception as error:  # asserts, shapes that do not fit, a kernel larger than its input
        return problem_of(error)
    return ""


def problem_of(error: Exception) -> str:
    """The first lines of a message of timm or torch, in short."""
    text = " ".join(str(error).split()) or type(error).__name__
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…").rstrip(".")


class _NothingDrawn(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return args[0] if func in _DRAWS else func(*args, **(kwargs or {}))


@contextmanager
def nothing_drawn() -> Iterator[None]:
    """Inside, random values are left as the memory has them, because all will be overwritten: it saves seconds.

    Constants, indices and frequencies get their values, unlike on the meta device.
    """
    with _NothingDrawn():
        yield


def _check_path(network: nn.Module, head: str, size_px: int) -> None:
    """Raises ModelError unless the final layer runs once, and what it returns are the logits."""
    outputs: list[Tensor] = []
    hook = network.get_submodule(head).register_forward_hook(lambda _, inputs, output: outputs.append(output))
    try:
        logits = network.eval()(torch.empty(2, 3, size_px, size_px, device="meta"))
    finally:
        hook.remove()
    if len(outputs) != 1 or not isinstance(logits, Tensor):
        raise ModelError("its final layer does not run once for an image")
    if logits is not outputs[0] and logits._base is not outputs[0]:
        raise ModelError("its logits are mixed from several heads")
    if logits.ndim != 2:
        raise ModelError(f"it returns {logits.ndim - 1} dimensions for an image in place of logits")
