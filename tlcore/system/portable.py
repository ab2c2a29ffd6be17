"""Paths in records of a home that may be moved to another machine, such as the space of a visitor that was taken along.

Such a record names the home by `MARK`. Whoever reads it puts the folder in its place in which the home is now.
"""

import os
from pathlib import Path
from typing import Any

MARK = "$TLCORE_HOME"


def portable(data: Any, home: Path) -> Any:
    """Plain data with `MARK` in each text that is a path in this home."""
    return _mapped(data, lambda text: _replaced(text, str(home), MARK, os.sep, "/"))


def located(data: Any, home: Path) -> Any:
    """The same data with the path of this home in place of the mark."""
    return _mapped(data, lambda text: _replaced(text, MARK, str(home), "/", os.sep))


def _replaced(text: str, old: str, new: str, old_separator: str, new_separator: str) -> str:
    if text == old:
        return new
    if not text.startswith(old + old_separator):
        return text
    return new + text[len(old) :].replace(old_separator, new_separator)


def _mapped(data: Any, change: Any) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, list):
        return [_mapped(value, change) for value in data]
    if isinstance(data, dict):
        return {name: _mapped(value, change) for name, value in data.items()}
    return data
