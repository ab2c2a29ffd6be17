"""The settings of runs in words: all settings of one run, and the differences within a group of runs.

Fields of a `RunConfig` that are in no table here get words from their names, so a new field is never left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from tlcore.config import RunConfig
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.spec import RandomResizedCrop, TransformSpec
from tlcore.words import count, percent

STRATEGIES: Mapping[str, str] = {
    "feature_extraction": "feature extraction",
    "fine_tuning": "fine-tuning",
    "from_scratch": "from scratch",
}
"""The name of a strategy within a sentence."""
_BATCH_NORM = {"keep": "keeps its statistics", "update": "updates its statistics"}
_GROUPS = {"none": "single images", "similar": "what is nearly the same", "column": "a column of the table"}
_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}


@dataclass(frozen=True)
class Setting:
    path: str
    """Path of the field in a RunConfig, such as `optimizer.learning_rate`."""
    section: str
    label: str
    value: str
    short: str
    """Label and value, short enough for a legend: `lr 0.01`."""


def settings_of(config: RunConfig) -> list[Setting]:
    """Every setting that has an effect in this configuration, by section, in the order of the fields."""
    sections = list(dict.fromkeys(_SECTIONS.values()))
    found = [_setting(path, value, config) for path, value in _leaves(config) if _has_effect(path, config)]
    return sorted(found, key=lambda setting: sections.index(setting.section))


def differing_settings(configs: Sequence[RunConfig], without: Sequence[str] = ()) -> list[dict[str, str]]:
    """The `short` words of each configuration, by path, for the settings that differ between configurations.

    The most frequently changed settings come first. `without` leaves out fields or whole groups of fields.
    """
    tables = [{setting.path: setting.short for setting in settings_of(config)} for config in configs]
    paths = sorted(dict.fromkeys(path for table in tables for path in table), key=_importance)
    differing = [
        path
        for path in paths
        if not any(path == name or path.startswith(f"{name}.") for name in without)
        and len({table[path] for table in tables if path in table}) > 1
    ]
    return [{path: table[path] for path in differing if path in table} for table in tables]


def transform_words(spec: TransformSpec | None, evaluation: TransformSpec | None = None) -> str:
    """A transform in words: a preset's name, such as `standard`; `as in validation`; or the list of its steps."""
    if spec is None:
        return "automatic"
    if evaluation is not None and spec.operations == evaluation.operations:
        return "as in validation"
    crop = next((step for step in spec.operations if isinstance(step, RandomResizedCrop)), None)
    for name, build in AUGMENTATIONS.items():
        if crop is not None and build(crop.size, crop.interpolation) == spec.operations:
            return name
    return ", ".join(_step_words(step) for step in spec.operations) or "the image as it is"


def _evaluation_words(spec: TransformSpec | None) -> str:
    words = transform_words(spec)
    return f"{words}, JPEGs unpacked in full" if spec is not None and spec.decode == "full" else words


def _step_words(step: BaseModel) -> str:
    values = {name: getattr(step, name) for name, field in type(step).model_fields.items() if name != "op"}
    defaults = {name: field.default for name, field in type(step).model_fields.items()}
    told = [
        f"{name} {_plain(value)}"
        for name, value in values.items()
        if name == "size" or (value != defaults[name] and name != "interpolation")
    ]
    name = getattr(step, "op", type(step).__name__)
    return f"{name} ({', '.join(told)})" if told else str(name)


def _leaves(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel) and not isinstance(value, TransformSpec):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _setting(path: str, value: Any, config: RunConfig) -> Setting:
    words = _value(path, value, config)
    label = _LABELS.get(path) or path.rpartition(".")[2].replace("_", " ").capitalize()
    short = _SHORT.get(path, f"{label[0].lower()}{label[1:]} {{}}").format(words)
    section = _SECTIONS.get(path) or _SECTIONS.get(path.partition(".")[0], "Training")
    return Setting(path, section, label, words, short)


