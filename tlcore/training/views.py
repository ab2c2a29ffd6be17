"""The choice of training views: from a name to its transform, and from a transform to its name."""

from typing import Literal, NamedTuple

from tlcore.errors import ConfigError
from tlcore.training.resolve import augmented
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import list_transforms, load_transform
from tlcore.transforms.spec import TransformSpec


class Views(NamedTuple):
    """How the training views are chosen."""

    kind: Literal["automatic", "validation", "preset", "saved", "own"]
    """`automatic`: the default of the strategy. `validation`: the evaluation transform. `preset`: an entry of
    AUGMENTATIONS. `saved`: a saved transform. `own`: any other, such as that of a recipe."""
    name: str = ""
    """Name of a preset or of a saved transform."""


AUTOMATIC, VALIDATION, OWN = Views("automatic"), Views("validation"), Views("own")


def list_views() -> list[Views]:
    """All possible choices. `own` is not included: it comes from the configuration."""
    presets = [Views("preset", name) for name in AUGMENTATIONS]
    return [AUTOMATIC, VALIDATION, *presets, *(Views("saved", name) for name in list_transforms())]


def training_transform(
    views: Views, evaluation: TransformSpec, own: TransformSpec | None = None
) -> TransformSpec | None:
    """The training transform of a choice, for images that are evaluated with `evaluation`. None: automatic.

    A saved transform gets the mean and std of `evaluation`, which belong to the weights. Raises ConfigError if a saved
    one is gone or damaged.
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
    """The choice for this training transform."""
    for views in list_views():
        try:
            if training_transform(views, evaluation) == transform:
                return views
        except ConfigError:  # a saved transform that is damaged
            continue
    return OWN
