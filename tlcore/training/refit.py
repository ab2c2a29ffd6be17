"""Adapt the settings of a run to another backbone or other weights, and describe the changes in words."""

from typing import Any

from tlcore.config import RunConfig, is_weights_file, parse_config
from tlcore.errors import ConfigError, ModelError
from tlcore.models.architecture import PARTS, Architecture
from tlcore.models.file_transform import transform_for
from tlcore.models.zoo import find_architecture
from tlcore.training.views import training_transform, views_of
from tlcore.transforms.spec import TransformSpec


def refit(settings: dict[str, Any], backbone: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings of a run, as plain data, for another backbone; and the other changes, in sentences.

    Settings for parts of the old network that the new one lacks are removed; transforms get the size, mean and std of
    the new one. The settings may contradict each other, as they can while somebody edits them.
    Raises UnknownBackbone for a backbone that does not exist.
    """
    after = find_architecture(backbone)
    weights, notes = _weights_for(after, settings["model"]["weights"])
    strategy, more = _strategy_for(after, settings["strategy"])
    changes: dict[str, Any] = {"model": settings["model"] | {"backbone": backbone, "weights": weights}}
    changes["strategy"] = strategy
    changed = settings | changes
    views = refit_views(settings, changed)
    if views != {name: settings[name] for name in views}:
        more += ("The views got the image size, mean and std of this backbone.",)
    return changed | views, (*notes, *more)


def refit_views(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """`train_transform` and `eval_transform` of the settings `before`, for the backbone and the weights of `after`.

    Both are plain data of a run. A transform with a preset's name, such as `gentle`, is built again; other transforms
    get the size, mean and std of the new weights. If the weights do not exist, the transforms do not change.
    """
    views = {name: before[name] for name in ("train_transform", "eval_transform")}
    if before["model"] == after["model"]:
        return views
    try:
        evaluation, backbone = evaluation_view(before), before["model"]["backbone"]
        train = None if views["train_transform"] is None else TransformSpec.model_validate(views["train_transform"])
        choice = views_of(train, evaluation)
        config = parse_config(views | {"model": {"backbone": backbone}})
        fitted = fitted_views(config, after["model"]["backbone"], _weights_of(after))
        evaluation = evaluation_view(after | {"eval_transform": fitted["eval_transform"]})
        fitted["train_transform"] = training_transform(choice, evaluation, fitted["train_transform"])
    except (ModelError, ConfigError):
        return views
    return {name: spec and spec.model_dump(mode="json") for name, spec in fitted.items()}


def evaluation_view(settings: dict[str, Any]) -> TransformSpec:
    """The evaluation transform of settings, given as plain data of a run: their own, or that of the weights.

    Raises UnknownBackbone, WeightsError.
    """
    if settings["eval_transform"] is not None:
        return TransformSpec.model_validate(settings["eval_transform"])
    return transform_for(find_architecture(settings["model"]["backbone"]), _weights_of(settings))


def _weights_of(settings: dict[str, Any]) -> str | None:
    weights: str | None = settings["model"]["weights"]
    return None if settings["strategy"]["name"] == "from_scratch" else weights


def _weights_for(architecture: Architecture, weights: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The choice of weights if it is possible with this architecture. None: automatic."""
    if weights in (None, "none", *architecture.named_weights):
        return weights, ()
    was = " instead of the file" if not weights or is_weights_file(weights) else f" instead of {weights}"
    return None, (f"The weights are the usual ones of {architecture.name}{was}.",)


def _strategy_for(architecture: Architecture, strategy: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    notes = []
    frozen, rates = strategy["freeze_up_to"], strategy["learning_rates"]
    if frozen is not None and frozen not in architecture.group_names[:-1]:
        notes.append(f"{architecture.name} has no layer group {frozen} to freeze up to: nothing is frozen now.")
        frozen = None
    known = {*architecture.group_names, *PARTS}
    if gone := [name for name in rates if name not in known]:
        notes.append(f"{architecture.name} has no layer group {' or '.join(gone)}: learning rates of these are gone.")
        rates = {name: rate for name, rate in rates.items() if name in known}
    return strategy | {"freeze_up_to": frozen, "learning_rates": rates}, tuple(notes)


def fitted_views(config: RunConfig, backbone: str, weights: str | None) -> dict[str, TransformSpec | None]:
    """`train_transform` and `eval_transform` of a configuration, adapted to another backbone and its weights.

    Raises UnknownBackbone or WeightsError if one of them does not exist.
    """
    views = {"train_transform": config.train_transform, "eval_transform": config.eval_transform}
    before = config.model.backbone
    return {name: spec and _fitted(spec, before, backbone, weights) for name, spec in views.items()}


def _fitted(spec: TransformSpec, before: str, after: str, weights: str | None) -> TransformSpec:
    """The same operations at the size of another backbone, with the mean and std of its weights."""
    belongs = find_architecture(after).eval_transform(weights)
    factor = find_architecture(after).input_px / find_architecture(before).input_px
    operations = []
    for operation in spec.operations:
        size = getattr(operation, "size", None)
        if size is not None:
            scaled = tuple(_times(side, factor) for side in size) if isinstance(size, tuple) else _times(size, factor)
            operation = operation.model_copy(update={"size": scaled})
        operations.append(operation)
    return spec.model_copy(update={"operations": tuple(operations), "mean": belongs.mean, "std": belongs.std})


def _times(side_px: int, factor: float) -> int:
    return max(1, round(side_px * factor))
