"""Training transforms that users saved: `transforms/NAME.json` in the project's home."""

import os
import re
from pathlib import Path

from tlcore.errors import ConfigError, suggestion
from tlcore.system.files import write_json
from tlcore.system.home import space
from tlcore.system.records import read_record
from tlcore.transforms.spec import TransformSpec

_NAME = re.compile(r"\w[\w .+-]{0,58}\w|\w")  # a valid file name on every system, without path separators
_MAX_BYTES = 1 << 20


def save_transform(name: str, transform: TransformSpec, *, replace: bool = False) -> None:
    """Save a transform. Raises ConfigError for an invalid name, or for a taken one unless `replace`."""
    path = _path(name)
    if path.exists() and not replace and load_transform(name) != transform:
        raise ConfigError(f"There is another transform named {name!r}. Replace it, or choose another name.")
    write_json(path, transform.model_dump(mode="json"))


def load_transform(name: str) -> TransformSpec:
    """The transform with this name. Raises ConfigError if there is none or its file is damaged."""
    path = next(filter(os.path.isfile, _paths(name)), _path(name))
    try:
        return read_record(path, TransformSpec, "a saved transform", error=ConfigError, max_bytes=_MAX_BYTES)
    except FileNotFoundError:
        known = list_transforms()
        advice = suggestion(name, known) if known else "None is saved yet."
        raise ConfigError(f"No transform saved as {name!r}. {advice}") from None


def list_transforms() -> list[str]:
    """The names of all saved transforms, in alphabetical order, including those of `damaged_transforms`."""
    files = (path for home in space().homes for path in (home / "transforms").glob("*.json"))
    return sorted({path.stem for path in files if _NAME.fullmatch(path.stem)})


def damaged_transforms() -> dict[str, str]:
    """The saved transforms whose files cannot be read: name -> what is wrong."""
    problems = {}
    for name in list_transforms():
        try:
            load_transform(name)
        except ConfigError as error:
            problems[name] = str(error)
    return problems


def delete_transform(name: str) -> None:
    """Delete a saved transform. Does nothing if there is none with this name."""
    _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    """The file of a transform of one's own."""
    return _paths(name)[0]


def _paths(name: str) -> list[Path]:
    """Where a transform may be: first one's own, then that of the host."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be the name of a transform: use 1 to 60 letters, digits, blanks and - + . _, "
            "beginning and ending with a letter or a digit."
        )
    return [home / "transforms" / f"{name}.json" for home in space().homes]
