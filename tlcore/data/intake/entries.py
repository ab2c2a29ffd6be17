"""Decide which entries of a zip are unpacked, to which paths, and what is skipped, and why. No reading or writing here.

A suspicious entry is skipped and listed. Names that are invalid on some system are changed, with a note. An archive
with content that no image archive has is rejected as a whole.
"""

import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tlcore.data.dataset import Skipped
from tlcore.data.formats.names import shown
from tlcore.data.formats.tables import is_table_name
from tlcore.data.formats.tree import OTHER_EXTENSIONS, SYSTEM_NAMES
from tlcore.data.intake.encodings import find_encoding
from tlcore.data.intake.names import numbered, path_parts, safe_part
from tlcore.data.pixels.formats import FORMATS, IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid
from tlcore.words import count, size

MAX_DEPTH = 20
"""Most nested folders."""
MAX_LENGTH = 240
"""Longest path, in characters."""
NO_IMAGE = "not an image or a table, by its ending"

_UNICODE_NAME, _ENCRYPTED = 0x800, 0x1  # flag bits of an entry
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_SHOWN = 3  # most new names in a message


class Member(NamedTuple):
    info: zipfile.ZipInfo
    path: str
    """Posix path below the target folder."""
    known: bool
    """Whether its ending says that it is an image or a table; if not, its first bytes must."""


