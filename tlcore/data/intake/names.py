"""Turn uploaded names into names of files and folders that are valid on every system."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable

from tlcore.data.formats.names import is_harmless
from tlcore.data.formats.tree import PLACEHOLDERS, SYSTEM_NAMES

_MAX_NAME = 60
_MAX_PART_LETTERS, _MAX_PART_BYTES = 120, 240  # longest name of a folder or file; file systems allow 255 bytes
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)  # reserved names on Windows
_NOT_ON_WINDOWS = str.maketrans(dict.fromkeys('<>:"|?*/', "_"))
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and bytes that are no text


def safe_name(text: str, default: str = "dataset") -> str:
    """A valid name that looks like `text`, for any text."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    name = "".join(letter if letter.isalnum() or letter in " ._-+()" else "_" for letter in words)
    name = name.strip(" ._")[:_MAX_NAME].rstrip(" .")
    if not name:
        return default
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def path_parts(name: str) -> list[str] | str:
    """The folders and the file in a path from an archive, with their original names; or why the path is invalid.

    A leading slash or drive letter is dropped, as other unpacking programs do.
    """
    path = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/"))
    if not is_harmless(path):
        return "the name holds control characters"
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if any(set(part) <= {".", " "} for part in parts):
        return "the name leads out of the archive"
    return parts or "it has no name"


def safe_part(name: str) -> str:
    """A folder's or file's name, changed if necessary so that it is valid on every system."""
    tidy = _NO_TEXT.sub("_", unicodedata.normalize("NFC", name)).translate(_NOT_ON_WINDOWS).rstrip(". ") or "_"
    if _RESERVED.fullmatch(tidy):
        tidy = f"_{tidy}"
    if len(tidy) <= _MAX_PART_LETTERS and len(tidy.encode()) <= _MAX_PART_BYTES:
        return tidy
    stem, ending = os.path.splitext(tidy)
    ending = ending if len(ending.encode()) <= 20 else ""
    stem = stem[: _MAX_PART_LETTERS - len(ending)]
    while len((stem + ending).encode()) > _MAX_PART_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". ") + ending


def visible_part(name: str, default: str) -> str:
    """A valid folder or file name, as close as possible, that no listing of a folder leaves out.

    A leading dot is changed, because it would hide the file; and so are names that systems give to their own files.
    """
    harmless = "".join(letter for letter in " ".join(name.split()) if is_harmless(letter))
    part = safe_part(harmless.strip(" ./\\") or default)
    return f"_{part}" if part.lower() in SYSTEM_NAMES | PLACEHOLDERS else part


def numbered(name: str, number: int) -> str:
    """The name with a number, for a name that is taken: `photo-2.jpg`."""
    stem, ending = os.path.splitext(name)
    return f"{stem}-{number}{ending}"


def folder_name(label: str) -> str:
    """A class name as the name of a folder."""
    return visible_part(label, "class")


def first_free(name: str, taken: set[str]) -> str:
    """The name, or the name with the first free number. It is then among the `taken` ones, which are case-folded."""
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = numbered(name, number)
    taken.add(free.casefold())
    return free


def distinct_names(labels: Iterable[str], write: Callable[[str], str]) -> dict[str, str]:
    """What `write` makes of each label, with numbers, so that all are different even where case does not count."""
    taken: set[str] = set()
    return {label: first_free(write(label), taken) for label in labels}
