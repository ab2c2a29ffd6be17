"""Which datasets there are to choose from: built-in ones, those under the data root, and paths that were added.

The data root is `datasets_dir()`, and each folder that the environment variable TLCORE_DATA names. Looks at names
only; whether a folder can be used turns out when it is opened.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from tlcore.data.catalog import is_named
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.data.formats.rows import TABLE_EXTENSIONS
from tlcore.data.formats.split_names import split_of
from tlcore.data.formats.torchvision_sets import NAMED_SETS, missing_files
from tlcore.data.intake.names import safe_name
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid, DatasetNotFound
from tlcore.system.files import write_json
from tlcore.system.home import datasets_dir, home_dir

_MAX_LISTED = 200
_LOOKED_AT = 2_000  # entries of a folder, before it is taken for something else


def list_sources() -> list[str]:
    """What can be given to `open_dataset`: names, then paths, each once."""
    named = [DEMO] + [entry.name for name, entry in NAMED_SETS.items() if not missing_files(name)]
    added = _added_paths()
    # the folder of an added table is no dataset of its own
    of_tables = {os.path.dirname(path) for path in added if os.path.isfile(path)}
    found = [str(path) for root in data_roots() for path in _datasets_in(root) if str(path) not in of_tables]
    return list(dict.fromkeys([*named, *found[:_MAX_LISTED], *added]))


def data_roots() -> list[Path]:
    """The folders whose folders are datasets; the first is ours to write in."""
    others = [part for part in os.environ.get("TLCORE_DATA", "").split(os.pathsep) if part]
    return [datasets_dir(), *(Path(part).expanduser().absolute() for part in others)]


def add_path(path: str) -> str:
    """Remember a folder or table on this machine; returns its source. Raises DatasetNotFound for nothing there."""
    full = Path(path.strip().strip("\"'")).expanduser()
    try:
        full = full.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DatasetNotFound(f"There is nothing at {path[:300]!r} on the machine that runs the dashboard.") from None
    if not full.is_dir() and full.suffix.lower() not in TABLE_EXTENSIONS:
        raise DatasetInvalid(f"{full} is neither a folder nor a table ({', '.join(TABLE_EXTENSIONS)}).")
    source = str(full)
    write_json(_record(), {"paths": list(dict.fromkeys([*_added_paths(), source]))})
    return source


def forget_path(source: str) -> None:
    """Take a path off the list again. Its images stay where they are."""
    write_json(_record(), {"paths": [path for path in _added_paths() if path != source]})


def free_name(text: str) -> str:
    """A safe name that no dataset in `datasets_dir()` has yet, and no built-in one: `flowers`, or `flowers-2`."""
    name = safe_name(text)
    taken = {entry.name.lower() for entry in datasets_dir().iterdir()} if datasets_dir().is_dir() else set()
    number, candidate = 1, name
    while candidate.lower() in taken or is_named(candidate):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _datasets_in(root: Path) -> Iterator[Path]:
    """The datasets right below a data root, sorted; or the root, where it is one itself."""
    folders = _folders(root)
    if any(split_of(folder.name) for folder in folders):
        yield root
        return
    torchvisions = {entry.folder.partition("/")[0] for entry in NAMED_SETS.values()}
    for folder in folders:
        if folder.name in torchvisions:
            continue
        if any(_has_images(inner) or any(map(_has_images, _folders(inner)[:5])) for inner in _folders(folder)):
            yield folder
        else:
            yield from (path for path in _files(folder) if path.suffix.lower() in TABLE_EXTENSIONS[:2])


def _folders(path: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(path) if _is_dir(entry))


def _files(path: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(path) if not _is_dir(entry))


def _has_images(path: Path) -> bool:
    return any(os.path.splitext(entry.name)[1].lower() in IMAGE_EXTENSIONS for entry in _entries(path))


def _entries(path: Path) -> list[os.DirEntry[str]]:
    """The visible entries, or the first of very many. None where the folder cannot be listed."""
    entries: list[os.DirEntry[str]] = []
    try:
        with os.scandir(path) as listing:
            for entry in listing:
                if len(entries) == _LOOKED_AT:
                    break
                if not entry.name.startswith(".") and entry.name.isprintable():
                    entries.append(entry)
    except OSError:
        return []
    return entries


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _record() -> Path:
    return home_dir() / "datasets.json"


def _added_paths() -> list[str]:
    """The remembered paths that are still there."""
    try:
        paths = json.loads(_record().read_text(encoding="utf-8"))["paths"]
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or a damaged record
        return []
    return [path for path in paths if isinstance(path, str) and os.path.exists(path)] if isinstance(paths, list) else []
