"""The trace of one call of a transform: where the pixels come from, and a text. Each operation of `spec` makes its own.

This module has what several of them share, and the parts of RandAugment and TrivialAugment.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from tlcore.transforms.geometry import Affine, rotation, shear, translation
from tlcore.transforms.sizes import Size
from tlcore.words import percent

Calls: TypeAlias = list[dict[str, Any]]
"""The parameters that one operation sampled, in order; empty if it was randomly not applied."""
Trace: TypeAlias = tuple[tuple[Affine, ...], str]
"""Where the pixels come from, in the order of the moves, and a text about the operation."""

NOT_APPLIED = "not this time"


def automatic(calls: Calls, before: Size) -> Trace:
    """The trace of an operation that applies some of torchvision's automatic augmentations one by one."""
    moves = [_MOVES[call["name"]](call["magnitude"], before) for call in calls if call["name"] in _MOVES]
    return tuple(moves), ", ".join(AUTOMATIC_WORDS[call["name"]](call["magnitude"]) for call in calls)


def px(size: Size) -> str:
    return f"{size[1]} × {size[0]} px"


def turned(degrees: float) -> str:
    return f"{abs(degrees):.1f}° {'anticlockwise' if degrees >= 0 else 'clockwise'}"


def signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


# The parts of RandAugment and TrivialAugment that move pixels; magnitudes as torchvision applies them
_MOVES: dict[str, Callable[[float, Size], Affine]] = {
    "ShearX": lambda magnitude, size: shear(magnitude, 0),
    "ShearY": lambda magnitude, size: shear(0, magnitude),
    "TranslateX": lambda magnitude, size: translation(-int(magnitude), 0),
    "TranslateY": lambda magnitude, size: translation(0, -int(magnitude)),
    "Rotate": rotation,
}
AUTOMATIC_WORDS: dict[str, Callable[[float], str]] = {
    "Identity": lambda magnitude: "left as it is",
    "ShearX": lambda magnitude: f"sheared sideways by {signed(magnitude, 2)}",
    "ShearY": lambda magnitude: f"sheared upwards by {signed(magnitude, 2)}",
    "TranslateX": lambda magnitude: f"moved sideways by {signed(int(magnitude), 0)} px",
    "TranslateY": lambda magnitude: f"moved downwards by {signed(int(magnitude), 0)} px",
    "Rotate": lambda magnitude: f"turned {turned(magnitude)}",
    "Brightness": lambda magnitude: f"brightness × {1 + magnitude:.2f}",
    "Color": lambda magnitude: f"saturation × {1 + magnitude:.2f}",
    "Contrast": lambda magnitude: f"contrast × {1 + magnitude:.2f}",
    "Sharpness": lambda magnitude: f"sharpness × {1 + magnitude:.2f}",
    "Posterize": lambda magnitude: f"posterised to {int(magnitude)} bits",
    "Solarize": lambda magnitude: f"solarised above {percent(magnitude, 0)} of white",
    "AutoContrast": lambda magnitude: "contrast stretched",
    "Equalize": lambda magnitude: "histogram equalised",
}
