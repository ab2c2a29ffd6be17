"""Unpack an uploaded zip: only images and tables, nothing outside of the target folder, within limits.

The archive is treated as hostile: all names, sizes and flags are checked before the first byte is written.
`entries` decides which entries are unpacked, `upload` what the files mean.
"""

import os
import shutil
import struct
import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tlcore.data.dataset import Skipped
from tlcore.data.formats.names import shown
from tlcore.data.intake.entries import Entries, Member, judge_entries
from tlcore.data.pixels.formats import HEAD_BYTES, image_format
from tlcore.errors import DatasetInvalid
from tlcore.system.allowance import Wish, room_for
from tlcore.words import size


@dataclass(frozen=True)
class Limits:
    files: int = 100_000
    folders: int = 20_000
    total_bytes: int = 10 << 30
    """Largest unpacked size of all files together."""
    file_bytes: int = 256 << 20
    """Largest unpacked size of one file."""
    expansion: float = 200.0
    """Largest compression ratio. Photographs have about 1, drawings as BMP up to 100."""
    directory_bytes: int = 64 << 20
    """Largest table of contents, which is held in memory."""
    free_bytes: int = 500 << 20
    """Disk space that must remain free."""


LIMITS = Limits()

_SMALL_BYTES = 100 << 20  # up to this unpacked size, any compression ratio is harmless
_CHUNK_BYTES = 1 << 20
_ENTRY, _ENTRY_BYTES = b"PK\x01\x02", 46  # entry of the table of contents


class Unpacked(NamedTuple):
    """Progress of unpacking."""

    files: int
    total_files: int


class Unpacking(NamedTuple):
    """The result of unpacking an archive."""

    skipped: list[Skipped]
    notes: list[str]
    """Notes on names that were changed or guessed."""


class _Damaged(Exception):
    """One entry that cannot be unpacked, and why."""


def unpack(archive: BinaryIO, folder: Path, limits: Limits = LIMITS) -> Generator[Unpacked, None, Unpacking]:
    """Write the images and tables of a zip below `folder`. Yields after each file; returns what was skipped, and why.

    A file that is damaged, encrypted, a link, or has an impossible name is skipped. Raises DatasetInvalid if the whole
    archive is untrustworthy, too large, or has nothing usable; NotAllowed if there is no room for it in the space of a
    visitor. Files written until then stay: the folder belongs to the caller.
    """
    with _open(archive, limits) as opened:
        entries = _judged(opened, archive, limits)
        _check_room(entries.members, folder, limits)
        skipped, written = entries.skipped, 0
        with room_for(_wish(entries.members, _size(archive))):
            for number, member in enumerate(entries.members, start=1):
                try:
                    _write(opened, member, folder)
                    written += 1
                except _Damaged as reason:
                    skipped.append(Skipped(member.path, str(reason)))
                yield Unpacked(number, len(entries.members))
    if not written:
        first = next(skipped for skipped in skipped if skipped.id == entries.members[0].path)
        raise DatasetInvalid(
            f"There are no images in the archive that can be unpacked: {shown(first.id)} is {first.reason}."
        )
    return Unpacking(skipped, entries.notes)


def list_archive(archive: BinaryIO, limits: Limits = LIMITS) -> Entries:
    """What of a zip may be read, and what not, and why. Raises DatasetInvalid as `unpack` does; no file is read."""
    with _open(archive, limits) as opened:
        return _judged(opened, archive, limits)


def _judged(opened: zipfile.ZipFile, archive: BinaryIO, limits: Limits) -> Entries:
    entries = judge_entries(opened.infolist(), limits.files, limits.folders, limits.file_bytes)
    _check_sizes(entries.members, _size(archive), limits)
    return entries


def _open(archive: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    try:
        _check_directory(archive, limits)
        return zipfile.ZipFile(archive)
    except DatasetInvalid:
        raise
    except Exception as error:  # damaged files can make the parser raise any error
        raise DatasetInvalid(
            "This is not a zip file, or it is damaged. Pack the folder again as .zip (not .rar, .7z or .tar)."
        ) from error


def _check_directory(archive: BinaryIO, limits: Limits) -> None:
    """Raises DatasetInvalid for a table of contents that is too long. Parsing reads all of it, so its size comes first.

    Source: APPNOTE.TXT of PKWARE, 4.3.12, 4.3.14 and 4.3.16.
    """
    start = max(0, _size(archive) - (1 << 16) - 128)
    archive.seek(start)
    tail = archive.read()
    archive.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    length: int = struct.unpack_from("<L", tail, end + 12)[0]
    large = tail.rfind(b"PK\x06\x06", 0, end)  # ZIP64
    if large >= 0:
        length = max(length if length != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, large + 40)[0])
        end = large
    most = limits.files + limits.folders
    too_many = f"The archive lists too many files: more than {limits.files:,} are not unpacked. Divide it."
    if length > limits.directory_bytes:
        raise DatasetInvalid(too_many)
    if length > most * _ENTRY_BYTES:  # else there cannot be so many
        archive.seek(max(0, start + end - length))
        if archive.read(length).count(_ENTRY) > most:
            raise DatasetInvalid(too_many)
        archive.seek(0)


def _size(archive: BinaryIO) -> int:
    return archive.seek(0, os.SEEK_END)


def _check_sizes(members: Sequence[Member], archive_bytes: int, limits: Limits) -> None:
    total = sum(member.info.file_size for member in members)
    packed = sum(member.info.compress_size for member in members)
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


def _check_room(members: Sequence[Member], folder: Path, limits: Limits) -> None:
    total = sum(member.info.file_size for member in members)
    if total + limits.free_bytes > shutil.disk_usage(folder).free:
        raise DatasetInvalid(f"There is not enough space on the disk for {size(total)}. Make some, and try again.")


def _wish(members: Sequence[Member], archive_bytes: int) -> Wish:
    return Wish(
        size_bytes=sum(member.info.file_size for member in members),
        images=len(members),
        files=1,
        largest_bytes=archive_bytes,
    )


def _write(opened: zipfile.ZipFile, member: Member, folder: Path) -> None:
    """Write one file. Raises _Damaged, or OSError if the disk fails. An incomplete file is deleted."""
    target = folder / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    complete = False
    try:
        with opened.open(member.info) as source, target.open("xb") as file:
            left = member.info.file_size
            first = source.read(_CHUNK_BYTES)
            if not member.known and image_format(first[:HEAD_BYTES]) is None:
                raise _Damaged("not an image, by its first bytes")
            chunk = first
            while chunk:
                left -= len(chunk)
                if left < 0:
                    raise _Damaged("damaged: larger than the archive says")
                file.write(chunk)
                chunk = source.read(_CHUNK_BYTES)
        complete = True
    except (_Damaged, OSError):
        raise
    except NotImplementedError:
        raise _Damaged("compressed in a way that is not read here: pack again with the usual one, deflate") from None
    except Exception as error:  # decompressors raise their own errors on damaged data
        raise _Damaged("damaged: pack again, or upload again if it got cut off") from error
    finally:
        if not complete:
            target.unlink(missing_ok=True)
