"""Find the file that a table's cell means: the exact path, or one without ending or in other case if only one fits."""

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from tlcore.data.formats.tree import MAX_ENTRIES
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid


class Lookup(Protocol):
    def find(self, path: str) -> str | None:
        """The file that a posix path means, relative to the folder of the images; None if there is none."""
        ...


class FolderLookup:
    """Looks up files on disk. Lists only the folders in the paths, each once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listed: dict[str, _Listing | None] = {}
        self._similar: dict[str, dict[str, str]] = {}
        self._entries = 0

    def find(self, path: str) -> str | None:
        folder, _, name = path.rpartition("/")
        listing = self._listing(folder)
        if listing is None:
            return None
        if name in listing.files:
            return path
        if folder not in self._similar:
            self._similar[folder] = _by_similar_name(listing.files)
        similar = self._similar[folder].get(_key(name))
        return f"{folder}/{similar}" if similar and folder else similar or None

    def _listing(self, folder: str) -> "_Listing | None":
        """The content of a folder; None if it does not exist. A folder that its parent does not list is not read."""
        if folder not in self._listed:
            parent, _, name = folder.rpartition("/")
            above = self._listing(parent) if folder and parent != folder else None
            there = not folder or (above is not None and name in above.folders)
            self._listed[folder] = self._list(folder) if there else None
        return self._listed[folder]

    def _list(self, folder: str) -> "_Listing | None":
        files: set[str] = set()
        folders: set[str] = set()
        try:
            with os.scandir(os.path.join(self._root, folder)) as entries:
                for entry in entries:
                    (folders if entry.is_dir() else files).add(entry.name)
        except (OSError, ValueError):
            return None
        self._entries += len(files) + len(folders)
        if self._entries > MAX_ENTRIES:
            raise DatasetInvalid(
                f"More than {MAX_ENTRIES:,} files in the folders that the table names, in {self._root}."
            )
        return _Listing(frozenset(files), frozenset(folders))


class _Listing(NamedTuple):
    files: frozenset[str]
    folders: frozenset[str]


class TreeLookup:
    """Looks up image files in a finished listing. A bare name means the only file with this name, in any folder.

    The same holds for a path of another machine, and for any path if all files are in one folder.
    """

    def __init__(self, images: Iterable[str], base: str = "") -> None:
        self._exact = frozenset(images)
        self._similar = _by_similar_name(self._exact)
        self._by_name: dict[str, str] = {}
        for path in self._exact:
            _add(self._by_name, path.rpartition("/")[2], path)
        self._base = base
        self._flat = not any("/" in path for path in self._exact)

    def based(self, base: str) -> "TreeLookup":
        """The same files, with paths relative to one of their folders. The folder is empty or ends with a slash."""
        other = object.__new__(TreeLookup)
        other.__dict__.update(self.__dict__, _base=base)
        return other

    def find(self, path: str) -> str | None:
        here = self.find_at(path, self._base)
        if here or "/" not in path:
            return here or self._by_name.get(_key(path)) or None
        foreign = self._flat or path.startswith(("/", "../")) or path[1:2] == ":"
        parts = path.split("/")
        for start in range(1, len(parts) - (0 if foreign else 1)):
            tail = "/".join(parts[start:])
            found = self.find_at(tail, self._base) or self.find_at(tail, "")
            if found or (foreign and start == len(parts) - 1):
                return found or self._by_name.get(_key(tail)) or None
        return self.find_at(path, "")

    def find_at(self, path: str, base: str) -> str | None:
        """As `find`, for a path that is relative to `base` only."""
        whole = base + path
        return whole if whole in self._exact else self._similar.get(_key(whole)) or None


def _by_similar_name(paths: Iterable[str]) -> dict[str, str]:
    """Key of a path, with and without its ending -> the only path with that key, or empty if several have it."""
    found: dict[str, str] = {}
    for path in paths:
        _add(found, path, path)
    return found


def _add(found: dict[str, str], name: str, path: str) -> None:
    stem, ending = os.path.splitext(name)
    keys = {_key(name)}
    if ending.lower() in IMAGE_EXTENSIONS:
        keys.add(_key(stem))
    for key in keys:
        found[key] = "" if key in found and found[key] != path else path


def _key(path: str) -> str:
    return path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
