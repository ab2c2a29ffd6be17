"""Bounds and default of a setting, read from RunConfig, and whether it is a whole number."""

import functools
from dataclasses import dataclass
from typing import Any

from tlcore.config import RunConfig
from ui.train.draft import Path, plain, value_at


@dataclass(frozen=True)
class Bounds:
    low: float | None
    high: float | None
    whole: bool
    default: Any


@functools.cache
def bounds_of(path: Path) -> Bounds:
    """The bounds of a setting that is a number.

    Exclusive bounds of fractions are returned unchanged: RunConfig itself refuses the bound as a value.
    """
    schema = _number(_schema_at(path))
    whole = schema["type"] == "integer"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and (above := schema.get("exclusiveMinimum")) is not None:
        low = above + whole
    if high is None and (below := schema.get("exclusiveMaximum")) is not None:
        high = below - whole
    return Bounds(low, high, whole, value_at(plain(RunConfig()), path))


def _schema_at(path: Path) -> dict[str, Any]:
    whole = RunConfig.model_json_schema()
    found: dict[str, Any] = whole
    for name in path:
        if "properties" in found:
            found = found["properties"][name]
        else:  # a dictionary whose keys the user chooses
            found = found.get("additionalProperties") or next(iter(found["patternProperties"].values()))
        if "$ref" in found:
            found = whole["$defs"][found["$ref"].rpartition("/")[2]]
    return found


def _number(schema: dict[str, Any]) -> dict[str, Any]:
    for choice in schema.get("anyOf", (schema,)):
        if choice.get("type") in ("integer", "number"):
            return dict(choice)
    raise TypeError(f"not a number: {schema}")