def _value(path: str, value: Any, config: RunConfig) -> str:
    if path in _WORDS:
        return _WORDS[path](value, config)
    if value is None:
        return _NONE.get(path, "automatic")
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items()) or "none"
    if isinstance(value, tuple | list):
        return " to ".join(_plain(item) for item in value) if len(value) == 2 else ", ".join(map(_plain, value))
    return str(value)


def _weights_words(weights: str | None, config: RunConfig) -> str:
    """For a file only its name, so that paths of this machine are not shown."""
    if weights is None:
        return "automatic"
    if match := re.fullmatch(r"imagenet(?::(\w+))?", weights):
        return f"ImageNet ({match[1]})" if match[1] else "ImageNet"
    named = {"none": "none (random)", "pretrained": "pretrained (timm)"}
    return named.get(weights) or path_name(weights)


def path_name(path: str) -> str:
    """The last part of a path of any system, or a name as it is: what may be told without a path of this machine."""
    return PurePath(path.replace("\\", "/")).name


def _has_effect(path: str, config: RunConfig) -> bool:
    condition = _WHEN.get(path)
    return condition is None or condition(config)


def _importance(path: str) -> tuple[int, str]:
    return (_FIRST.index(path) if path in _FIRST else len(_FIRST), path)


_FIRST = (
    "model.backbone",
    "strategy.name",
    "model.weights",
    "optimizer.learning_rate",
    "optimizer.name",
    "schedule.name",
    "train_transform",
    "optimizer.weight_decay",
    "epochs",
    "batch_size",
    "seed",
)
_SECTIONS = {
    "data": "Data",
    "model": "Backbone",
    "strategy": "Strategy",
    "train_transform": "Augmentation",
    "eval_transform": "Augmentation",
    "mix": "Augmentation",
    "cached_views": "Augmentation",
    "optimizer": "Optimiser",
    "schedule": "Schedule",
    "epochs": "Schedule",
    "early_stopping": "Schedule",
    "seed": "Training",
}
_LABELS = {
    "data.source": "Dataset",
    "data.images": "Folder of the images",
    "data.val_fraction": "Share set aside for val",
    "data.test_fraction": "Share set aside for test",
    "data.split_seed": "Seed of the splits",
    "data.groups": "Splits keep together",
    "data.edits": "Edits of the dataset",
    "model.backbone": "Backbone",
    "model.weights": "Weights",
    "strategy.name": "Strategy",
    "strategy.freeze_up_to": "Frozen up to",
    "strategy.learning_rates": "Learning rates of parts",
    "strategy.learning_rate_decay": "Factor per layer group",
    "strategy.head_epochs": "Epochs of the head alone",
    "strategy.head_learning_rate": "Learning rate of the head alone",
    "strategy.batch_norm": "BatchNorm",
    "strategy.unfreeze_every": "Epochs until the next group joins",
    "train_transform": "Training views",
    "eval_transform": "Validation view",
    "mix.name": "MixUp or CutMix",
    "mix.alpha": "Alpha of the mix",
    "cached_views": "Views kept of each image",
    "optimizer.name": "Optimiser",
    "optimizer.nesterov": "Nesterov",
    "schedule.name": "Schedule",
    "schedule.warmup_epochs": "Warm-up epochs",
    "schedule.step_epochs": "Epochs between two reductions",
    "schedule.gamma": "Each reduction multiplies by",
    "schedule.patience": "Epochs without a lower loss",
    "gradient_clip": "Clip the gradient at",
    "ema_decay": "EMA of the weights, decay",
    "early_stopping": "Early stopping, patience in epochs",
    "keep_optimizer_state": "Checkpoints that can be resumed from",
    "report_every": "Loss reported every … batches",
    "workers": "Processes that decode images",
}
_SHORT = {
    "data.groups": "groups: {}",
    "data.edits": "edits {}",
    "model.backbone": "{}",
    "model.weights": "weights {}",
    "strategy.name": "{}",
    "strategy.learning_rates": "rates {}",
    "strategy.learning_rate_decay": "× {} per group",
    "strategy.head_epochs": "head alone for {}",
    "strategy.head_learning_rate": "lr {} of the head alone",
    "strategy.batch_norm": "BatchNorm {}",
    "train_transform": "views: {}",
    "mix.name": "mix {}",
    "cached_views": "{} kept views",
    "optimizer.name": "{}",
    "optimizer.learning_rate": "lr {}",
    "schedule.name": "{}",
    "schedule.warmup_epochs": "warm-up {}",
    "epochs": "{} epochs",
    "batch_size": "batch {}",
    "ema_decay": "EMA {}",
    "early_stopping": "early stopping {}",
}
_NONE = {
    "data.images": "beside the table",
    "data.edits": "all there are",
    "strategy.freeze_up_to": "nothing",
    "strategy.unfreeze_every": "all join from the start",
    "gradient_clip": "off",
    "ema_decay": "off",
    "early_stopping": "off",
    "report_every": "off",
}
_WORDS: Mapping[str, Callable[[Any, RunConfig], str]] = {
    "data.source": lambda value, config: path_name(value),
    "data.images": lambda value, config: _NONE["data.images"] if value is None else path_name(value),
    "data.val_fraction": lambda value, config: percent(value, 0),
    "data.test_fraction": lambda value, config: percent(value, 0),
    "data.edits": lambda value, config: _NONE["data.edits"] if value is None else count(value) if value else "none",
    "data.groups": lambda value, config: _GROUPS.get(value, value.replace("column:", "column ")),
    "model.weights": _weights_words,
    "strategy.name": lambda value, config: STRATEGIES.get(value, str(value)),
    "train_transform": lambda value, config: transform_words(value, config.eval_transform),
    "eval_transform": lambda value, config: _evaluation_words(value),
    "cached_views": lambda value, config: count(value) if value else "fresh ones in every epoch",
    "optimizer.name": lambda value, config: _OPTIMIZERS.get(value, str(value)),
    "strategy.head_epochs": lambda value, config: "automatic" if value is None else count(value, "epoch"),
    "strategy.batch_norm": lambda value, config: _BATCH_NORM.get(value, "automatic"),
    "schedule.name": lambda value, config: "automatic" if value is None else str(value).replace("_", " "),
    "keep_optimizer_state": lambda value, config: str(value).replace("_", " "),
}
_WHEN: Mapping[str, Callable[[RunConfig], bool]] = {
    "data.images": lambda config: config.data.images is not None,
    "strategy.freeze_up_to": lambda config: config.strategy.name == "fine_tuning",
    "strategy.learning_rates": lambda config: bool(config.strategy.learning_rates),
    "strategy.learning_rate_decay": lambda config: config.strategy.name != "feature_extraction",
    "strategy.head_epochs": lambda config: config.strategy.name == "fine_tuning",
    "strategy.head_learning_rate": lambda config: bool(config.strategy.head_epochs),
    "strategy.batch_norm": lambda config: config.strategy.name != "feature_extraction",
    "strategy.unfreeze_every": lambda config: config.strategy.name == "fine_tuning",
    "mix.alpha": lambda config: config.mix.name != "none",
    "cached_views": lambda config: (
        config.strategy.name == "feature_extraction"
        and config.train_transform is not None
        and config.train_transform.is_random
    ),
    "optimizer.momentum": lambda config: config.optimizer.name in ("sgd", "rmsprop"),
    "optimizer.nesterov": lambda config: config.optimizer.name == "sgd",
    "schedule.step_epochs": lambda config: config.schedule.name == "step",
    "schedule.gamma": lambda config: config.schedule.name in ("step", "plateau"),
    "schedule.patience": lambda config: config.schedule.name == "plateau",
}
