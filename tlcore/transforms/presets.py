"""The table of training transforms with a name."""

from collections.abc import Callable

from tlcore.transforms.spec import (
    ColorJitter,
    Interpolation,
    Operation,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomResizedCrop,
    TrivialAugmentWide,
)


def _standard(size: int, interpolation: Interpolation) -> tuple[Operation, ...]:
    return RandomResizedCrop(size=size, interpolation=interpolation), RandomHorizontalFlip()


def _gentle(size: int, interpolation: Interpolation) -> tuple[Operation, ...]:
    return RandomResizedCrop(size=size, scale=(0.5, 1.0), interpolation=interpolation), RandomHorizontalFlip()


def _trivial(size: int, interpolation: Interpolation) -> tuple[Operation, ...]:
    return *_standard(size, interpolation), TrivialAugmentWide()


def _randaugment(size: int, interpolation: Interpolation) -> tuple[Operation, ...]:
    return *_standard(size, interpolation), RandAugment()


def _strong(size: int, interpolation: Interpolation) -> tuple[Operation, ...]:
    jitter = ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
    return *_standard(size, interpolation), jitter, RandomGrayscale(), RandomErasing(p=0.25)


AUGMENTATIONS: dict[str, Callable[[int, Interpolation], tuple[Operation, ...]]] = {
    "gentle": _gentle,
    "standard": _standard,
    "strong": _strong,
    "trivial": _trivial,
    "randaugment": _randaugment,
}
"""Name -> function from crop size in px and interpolation to the operations. A new preset is a new entry."""
