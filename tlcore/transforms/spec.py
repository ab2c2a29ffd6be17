"""Image transforms as data: a `TransformSpec` builds a torchvision v2 pipeline and can write it as Python code.

Each operation is one class below, with the name and parameters of its torchvision v2 class, and its trace of one call.
A new operation is one new class here, and nothing else. It can also say how much smaller a JPEG may be unpacked.
"""

import math
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tlcore.errors import ConfigError
from tlcore.transforms.geometry import (
    fallback_boxes,
    resizing,
    rotation,
    scaling,
    translation,
)
from tlcore.transforms.sizes import (
    SPARE,
    Size,
    center_crop_corner,
    spare_for,
    unpacked_at,
    unpacked_size,
)
from tlcore.transforms.traces import NOT_APPLIED, Calls, Trace, automatic, px, signed, turned
from tlcore.words import percent

if TYPE_CHECKING:
    from torchvision.transforms import v2

Pixels = Annotated[int, Field(ge=1, le=4096)]
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Channels = tuple[float, float, float]
Interpolation = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"]
GridInterpolation = Literal["nearest", "bilinear"]
"""The interpolations that torchvision has for rotating and shearing tensors."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Operation(_Frozen):
    """One step on a uint8 RGB image. `op` is the torchvision v2 class, the other fields its arguments."""

    op: str
    random: ClassVar[bool] = True

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the v2 class, as plain values."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "op"}

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        """What one call did, from its sampled parameters and the image sizes before and after it.

        By default no pixels are moved. An operation that moves pixels, or has a text to show, overrides this.
        """
        return (), "done" if calls else NOT_APPLIED

    def spare(self, size: Size) -> float | None:
        """How many times `SPARE` the sides of an image of this size are what the result needs: 1 if no pixel may be
        missing, as for crops in px. None if a smaller image only gives a smaller result, and a later operation decides.
        """
        return 1.0

    @model_validator(mode="after")
    def _ranges_ascend(self) -> "_Operation":
        for name in ("scale", "ratio", "sigma"):
            bounds = getattr(self, name, None)
            if isinstance(bounds, tuple) and bounds[0] > bounds[1]:
                raise ValueError(f"{name} runs from low to high, not {bounds[0]} to {bounds[1]}")
        return self


class Resize(_Operation):
    """Resize the shorter side to `size` px, or exactly to `(height, width)`."""

    random = False
    op: Literal["Resize"] = "Resize"
    size: Pixels | tuple[Pixels, Pixels]
    interpolation: Interpolation = "bilinear"

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return (resizing(before, after),), f"{px(before)} to {px(after)}"

    def spare(self, size: Size) -> float | None:
        return spare_for(size, self.size)


class CenterCrop(_Operation):
    random = False
    op: Literal["CenterCrop"] = "CenterCrop"
    size: Pixels | tuple[Pixels, Pixels]

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        top, left = center_crop_corner(before, after)
        return (translation(left, top),), f"the middle {px(after)} of {px(before)}"


class RandomResizedCrop(_Operation):
    """Crop a box with a fraction of the area in `scale` and width/height in `ratio`; resize it to `size` px square."""

    op: Literal["RandomResizedCrop"] = "RandomResizedCrop"
    size: Pixels
    scale: tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]] = (0.08, 1.0)
    ratio: tuple[Positive, Positive] = (0.75, 4 / 3)
    interpolation: Interpolation = "bilinear"

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        top, left, height, width = (calls[0][name] for name in ("top", "left", "height", "width"))
        box = (height, width)
        share = height * width / (before[0] * before[1])
        words = f"{px(box)} from ({left}, {top}): {percent(share, 0)} of the area, ratio {width / height:.2f}"
        fallback = fallback_boxes(np.array(before[0]), np.array(before[1]), self.ratio)
        if box == tuple(map(int, fallback)) and not self.scale[0] <= share <= self.scale[1]:
            words += "; no box fitted, so the centre"
        return (translation(left, top) @ resizing(box, after),), words

    def spare(self, size: Size) -> float | None:
        """Half of the boxes keep `SPARE`; the smallest one is still not enlarged."""
        height, width = size
        middle = math.sqrt(height * width * sum(self.scale) / 2)
        smallest = math.sqrt(height * width * self.scale[0] * min(self.ratio[0], 1 / self.ratio[1]))
        return min(middle / SPARE, smallest, height, width) / self.size


class RandomCrop(_Operation):
    op: Literal["RandomCrop"] = "RandomCrop"
    size: Pixels
    padding: Annotated[int, Field(ge=0, le=512)] = 0
    pad_if_needed: bool = True

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        sampled = calls[0]
        pad_left, pad_top, *_ = sampled["padding"]
        left, top = sampled["left"] - pad_left, sampled["top"] - pad_top
        return (translation(left, top),), f"{px(after)} from ({left}, {top})"


class RandomHorizontalFlip(_Operation):
    op: Literal["RandomHorizontalFlip"] = "RandomHorizontalFlip"
    p: Probability = 0.5

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        if not calls:
            return (), NOT_APPLIED
        return (translation(before[1], 0) @ scaling(-1, 1),), "left and right swapped"

    def spare(self, size: Size) -> float | None:
        return None


class RandomVerticalFlip(_Operation):
    op: Literal["RandomVerticalFlip"] = "RandomVerticalFlip"
    p: Probability = 0.5

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        if not calls:
            return (), NOT_APPLIED
        return (translation(0, before[0]) @ scaling(1, -1),), "upside down"

    def spare(self, size: Size) -> float | None:
        return None


class RandomRotation(_Operation):
    """Rotate by an angle in degrees, drawn from -`degrees` to `degrees`; uncovered corners are black."""

    op: Literal["RandomRotation"] = "RandomRotation"
    degrees: Annotated[float, Field(ge=0, le=180)] = 15.0
    interpolation: GridInterpolation = "bilinear"

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        angle = calls[0]["angle"]
        return (rotation(angle, before),), turned(angle)

    def spare(self, size: Size) -> float | None:
        return None


class ColorJitter(_Operation):
    op: Literal["ColorJitter"] = "ColorJitter"
    brightness: Annotated[float, Field(ge=0, le=10)] = 0.2
    contrast: Annotated[float, Field(ge=0, le=10)] = 0.2
    saturation: Annotated[float, Field(ge=0, le=10)] = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        sampled = calls[0]
        parts = []
        for number in sampled["fn_idx"].tolist():  # the order is also random
            name = ("brightness", "contrast", "saturation", "hue")[number]
            factor = sampled[f"{name}_factor"]
            if factor is not None:
                parts.append(f"hue {signed(factor * 360, 0)}°" if name == "hue" else f"{name} × {factor:.2f}")
        return (), ", ".join(parts) or "nothing"

    def spare(self, size: Size) -> float | None:
        return None


class RandAugment(_Operation):
    """Cubuk et al. (2020)."""

    op: Literal["RandAugment"] = "RandAugment"
    num_ops: Annotated[int, Field(ge=1, le=16)] = 2
    magnitude: Annotated[int, Field(ge=0, le=30)] = 9
    interpolation: GridInterpolation = "nearest"

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return automatic(calls, before)


class TrivialAugmentWide(_Operation):
    """Müller and Hutter (2021)."""

    op: Literal["TrivialAugmentWide"] = "TrivialAugmentWide"
    interpolation: GridInterpolation = "nearest"

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return automatic(calls, before)


class RandomErasing(_Operation):
    """Zhong et al. (2020). The box is filled with black."""

    op: Literal["RandomErasing"] = "RandomErasing"
    p: Probability = 0.5
    scale: tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]] = (0.02, 0.33)
    ratio: tuple[Positive, Positive] = (0.3, 3.3)

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        if not calls or calls[0]["v"] is None:
            return (), NOT_APPLIED
        sampled = calls[0]
        box = (sampled["h"], sampled["w"])
        share = box[0] * box[1] / (before[0] * before[1])
        return (), f"{px(box)} at ({sampled['j']}, {sampled['i']}) made black: {percent(share, 0)} of the area"

    def spare(self, size: Size) -> float | None:
        return None


class RandomGrayscale(_Operation):
    op: Literal["RandomGrayscale"] = "RandomGrayscale"
    p: Probability = 0.1

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return (), "made grey" if calls else NOT_APPLIED

    def spare(self, size: Size) -> float | None:
        return None


class GaussianBlur(_Operation):
    op: Literal["GaussianBlur"] = "GaussianBlur"
    kernel_size: Annotated[int, Field(ge=1, le=101)] = 5
    sigma: tuple[Positive, Positive] = (0.1, 2.0)

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> "GaussianBlur":
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size is an odd number of pixels, not {self.kernel_size}")
        return self

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return (), f"sigma {calls[0]['sigma'][0]:.2f} px"


if TYPE_CHECKING:
    Operation: TypeAlias = _Operation
else:  # every class above, distinguished by its `op`
    Operation = Annotated[reduce(or_, _Operation.__subclasses__()), Field(discriminator="op")]


class TransformSpec(_Frozen):
    """Operations on a uint8 RGB image, then float in [0, 1], then `(x - mean) / std` per channel."""

    operations: tuple[Operation, ...]
    mean: Channels = (0.485, 0.456, 0.406)
    std: tuple[Positive, Positive, Positive] = (0.229, 0.224, 0.225)
    decode: Literal["full", "reduced"] = "full"
    """How a JPEG is unpacked: with all its pixels, or at the smallest scale that leaves the operations enough of them,
    see `reduction`. Transforms that belong to weights say `reduced`. Records without the field mean `full`."""

    @model_serializer(mode="wrap")
    def _as_before(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`full` is not written, so that transforms from before the field have the same digests as ever."""
        values: dict[str, Any] = fields(self)
        if values.get("decode") == "full":
            del values["decode"]
        return values

    @property
    def is_random(self) -> bool:
        """Whether two draws of the same image can differ."""
        return any(operation.random for operation in self.operations)

    def reduction(self, size: Size) -> int:
        """The factor, 1, 2, 4 or 8, by which the sides of an upright JPEG of this size are divided when it is unpacked.

        The first operation that resizes decides. It is 1 if another operation needs every pixel before that.
        """
        if self.decode == "full":
            return 1
        spare = next((found for operation in self.operations if (found := operation.spare(size)) is not None), 1.0)
        return unpacked_at(spare)

    def unpacked_size(self, size: Size) -> Size:
        """The size of an upright JPEG of this size after `reduction`, rounded as in `sizes.unpacked_size`."""
        first = next((operation for operation in self.operations if operation.spare(size) is not None), None)
        return unpacked_size(size, self.reduction(size), first.size if isinstance(first, Resize) else None)

    def build_operations(self) -> "v2.Transform":
        """The part that works on one uint8 image of shape (3, H, W) and returns uint8."""
        from torchvision.transforms import v2

        return v2.Compose([v2.ToImage(), *(_build(operation) for operation in self.operations)])

    def build_normalize(self) -> "v2.Transform":
        """The part that turns uint8 of shape (..., 3, H, W) into normalised float32; works on whole batches."""
        import torch
        from torchvision.transforms import v2

        return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(list(self.mean), list(self.std))])

    def build(self) -> "v2.Transform":
        """PIL image or uint8 (3, H, W) to normalised float32 of shape (3, size, size)."""
        from torchvision.transforms import v2

        return v2.Compose([self.build_operations(), self.build_normalize()])

    def output_px(self) -> tuple[int, int]:
        """Height and width of every output image.

        Raises ConfigError if that depends on the input image, so that images do not fit into a batch.
        """
        import torch

        operations = self.build_operations()
        with torch.random.fork_rng(devices=[]):  # a trial must not use up random numbers of others
            wide, tall = (
                operations(torch.zeros(3, *size, dtype=torch.uint8)).shape[1:] for size in ((40, 60), (60, 40))
            )
        if wide != tall:
            raise ConfigError(
                "The transform gives images of different sizes. End it with a CenterCrop or a RandomResizedCrop."
            )
        return int(wide[0]), int(wide[1])

    def source(self) -> str:
        """Python source of the same pipeline: after running it, `transform` does the same as `build()`."""
        steps = ["v2.ToImage()"]
        steps += [f"v2.{o.op}({_source_arguments(o)})" for o in self.operations]
        steps += ["v2.ToDtype(torch.float32, scale=True)", f"v2.Normalize({list(self.mean)}, {list(self.std)})"]
        body = "".join(f"    {step},\n" for step in steps)
        return f"import torch\nfrom torchvision.transforms import v2\n\ntransform = v2.Compose([\n{body}])\n"


def _build(operation: _Operation) -> "v2.Transform":
    from torchvision.transforms import v2

    arguments = operation.arguments()
    if "interpolation" in arguments:
        arguments["interpolation"] = v2.InterpolationMode(arguments["interpolation"])
    transform: v2.Transform = getattr(v2, operation.op)(**arguments)
    return transform


def _source_arguments(operation: _Operation) -> str:
    arguments = {name: repr(value) for name, value in operation.arguments().items()}
    if "interpolation" in arguments:
        arguments["interpolation"] = (
            f"v2.InterpolationMode.{operation.arguments()['interpolation'].upper().replace('-', '_')}"
        )
    return ", ".join(f"{name}={value}" for name, value in arguments.items())
