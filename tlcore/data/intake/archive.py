"""Unpack a zip that somebody sent: only images and tables, nothing outside of the folder, within limits.

The archive is hostile until shown otherwise: all names, sizes and flags are judged before the first byte is written.
What the files mean is the business of `upload`.
"""

import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tlcore.data.dataset import Skipped
from tlcore.data.formats.names import shown
from tlcore.data.formats.tree import SYSTEM_NAMES
from tlcore.data.intake.names import safe_path
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid
from tlcore.words import size

TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Limits:
    files: int = 100_000
    total_bytes: int = 10 << 30
    """Of all files together, unpacked."""
    file_bytes: int = 256 << 20
    """Of one file, unpacked."""
    expansion: float = 200.0
    """Bytes that come out of one byte. Photographs give about 1, drawings as BMP up to 100."""
    directory_bytes: int = 64 << 20
    """Of the table of contents, which is held in memory."""
    free_bytes: int = 500 << 20
    """What must remain free on the disk."""


LIMITS = Limits()

_SMALL_BYTES = 100 << 20  # no expansion is a danger up to here
_CHUNK_BYTES = 1 << 20
_UNICODE_NAME, _ENCRYPTED = 0x800, 0x1  # flags of an entry


class Unpacked(NamedTuple):
    """How far it is."""

    files: int
    total_files: int


class _Member(NamedTuple):
    info: zipfile.ZipInfo
    path: str
    """Below the target folder, posix."""


def unpack(archive: BinaryIO, folder: Path, limits: Limits = LIMITS) -> Generator[Unpacked, None, list[Skipped]]:
    """Write the images and tables of a zip below `folder`. Yields after each file; returns what was left out, and why.

    Raises DatasetInvalid, with what is wrong and which file it is. What was written until then stays: the folder is
    the caller's.
    """
    with _open(archive, limits) as opened:
        members, skipped = _judge(opened.infolist(), limits)
        _check_sizes(members, _size(archive), folder, limits)
        for number, member in enumerate(members, start=1):
            _write(opened, member, folder)
            yield Unpacked(number, len(members))
    return skipped


def _open(archive: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    try:
        if _directory_bytes(archive) > limits.directory_bytes:
            raise DatasetInvalid(f"The archive lists too many files: more than {limits.files:,} are not unpacked.")
        return zipfile.ZipFile(archive)
    except DatasetInvalid:
        raise
    except Exception as error:  # on damaged files the parser raises whatever it stumbles over
        raise DatasetInvalid(
            "This is not a zip file, or it is damaged. Pack the folder again as .zip (not .rar, .7z or .tar)."
        ) from error


def _directory_bytes(archive: BinaryIO) -> int:
    """Size of the table of contents, as the archive claims. It is read whole, so it is looked at before.

    Source: APPNOTE.TXT of PKWARE, 4.3.14 and 4.3.16.
    """
    archive.seek(max(0, _size(archive) - (1 << 16) - 128))
    tail = archive.read()
    archive.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    size: int = struct.unpack_from("<L", tail, end + 12)[0]
    large = tail.rfind(b"PK\x06\x06", 0, end)  # ZIP64
    if large >= 0:
        size = max(size if size != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, large + 40)[0])
    return size


def _size(archive: BinaryIO) -> int:
    return archive.seek(0, os.SEEK_END)


def _judge(infos: Sequence[zipfile.ZipInfo], limits: Limits) -> tuple[list[_Member], list[Skipped]]:
    """What is to be unpacked, and what is left out. Raises DatasetInvalid for what no honest archive has."""
    members: list[_Member] = []
    skipped: list[Skipped] = []
    names: dict[str, str] = {}  # path without case -> path
    for info in infos:
        if info.filename.endswith("/"):
            continue
        path = safe_path(_name(info))
        _check_entry(info, path)
        if any(part.startswith(".") or part.lower() in SYSTEM_NAMES for part in path.split("/")):
            continue
        extension = os.path.splitext(path)[1].lower()
        if extension not in IMAGE_EXTENSIONS and extension not in TABLES:
            skipped.append(Skipped(path, "not an image or a table, by its ending"))
            continue
        _check_unique(path, names)
        members.append(_Member(info, path))
        if len(members) > limits.files:
            raise DatasetInvalid(f"The archive has more than {limits.files:,} files. Split it, or unpack it yourself.")
    if not members:
        raise DatasetInvalid(f"There are no images in the archive. {_ENDINGS}")
    return members, skipped


