"""Every setting of a RunConfig, read from the model, and a configuration in which none has its default."""

from collections.abc import Iterator
from typing import Any

from tlcore.config import RunConfig
from tlcore.transforms.spec import CenterCrop, RandomResizedCrop, Resize, TransformSpec

Path = tuple[str, ...]
_NAMES: dict[Path, Any] = {
    ("data", "source"): "table.csv",
    ("data", "images"): "pictures",
    ("data", "groups"): "{group}_*.jpg",
    ("model", "backbone"): "small_cnn",
    ("model", "weights"): "none",
    ("strategy", "name"): "fine_tuning",
    ("strategy", "freeze_up_to"): "block1",
    ("strategy", "learning_rates"): {"block2": 1e-5, "features": 1e-4, "classifier": 2e-4, "head": 3e-3},
    ("strategy", "head_epochs"): 2,  # leaves epochs for the warm-up and the other layers
    ("optimizer", "name"): "sgd",
    ("schedule", "name"): "step",
    ("loss", "class_weights"): {"ant": 3.0},
    ("device",): "cpu",
    ("train_transform",): TransformSpec(operations=(RandomResizedCrop(size=40),), mean=(0.1, 0.2, 0.3)),
    ("eval_transform",): TransformSpec(operations=(Resize(size=44), CenterCrop(size=40)), std=(0.3, 0.2, 0.1)),
}
"""Settings that are names from a table, or no plain values."""


def leaves(
    schema: dict[str, Any], whole: dict[str, Any] | None = None, path: Path = ()
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """(path, JSON schema) of every setting."""
    whole = whole or schema
    for name, found in schema["properties"].items():
        here = (*path, name)
        if "$ref" in found:
            target = whole["$defs"][found["$ref"].rpartition("/")[2]]
            if "properties" in target and here not in _NAMES:
                yield from leaves(target, whole, here)
                continue
            found = target | found
        yield here, found


def other_value(path: Path, schema: dict[str, Any]) -> Any:
    """A valid value that is not the default."""
    if path in _NAMES:
        value = _NAMES[path]
        return value.model_dump(mode="json") if isinstance(value, TransformSpec) else value
    default = schema.get("default")
    for kind in schema.get("anyOf", [schema]):
        if "enum" in kind:
            return next(value for value in kind["enum"] if value != default)
        if kind.get("type") == "boolean":
            return not default
        if kind.get("type") in ("integer", "number"):
            low = kind.get("minimum", kind.get("exclusiveMinimum", 0))
            high = kind.get("maximum", kind.get("exclusiveMaximum", low + 12))
            return next(value for value in _between(low, high, kind["type"] == "integer") if value != default)
    raise NotImplementedError(f"No other value for {'.'.join(path)}: add one to tests/support/settings.py.")


def _between(low: float, high: float, whole: bool) -> list[float]:
    return [int(low) + 5, int(low) + 6] if whole else [low + (high - low) * share for share in (0.25, 0.375)]


def all_changed() -> RunConfig:
    """A configuration in which no setting has its default."""
    settings = RunConfig().model_dump(mode="json")
    for path, schema in leaves(RunConfig.model_json_schema()):
        place = settings
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = other_value(path, schema)
    return RunConfig.model_validate(settings)
