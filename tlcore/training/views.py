"""The choice of training views: a transform by a name that people know, and the name of a transform."""

from typing import Literal, NamedTuple

from tlcore.errors import ConfigError
from tlcore.training.resolve import augmented
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import list_transforms, load_transform
from tlcore.transforms.spec import TransformSpec


class Views(NamedTuple):
    """How the views that the network is trained on are chosen."""

    kind: Literal["automatic", "validation", "preset", "saved", "own"]
    """`automatic`: what suits the strategy. `validation`: as evaluation sees the images. `preset`: an entry of
    AUGMENTATIONS. `saved`: a transform that somebody saved. `own`: any other, such as that of a recipe."""
    name: str = ""
    """Of a preset, or of a saved transform."""


AUTOMATIC, VALIDATION, OWN = Views("automatic"), Views("validation"), Views("own")


def list_views() -> list[Views]:
    """All that can be chosen. `own` is not: it is what a configuration has."""
    presets = [Views("preset", name) for name in AUGMENTATIONS]
    return [AUTOMATIC, VALIDATION, *presets, *(Views("saved", name) for name in list_transforms())]


def training_transform(
    views: Views, evaluation: TransformSpec, own: TransformSpec | None = None
) -> TransformSpec | None:
    """The training transform that a choice stands for, where images are evaluated with `evaluation`. None: automatic.

    A saved transform gets the mean and std of `evaluation`, which belong to the weights. Raises ConfigError where a
    saved one is not there any more, or is damaged.
    """
    match views.kind:
        case "automatic":
            return None
        case "validation":
            return evaluation
        case "preset":
            return augmented(evaluation, views.name)
        case "saved":
            return evaluation.model_copy(update={"operations": load_transform(views.name).operations})
        case "own":
            return own


def views_of(transform: TransformSpec | None, evaluation: TransformSpec) -> Views:
    """The choice that gives this training transform."""
    for views in list_views():
        try:
            if training_transform(views, evaluation) == transform:
                return views
        except ConfigError:  # a saved transform that is damaged
            continue
    return OWN