@dataclass
class Entries:
    members: list[Member] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences on names that were changed or guessed."""


def judge_entries(infos: Sequence[zipfile.ZipInfo], max_files: int, max_folders: int, max_file_bytes: int) -> Entries:
    """What to unpack. Raises DatasetInvalid if that is too much or nothing, and for an encrypted archive."""
    names, encoding = _names(infos)
    entries = Entries()
    if encoding:
        entries.notes.append(
            f"Names in the archive are not marked as UTF-8, and were read as {encoding}. If they look wrong, pack "
            "again with a program that writes UTF-8, such as 7-Zip."
        )
    places = _Places(max_folders)
    for info, name in zip(infos, names, strict=True):
        if name.endswith(("/", "\\")):
            continue
        base = name.replace("\\", "/").rpartition("/")[2]
        if _is_litter(name):
            continue
        ending = os.path.splitext(base)[1].lower()
        reason = _reason(info, base, ending, max_file_bytes)
        parts = path_parts(name)
        if reason is None and isinstance(parts, list):
            path = places.place(parts)
            if path is not None:
                entries.members.append(Member(info, path, ending in IMAGE_EXTENSIONS or is_table_name(base)))
            else:
                reason = places.problem
        elif reason is None:
            reason = str(parts)
        if reason is not None:
            entries.skipped.append(Skipped(_listed_name(name), reason))
        if len(entries.members) > max_files:
            raise DatasetInvalid(f"The archive has more than {max_files:,} files. Divide it, or unpack it yourself.")
    entries.notes += places.notes()
    _check_something(entries)
    return entries


def _names(infos: Sequence[zipfile.ZipInfo]) -> tuple[list[str], str]:
    """The name of each entry, and the guessed encoding in words; empty if none was guessed."""
    raw = [None if info.flag_bits & _UNICODE_NAME else _bytes(info.filename) for info in infos]
    encoding, words = find_encoding(name for name in raw if name is not None)
    names = [
        info.filename if name is None else name.decode(encoding, errors="replace")
        for info, name in zip(infos, raw, strict=True)
    ]
    return names, words


def _bytes(name: str) -> bytes | None:
    """The bytes of the name in the archive: zipfile decodes unmarked names as code page 437."""
    try:
        return name.encode("cp437")
    except UnicodeEncodeError:
        return None


def _is_litter(name: str) -> bool:
    """Whether this is a file that operating systems add to archives."""
    parts = name.replace("\\", "/").split("/")
    return any((part.startswith(".") and set(part) != {"."}) or part.lower() in SYSTEM_NAMES for part in parts)


def _reason(info: zipfile.ZipInfo, name: str, ending: str, max_bytes: int) -> str | None:
    """Why an entry is skipped, for reasons other than its path."""
    if ending in _ARCHIVES:
        return "an archive inside the archive: unpack it, and pack what is in it"
    if ending in OTHER_EXTENSIONS and not is_table_name(name):
        return NO_IMAGE
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "a link or a device, and no file"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.file_size > max_bytes:
        return f"too large: {size(info.file_size)} unpacked, and at most {size(max_bytes)} are taken"
    return None


def _listed_name(name: str) -> str:
    """The path as shown in a list for people."""
    text = name if len(name) <= MAX_LENGTH else f"{name[:100]}…{name[-100:]}"
    return text if text.isprintable() else ascii(text)[1:-1]


def _check_something(entries: Entries) -> None:
    if any(not is_table_name(member.path) for member in entries.members):
        return
    if any(skipped.reason == "encrypted" for skipped in entries.skipped):
        raise DatasetInvalid("The archive is encrypted. Pack it again without a password.")
    inner = [skipped.id for skipped in entries.skipped if skipped.reason.startswith("an archive inside")]
    if inner:
        raise DatasetInvalid(
            f"There are no images in the archive, but it holds {shown(inner[0])}. Unpack that, and pack what is in it."
        )
    first = entries.skipped[0] if entries.skipped else None
    left = (
        f" Left out: {count(len(entries.skipped), 'file')}, like {shown(first.id)} ({first.reason})." if first else ""
    )
    raise DatasetInvalid(f"There are no images in the archive.{left} Images are files of {', '.join(FORMATS)}.")


class _Places:
    """Gives each entry a unique path, also on file systems that ignore case."""

    problem = ""
    """Why the last entry got no path."""

    def __init__(self, max_folders: int) -> None:
        self._max_folders = max_folders
        self._folders: dict[tuple[str, str], str] = {}  # safe parent and original name -> safe path
        self._taken: dict[str, str] = {}  # case-folded safe path -> original name; folders end with a slash
        self._spelling: dict[str, str] = {}  # for a folder: case-folded safe path -> its safe name
        self._renamed: dict[str, str] = {}
        self._merged: dict[str, str] = {}

    def place(self, parts: list[str]) -> str | None:
        if len(parts) > MAX_DEPTH:
            self.problem = f"more than {MAX_DEPTH} folders deep"
            return None
        folder = ""
        for part in parts[:-1]:
            folder = self._folder(folder, part)
        return self._file(folder, parts[-1])

    def notes(self) -> Iterable[str]:
        if self._renamed:
            first = ", ".join(f"{shown(old)} is {shown(new)}" for old, new in list(self._renamed.items())[:_SHOWN])
            names = "1 name that is" if len(self._renamed) == 1 else f"{len(self._renamed):,} names that are"
            yield f"Changed: {names} not possible everywhere or taken already. {first}."
        if self._merged:
            old, new = next(iter(self._merged.items()))
            yield f"Folders that differ in case only became one: {shown(old)} and {shown(new)}."

    def _folder(self, parent: str, name: str) -> str:
        known = self._folders.get((parent, name))
        if known is not None:
            return known
        if len(self._folders) >= self._max_folders:
            raise DatasetInvalid(f"The archive has more than {self._max_folders:,} folders, which no dataset needs.")
        tidy, number = safe_part(name), 1
        candidate = tidy
        while (taken := self._taken.get(f"{parent}{candidate}".casefold())) is not None:
            if taken.endswith("/") and taken[:-1].casefold() == name.casefold():
                candidate = self._spelling[f"{parent}{candidate}".casefold()]
                self._merged[name] = candidate
                break
            number += 1
            candidate = f"{tidy}-{number}"
        self._taken.setdefault(f"{parent}{candidate}".casefold(), f"{name}/")
        self._spelling.setdefault(f"{parent}{candidate}".casefold(), candidate)
        if candidate != name and name not in self._merged:
            self._note(name, candidate)
        path = f"{parent}{candidate}/"
        self._folders[parent, name] = path
        return path

    def _file(self, folder: str, name: str) -> str | None:
        tidy, number = safe_part(name), 1
        candidate = tidy
        while (taken := self._taken.get(f"{folder}{candidate}".casefold())) is not None:
            if taken == name:
                self.problem = "in the archive twice: the first is kept"
                return None
            number += 1
            candidate = numbered(tidy, number)
        path = f"{folder}{candidate}"
        if len(path) > MAX_LENGTH:
            self.problem = f"the path is longer than {MAX_LENGTH} letters"
            return None
        self._taken[path.casefold()] = name
        if candidate != name:
            self._note(name, candidate)
        return path

    def _note(self, name: str, candidate: str) -> None:
        if unicodedata.normalize("NFC", name) != candidate:
            self._renamed.setdefault(name, candidate)
