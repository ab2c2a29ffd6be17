"""Draws of a training transform, each with what was sampled for it and which part of the original it shows.

The parameters are recorded while torchvision draws them: nothing is drawn twice, and the pixels are those of
`TransformSpec.build_operations`. What each operation records is told by one entry of `_TRACES`.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tlcore.errors import ConfigError
from tlcore.transforms.crops import fallback_boxes
from tlcore.transforms.geometry import (
    IDENTITY,
    Affine,
    Points,
    Size,
    center_crop_corner,
    frame,
    intersect,
    map_points,
    resizing,
    rotation,
    scaling,
    shear,
    translation,
)
from tlcore.transforms.spec import Operation, TransformSpec
from tlcore.words import percent

if TYPE_CHECKING:
    from torch import Tensor

Calls: TypeAlias = list[dict[str, Any]]
"""What one operation sampled, in order; empty where chance decided that it does nothing."""

_NOT_APPLIED = "not this time"
_GENERATOR = threading.Lock()  # torch draws from one generator per process, and pages run in threads


@dataclass(frozen=True, eq=False)
class Draw:
    seed: int
    """`torch.manual_seed(seed)` before one call of the transform gives this draw."""
    image_HWC: npt.NDArray[np.uint8]
    """What comes out, before it is normalised."""
    steps: tuple[tuple[str, str], ...]
    """Per operation its name and what was sampled, in words."""
    to_original: Affine
    """Takes points of `image_HWC` to points of the original."""
    region: Points
    """The part of the original that is shown: a convex polygon in its pixels, not empty unless all is padding."""

    @property
    def frame(self) -> Points:
        """The corners of the draw on the original; outside of `region` lies padding."""
        height, width = self.image_HWC.shape[:2]
        return map_points(self.to_original, frame((height, width)))


def draw_views(transform: TransformSpec, image_CHW: "Tensor", seeds: Sequence[int]) -> list[Draw]:
    """One draw per seed of a uint8 image of shape (3, H, W). Leaves the random generators as they were.

    Raises ConfigError where an operation cannot work on the image that reaches it.
    """
    import torch

    first, *modules = transform.build_operations().transforms
    recorded = [_record(module) for module in modules]
    image = first(image_CHW.contiguous())
    with _GENERATOR, torch.random.fork_rng(devices=[]):
        return [_draw(transform, image, modules, recorded, seed) for seed in seeds]


def _draw(transform: TransformSpec, image: Any, modules: list[Any], recorded: list[Calls], seed: int) -> Draw:
    import torch

    torch.default_generator.manual_seed(seed)
    region, to_original, steps = frame(_size(image)), IDENTITY, []
    for operation, module, calls in zip(transform.operations, modules, recorded, strict=True):
        calls.clear()
        before, image = _size(image), _apply(module, image, operation.op)
        moves, words = _TRACES[operation.op](operation, calls, before, _size(image))
        steps.append((operation.op, words))
        for move in moves:  # what leaves the frame once does not come back
            to_original = to_original @ move
            region = intersect(region, map_points(to_original, frame(_size(image))))
    pixels = image.as_subclass(torch.Tensor).permute(1, 2, 0).contiguous().numpy()
    return Draw(seed, pixels, tuple(steps), to_original, region)


def _apply(module: Any, image: Any, name: str) -> Any:
    try:
        return module(image)
    except (RuntimeError, ValueError) as error:  # a blur wider than the image, a crop of nothing
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"{name} cannot work on an image of {_px(_size(image))}: {reason}. "
            "Change its settings, or its place in the order."
        ) from None


def _size(image: Any) -> Size:
    height, width = image.shape[-2:]
    return height, width


def _record(module: Any) -> Calls:
    """Note in the list that is returned what the module samples each time it is called.

    `make_params` is where a v2 transform draws, called only when chance does not leave the image alone. The
    automatic augmentations draw in `forward`, and hand over what they drew one by one.
    """
    calls: Calls = []
    if hasattr(module, "_apply_image_or_video_transform"):
        apply = module._apply_image_or_video_transform

        def recording_apply(image: Any, transform_id: str, magnitude: float, **settings: Any) -> Any:
            calls.append({"name": transform_id, "magnitude": magnitude})
            return apply(image, transform_id, magnitude, **settings)

        module._apply_image_or_video_transform = recording_apply
    else:
        make_params = module.make_params

        def recording_make_params(inputs: list[Any]) -> dict[str, Any]:
            sampled: dict[str, Any] = make_params(inputs)
            calls.append(sampled)
            return sampled

        module.make_params = recording_make_params
    return calls


Trace: TypeAlias = tuple[tuple[Affine, ...], str]
"""Where the pixels come from, in the order in which they were moved, and what was done in words."""


def _resize(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    return (resizing(before, after),), f"{_px(before)} to {_px(after)}"


def _center_crop(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    top, left = center_crop_corner(before, after)
    return (translation(left, top),), f"the middle {_px(after)} of {_px(before)}"


def _random_resized_crop(operation: Any, calls: Calls, before: Size, after: Size) -> Trace:
    top, left, height, width = (calls[0][name] for name in ("top", "left", "height", "width"))
    box = (height, width)
    share = height * width / (before[0] * before[1])
    words = f"{_px(box)} from ({left}, {top}): {percent(share, 0)} of the area, ratio {width / height:.2f}"
    fallback = fallback_boxes(np.array(before[0]), np.array(before[1]), operation.ratio)
    if box == tuple(map(int, fallback)) and not operation.scale[0] <= share <= operation.scale[1]:
        words += "; no box fitted, so the centre"
    return (translation(left, top) @ resizing(box, after),), words


def _random_crop(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    sampled = calls[0]
    pad_left, pad_top, *_ = sampled["padding"]
    left, top = sampled["left"] - pad_left, sampled["top"] - pad_top
    return (translation(left, top),), f"{_px(after)} from ({left}, {top})"


def _horizontal_flip(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    if not calls:
        return (), _NOT_APPLIED
    return (translation(before[1], 0) @ scaling(-1, 1),), "left and right swapped"


def _vertical_flip(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    if not calls:
        return (), _NOT_APPLIED
    return (translation(0, before[0]) @ scaling(1, -1),), "upside down"


def _rotation(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    angle = calls[0]["angle"]
    return (rotation(angle, before),), _turned(angle)


def _color_jitter(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    sampled = calls[0]
    parts = []
    for number in sampled["fn_idx"].tolist():  # the order, too, is drawn
        name = ("brightness", "contrast", "saturation", "hue")[number]
        factor = sampled[f"{name}_factor"]
        if factor is not None:
            parts.append(f"hue {_signed(factor * 360, 0)}°" if name == "hue" else f"{name} × {factor:.2f}")
    return (), ", ".join(parts) or "nothing"


def _automatic(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    moves = [
        _AUTOMATIC_MOVES[call["name"]](call["magnitude"], before) for call in calls if call["name"] in _AUTOMATIC_MOVES
    ]
    return tuple(moves), ", ".join(_AUTOMATIC_WORDS[call["name"]](call["magnitude"]) for call in calls)


def _erasing(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    if not calls or calls[0]["v"] is None:
        return (), _NOT_APPLIED
    sampled = calls[0]
    box = (sampled["h"], sampled["w"])
    share = box[0] * box[1] / (before[0] * before[1])
    return (), f"{_px(box)} at ({sampled['j']}, {sampled['i']}) made black: {percent(share, 0)} of the area"


def _grayscale(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    return (), "made grey" if calls else _NOT_APPLIED


def _blur(_: Operation, calls: Calls, before: Size, after: Size) -> Trace:
    return (), f"sigma {calls[0]['sigma'][0]:.2f} px"


_TRACES: dict[str, Callable[[Any, Calls, Size, Size], Trace]] = {
    # (operation, what it sampled, size before, size after)
    "Resize": _resize,
    "CenterCrop": _center_crop,
    "RandomResizedCrop": _random_resized_crop,
    "RandomCrop": _random_crop,
    "RandomHorizontalFlip": _horizontal_flip,
    "RandomVerticalFlip": _vertical_flip,
    "RandomRotation": _rotation,
    "ColorJitter": _color_jitter,
    "RandAugment": _automatic,
    "TrivialAugmentWide": _automatic,
    "RandomErasing": _erasing,
    "RandomGrayscale": _grayscale,
    "GaussianBlur": _blur,
}

# The parts of RandAugment and TrivialAugment that move pixels; magnitudes as torchvision applies them
_AUTOMATIC_MOVES: dict[str, Callable[[float, Size], Affine]] = {
    "ShearX": lambda magnitude, size: shear(magnitude, 0),
    "ShearY": lambda magnitude, size: shear(0, magnitude),
    "TranslateX": lambda magnitude, size: translation(-int(magnitude), 0),
    "TranslateY": lambda magnitude, size: translation(0, -int(magnitude)),
    "Rotate": rotation,
}
_AUTOMATIC_WORDS: dict[str, Callable[[float], str]] = {
    "Identity": lambda magnitude: "left as it is",
    "ShearX": lambda magnitude: f"sheared sideways by {_signed(magnitude, 2)}",
    "ShearY": lambda magnitude: f"sheared upwards by {_signed(magnitude, 2)}",
    "TranslateX": lambda magnitude: f"moved sideways by {_signed(int(magnitude), 0)} px",
    "TranslateY": lambda magnitude: f"moved downwards by {_signed(int(magnitude), 0)} px",
    "Rotate": lambda magnitude: f"turned {_turned(magnitude)}",
    "Brightness": lambda magnitude: f"brightness × {1 + magnitude:.2f}",
    "Color": lambda magnitude: f"saturation × {1 + magnitude:.2f}",
    "Contrast": lambda magnitude: f"contrast × {1 + magnitude:.2f}",
    "Sharpness": lambda magnitude: f"sharpness × {1 + magnitude:.2f}",
    "Posterize": lambda magnitude: f"posterised to {int(magnitude)} bits",
    "Solarize": lambda magnitude: f"solarised above {percent(magnitude, 0)} of white",
    "AutoContrast": lambda magnitude: "contrast stretched",
    "Equalize": lambda magnitude: "histogram equalised",
}


def _px(size: Size) -> str:
    return f"{size[1]} × {size[0]} px"


def _turned(degrees: float) -> str:
    return f"{abs(degrees):.1f}° {'anticlockwise' if degrees >= 0 else 'clockwise'}"


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")
