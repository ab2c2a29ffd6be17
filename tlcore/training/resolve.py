"""Resolve a RunConfig: every choice that it leaves open is made here, once."""

import os

from tlcore.config import ResolvedConfig, RunConfig
from tlcore.data.catalog import edits_version, is_named
from tlcore.models.file_transform import transform_for
from tlcore.models.zoo import find_architecture
from tlcore.system.paths import given_path
from tlcore.training.defaults import (
    TRAIN_AUGMENTATION,
    chosen_schedule,
    chosen_strategy,
    default_learning_rate,
)
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec


def resolve(config: RunConfig) -> ResolvedConfig:
    """The configuration with every None that stands for a choice replaced by the choice.

    Paths become absolute, so that a run can be continued from another folder. A resolved configuration does not change.
    The edits of the dataset are those that there are now.
    Raises UnknownBackbone, WeightsError for an `imagenet:NAME` that does not exist, RecordError for edits that cannot
    be read, and ConfigError for an unknown optimiser.
    """
    if isinstance(config, ResolvedConfig):
        return config
    architecture, source, strategy = find_architecture(config.model.backbone), config.data.source, config.strategy.name
    weights = config.model.weights or ("none" if strategy == "from_scratch" else architecture.default_weights)
    named = ("none", *architecture.named_weights)
    evaluation = config.eval_transform or transform_for(architecture, weights)
    rate = config.optimizer.learning_rate or default_learning_rate(strategy, config.optimizer.name)
    images, edits = config.data.images, config.data.edits
    choices = {
        "data": config.data.model_dump()
        | {
            "source": source if is_named(source) else _absolute(source),
            "images": None if images is None else _absolute(images),
            "edits": edits_version(source) if edits is None else edits,
        },
        "model": config.model.model_dump() | {"weights": weights if weights in named else _absolute(weights)},
        "strategy": chosen_strategy(config, architecture).model_dump(),
        "schedule": chosen_schedule(config).model_dump(),
        "eval_transform": evaluation,
        "train_transform": config.train_transform or augmented(evaluation, TRAIN_AUGMENTATION[strategy]),
        "optimizer": config.optimizer.model_dump() | {"learning_rate": rate},
    }
    return ResolvedConfig.model_validate(config.model_dump() | choices)


def left_open(config: ResolvedConfig) -> RunConfig:
    """The shortest RunConfig for the same run: settings that would be chosen anyway are left open.

    If the strategy or the backbone is changed afterwards, the new one gets its own defaults. The edits are always left
    open: new runs get those of the dataset as it is then.
    """
    asked = config.asked()
    asked = asked.replace(data=asked.data.model_dump() | {"edits": None})
    config = config.replace(data=config.data.model_dump() | {"edits": resolve(asked).data.edits})
    for part, name in (
        ("model", "weights"),
        (None, "eval_transform"),
        (None, "train_transform"),
        ("optimizer", "learning_rate"),
        ("strategy", "learning_rate_decay"),
        ("strategy", "head_epochs"),
        ("strategy", "head_learning_rate"),
        ("strategy", "batch_norm"),
        ("schedule", "name"),
    ):
        change = {name: None} if part is None else {part: getattr(asked, part).model_dump() | {name: None}}
        shorter = asked.replace(**change)
        if resolve(shorter) == config:
            asked = shorter
    return asked


def augmented(evaluation: TransformSpec, name: str | None) -> TransformSpec:
    """A training transform by name, for images of the size that `evaluation` crops to.

    It interpolates as `evaluation` does: bicubic for weights that are evaluated so.
    """
    if name is None:
        return evaluation
    sizes = [operation.size for operation in evaluation.operations if isinstance(operation, CenterCrop)]
    size = sizes[-1] if sizes and isinstance(sizes[-1], int) else 224
    resizes = [operation for operation in evaluation.operations if isinstance(operation, Resize)]
    operations = AUGMENTATIONS[name](size, resizes[0].interpolation if resizes else "bilinear")
    return evaluation.model_copy(update={"operations": operations})


def _absolute(source: str) -> str:
    """An existing path becomes absolute; a name does not change."""
    path = given_path(source)
    return str(path.resolve()) if os.path.exists(path) else source
