"""Draws of a training transform, with the sampled parameters and the part of the original that each shows.

The parameters are recorded while torchvision draws them, so nothing is drawn twice, and the pixels are those of
`TransformSpec.build_operations`. Each operation's `trace` explains its parameters.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tlcore.errors import ConfigError
from tlcore.transforms.geometry import Affine, Points, frame, intersect, map_points, resizing
from tlcore.transforms.sizes import Size
from tlcore.transforms.spec import TransformSpec
from tlcore.transforms.traces import Calls, px

if TYPE_CHECKING:
    from torch import Tensor

_AUTOMATIC_STEP = "_apply_image_or_video_transform"  # private in torchvision, and the only place to record from
_GENERATOR = threading.Lock()  # torch has one generator per process, and pages run in threads


@dataclass(frozen=True, eq=False)
class Draw:
    seed: int
    """`torch.manual_seed(seed)` before one call of the transform gives this draw."""
    image_HWC: npt.NDArray[np.uint8]
    """The result before normalisation."""
    steps: tuple[tuple[str, str], ...]
    """Name and sampled parameters of each operation, in words."""
    to_original: Affine
    """Maps points of `image_HWC` to points of the original."""
    region: Points
    """The visible part of the original: a convex polygon in its pixels, empty only if all is padding."""

    @property
    def frame(self) -> Points:
        """The corners of the draw on the original; outside of `region` there is padding."""
        height, width = self.image_HWC.shape[:2]
        return map_points(self.to_original, frame((height, width)))


def draw_views(
    transform: TransformSpec, image_CHW: "Tensor", seeds: Sequence[int], original: Size | None = None
) -> list[Draw]:
    """One draw per seed of a uint8 image of shape (3, H, W). The random generators do not change.

    `original` is the size of the original if `image_CHW` was unpacked at a smaller one.
    Raises ConfigError if an operation cannot work on its input image.
    """
    import torch

    first, *modules = transform.build_operations().transforms
    recorded = [_record(module) for module in modules]
    image = first(image_CHW.contiguous())
    with _GENERATOR, torch.random.fork_rng(devices=[]):
        return [_draw(transform, image, modules, recorded, seed, original or _size(image)) for seed in seeds]


def _draw(
    transform: TransformSpec, image: Any, modules: list[Any], recorded: list[Calls], seed: int, original: Size
) -> Draw:
    import torch

    torch.default_generator.manual_seed(seed)
    region, to_original = frame(original), resizing(original, _size(image))
    steps = [] if original == _size(image) else [("JPEG", f"{px(original)} unpacked as {px(_size(image))}")]
    for operation, module, calls in zip(transform.operations, modules, recorded, strict=True):
        calls.clear()
        before, image = _size(image), _apply(module, image, operation.op)
        moves, words = operation.trace(calls, before, _size(image))
        steps.append((operation.op, words))
        for move in moves:  # what once leaves the frame does not come back
            to_original = to_original @ move
            region = intersect(region, map_points(to_original, frame(_size(image))))
    pixels = image.as_subclass(torch.Tensor).permute(1, 2, 0).contiguous().numpy()
    return Draw(seed, pixels, tuple(steps), to_original, region)


def _apply(module: Any, image: Any, name: str) -> Any:
    try:
        return module(image)
    except (RuntimeError, ValueError) as error:  # a blur wider than the image, or an empty crop
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"{name} cannot work on an image of {px(_size(image))}: {reason}. "
            "Change its settings, or its place in the order."
        ) from None


def _size(image: Any) -> Size:
    height, width = image.shape[-2:]
    return height, width


def _record(module: Any) -> Calls:
    """Record what the module samples at each call, in the returned list.

    A v2 transform draws in `make_params`, which is called only if the transform is applied. The automatic augmentations
    draw in `forward`, and pass the drawn operations on one by one.
    """
    from torchvision.transforms import v2

    calls: Calls = []
    if isinstance(module, v2.RandAugment | v2.TrivialAugmentWide | v2.AutoAugment | v2.AugMix):
        apply = getattr(module, _AUTOMATIC_STEP, None)
        if apply is None:
            raise RuntimeError(
                f"torchvision {version('torchvision')} has no {_AUTOMATIC_STEP} in {type(module).__name__}, where the "
                "steps of automatic augmentations are recorded. Install the version that requirements.txt names."
            )

        def recording_apply(image: Any, transform_id: str, magnitude: float, **settings: Any) -> Any:
            calls.append({"name": transform_id, "magnitude": magnitude})
            return apply(image, transform_id, magnitude, **settings)

        setattr(module, _AUTOMATIC_STEP, recording_apply)
    else:
        make_params = module.make_params

        def recording_make_params(inputs: list[Any]) -> dict[str, Any]:
            sampled: dict[str, Any] = make_params(inputs)
            calls.append(sampled)
            return sampled

        module.make_params = recording_make_params
    return calls
