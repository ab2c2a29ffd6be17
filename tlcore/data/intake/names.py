"""Names from outside as names of files and folders that every system takes."""

import re
import unicodedata

from tlcore.data.formats.names import shown
from tlcore.errors import DatasetInvalid

MAX_DEPTH = 10
"""Folders inside each other."""
MAX_LENGTH = 240
"""Letters of a path."""

_MAX_NAME = 60
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)  # names, on Windows
_NOT_ON_WINDOWS = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


def safe_name(text: str, default: str = "dataset") -> str:
    """One name that looks like `text`, whatever that is."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    name = "".join(letter if letter.isalnum() or letter in " ._-+()" else "_" for letter in words)
    name = name.strip(" ._")[:_MAX_NAME].rstrip(" .")
    if not name:
        return default
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def safe_path(name: str) -> str:
    """A path from an archive as a posix path that stays below a folder.

    Raises DatasetInvalid for one that leads elsewhere or cannot exist everywhere.
    """
    path = unicodedata.normalize("NFC", name).replace("\\", "/")
    if not path.isprintable() or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise DatasetInvalid(f"{shown(name)} is no path inside an archive. Pack again, from the folder itself.")
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        tidy = part.translate(_NOT_ON_WINDOWS).rstrip(". ")
        if not tidy:
            raise DatasetInvalid(f"{shown(name)} leads out of the archive. Pack again, from the folder itself.")
        if _RESERVED.fullmatch(tidy):
            raise DatasetInvalid(f"{shown(name)} has a name that Windows reserves. Rename it, and pack again.")
        parts.append(tidy)
    result = "/".join(parts)
    if len(parts) > MAX_DEPTH or len(result) > MAX_LENGTH or any(len(part.encode()) > 255 for part in parts):
        raise DatasetInvalid(
            f"{shown(name)} is too long or too deep: at most {MAX_LENGTH} letters and {MAX_DEPTH} folders are taken. "
            "Shorten the names, and pack again."
        )
    if not parts:
        raise DatasetInvalid(f"{shown(name)} is no file name. Pack again.")
    return result