def _check_entry(info: zipfile.ZipInfo, path: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise DatasetInvalid("The archive is encrypted. Pack it again without a password.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise DatasetInvalid(f"{shown(path)} is a link or a device, and no file. Pack the files themselves.")


def _check_unique(path: str, names: dict[str, str]) -> None:
    """No file twice, and no two names, of folders neither, that a system without case would take for one."""
    if path.casefold() in names:
        raise DatasetInvalid(f"{shown(path)} is in the archive twice, or another name differs in case only. Keep one.")
    names[path.casefold()] = path
    folder = path.rpartition("/")[0]
    while folder:
        known = names.setdefault(f"{folder.casefold()}/", folder)
        if known != folder:
            raise DatasetInvalid(f"The folders {shown(known)} and {shown(folder)} differ in case only. Merge them.")
        if folder.casefold() in names:
            raise DatasetInvalid(f"{shown(folder)} is both a file and a folder in the archive. Rename one.")
        folder = folder.rpartition("/")[0]
    if f"{path.casefold()}/" in names:
        raise DatasetInvalid(f"{shown(path)} is both a file and a folder in the archive. Rename one.")


def _check_sizes(members: Sequence[_Member], archive_bytes: int, folder: Path, limits: Limits) -> None:
    total = 0
    packed = 0
    for info, path in members:
        if info.file_size > limits.file_bytes:
            raise DatasetInvalid(
                f"{shown(path)} is too large: {size(info.file_size)} unpacked, and one file may have "
                f"{size(limits.file_bytes)} at most."
            )
        total += info.file_size
        packed += info.compress_size
    if total > limits.total_bytes:
        raise DatasetInvalid(
            f"Unpacked, this would be {size(total)}, and at most {size(limits.total_bytes)} are allowed."
        )
    expands = total > _SMALL_BYTES and total > limits.expansion * max(archive_bytes, 1)
    if expands or packed > archive_bytes:
        raise DatasetInvalid(
            f"The archive claims to unpack from {size(archive_bytes)} to {size(total)}, as no images do. "
            "It is not unpacked."
        )
    if total + limits.free_bytes > shutil.disk_usage(folder).free:
        raise DatasetInvalid(f"There is not enough space on the disk for {size(total)}. Make some, and try again.")


def _write(opened: zipfile.ZipFile, member: _Member, folder: Path) -> None:
    target = folder / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with opened.open(member.info) as source, target.open("xb") as file:
            left = member.info.file_size
            while chunk := source.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise DatasetInvalid(f"{shown(member.path)} is larger than the archive says. It is not unpacked.")
                file.write(chunk)
    except (DatasetInvalid, OSError):
        raise
    except NotImplementedError:
        raise DatasetInvalid(
            f"{shown(member.path)} is compressed in a way that is not read here. "
            "Pack again with the usual one, deflate."
        ) from None
    except Exception as error:  # decompressors raise errors of their own on damaged data
        raise DatasetInvalid(
            f"The archive is damaged at {shown(member.path)}. Pack it again, or upload it again if it got cut off."
        ) from error


def _name(info: zipfile.ZipInfo) -> str:
    """The name, also from programs that write UTF-8 without saying so."""
    if info.flag_bits & _UNICODE_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


_ENDINGS = f"Their names end in {', '.join(sorted(IMAGE_EXTENSIONS))}."
