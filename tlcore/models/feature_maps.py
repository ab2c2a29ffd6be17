"""The last feature maps of any network, and the image position of each of their cells.

N images, K channels, H x W pixels of the input, h x w cells of a map.
"""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.modules.utils import _pair

from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.split import of_this_thread, taking_input

_LATE_MODULES = 24  # modules at the end of the network that are searched for the last map
_PASSES_ON = (nn.Identity, nn.Dropout)  # modules that are not counted: their output is their input
_MOST_PREFIX_TOKENS = 16  # a class token, one of a teacher, and registers

Size: TypeAlias = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True)
class Grid:
    """Cell i of a map is centred on pixel `offset + i * stride` of the image; 0 is the centre of the first pixel."""

    offset: tuple[float, float]
    stride: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Recording:
    late_outputs: list[Tensor]
    """Outputs of the last modules, in order."""
    head_input: Tensor
    """Input of the head group."""
    logits_NC: Tensor
    grids: dict[Size, Grid]
    """Grid of each size of map that a convolution or pooling layer returned."""
    input_size: Size

    def map_of(self, output: Tensor) -> Tensor | None:
        """An output as (N, K, h, w) if it has the layout of the image, else None: see `as_map`.

        Windows of an image, which some transformers attend within, and attention matrices are no layout of the image.
        """
        found = as_map(output, self.grids)
        smallest = list(self.grids)[-1]
        if found is None or len(output) != len(self.logits_NC):
            return None
        size = (found.shape[2], found.shape[3])
        return found if size in self.grids or (size[0] <= smallest[0] and size[1] <= smallest[1]) else None

    def grid(self, cells: Size) -> Grid:
        """The grid of a map of this size."""
        known = self.grids.get(cells)
        if known is not None:
            return known
        # something else made the map smaller, evenly: patches, or pooling to a fixed size
        size, base = list(self.grids.items())[-1]
        factors = [side / cell for side, cell in zip(size, cells, strict=True)]
        return _further(base, factors, [(factor - 1) / 2 for factor in factors])


def record(model: nn.Module, architecture: Architecture, images_NCHW: Tensor) -> Recording:
    """Run the network twice, with hooks that record this thread alone: others can use `model` meanwhile.

    If gradients are enabled and `images_NCHW` requires them, the score has gradients with respect to the late outputs.
    """
    names: list[str] = []
    narrowing: list[tuple[Any, Size, Size]] = []
    outputs: list[Tensor] = []
    head_inputs: list[Tensor] = []

    def note(name: str, module: Any, inputs: Sequence[Any], output: Any) -> None:
        names.append(name)
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            narrowing.append((module, tuple(inputs[0].shape[2:]), tuple(output.shape[2:])))

    def keep(name: str, module: Any, inputs: Sequence[Any], output: Any) -> Tensor | None:
        if not isinstance(output, Tensor):
            return None
        outputs.append(output)
        return output.clone()  # a later module may write into it

    modules = {name: module for name, module in model.named_modules() if name and not isinstance(module, _PASSES_ON)}
    with torch.no_grad(), _hooks(modules, note):
        model(images_NCHW)
    late = list(dict.fromkeys(reversed(names)))[:_LATE_MODULES]
    head = model.get_submodule(architecture.groups[HEAD][0])
    with _hooks({name: modules[name] for name in late}, keep), taking_input(head, head_inputs.append):
        logits_NC = model(images_NCHW)
    height, width = images_NCHW.shape[2:]
    return Recording(outputs, head_inputs[0], logits_NC, _grids(narrowing, (height, width)), (height, width))


def as_map(output: Tensor, known: Collection[Size] = ()) -> Tensor | None:
    """A module's output as (N, K, h, w) if it has the layout of an image, else None.

    Channels can be in the last dimension, as in Swin. Tokens (N, T, K) are arranged in rows; the class token and others
    before those of the image are left out. `known`: sizes of the maps that convolutions returned, which tell the
    layout; without a match, a map and a grid of tokens are square, with one token before them at most.
    """
    if output.ndim == 4:
        first, last = (output.shape[1], output.shape[2]), (output.shape[2], output.shape[3])
        channels_are_last = (first in known, last in known) == (True, False) or (
            first not in known and last not in known and first[0] == first[1] != last[1]
        )
        laid = output.permute(0, 3, 1, 2) if channels_are_last else output
        return laid if laid.shape[2] * laid.shape[3] > 1 else None
    if output.ndim == 3:
        size = _size_of_tokens(output.shape[1], known)
        if size is not None:
            patches = output[:, output.shape[1] - size[0] * size[1] :]
            return patches.transpose(1, 2).reshape(len(patches), -1, *size)
    return None


def _size_of_tokens(tokens: int, known: Collection[Size]) -> Size | None:
    fitting = [size for size in known if 0 <= tokens - size[0] * size[1] <= _MOST_PREFIX_TOKENS]
    side = math.isqrt(tokens)
    square = [(side, side)] if tokens - side * side in (0, 1) else []
    best = max((*fitting, *square), key=math.prod, default=(0, 0))
    return best if math.prod(best) > 1 else None


@contextmanager
def _hooks(modules: dict[str, nn.Module], hook: Callable[..., Any]) -> Iterator[None]:
    """Inside, the hook is called with the name of each module that this thread runs, and what hooks are given."""
    handles = [module.register_forward_hook(of_this_thread(partial(hook, name))) for name, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _grids(narrowing: list[tuple[Any, Size, Size]], size: Size) -> dict[Size, Grid]:
    """Follow the sizes down. Of parallel modules only the first counts, because the others reduce the size alike.

    Cell i of a 3×3 convolution of stride 2 with padding on both sides is centred on pixel 2i, not 2i + 0.5. After five
    of them a map would be half a cell off if its cells were assumed to divide the image evenly.
    """
    grids = {size: Grid((0.0, 0.0), (1.0, 1.0))}
    for module, before, after in narrowing:
        if before == size and after != size:
            kernel, stride, padding, dilation = (
                _pair(getattr(module, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
            )
            spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
            pads = [_pad(*each) for each in zip(padding, before, after, spans, stride, strict=True)]
            starts = [(span - 1) / 2 - pad for span, pad in zip(spans, pads, strict=True)]
            grids[after] = _further(grids[size], stride, starts)
            size = after
    return grids


def _pad(stated: int, before: int, after: int, span: int, stride: int) -> int:
    """Pixels that a convolution pads at the start of a side: as stated, or as many as its sizes show.

    Convolutions after TensorFlow's rule state none, and pad what the last cell lacks, the smaller half at the start.
    """
    return stated or max(0, (after - 1) * stride + span - before) // 2


def _further(grid: Grid, factors: Sequence[float], starts: Sequence[float]) -> Grid:
    """The grid of a map whose cell i is centred on cell `start + i * factor` of the previous map."""
    (y, x), (stride_y, stride_x) = grid.offset, grid.stride
    return Grid(
        (y + starts[0] * stride_y, x + starts[1] * stride_x),
        (stride_y * factors[0], stride_x * factors[1]),
    )
