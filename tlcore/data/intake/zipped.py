"""Photographs in a zip, read where they are: nothing is unpacked. `archive` and `entries` say what may be read.

Images in a zip have the same digests as in files, so what is kept about a photograph holds for both.
"""

import json
import os
import threading
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tlcore.data.dataset import Skipped
from tlcore.data.formats.tables import is_table_name
from tlcore.data.formats.tree import PLACEHOLDERS
from tlcore.data.formats.unlabelled import Photographs, not_counted
from tlcore.data.intake.archive import LIMITS, Limits, list_archive
from tlcore.data.intake.entries import NO_IMAGE
from tlcore.data.intake.photographs import image_digest
from tlcore.data.pixels.digests import MISSING, RACY_NS
from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, image_format
from tlcore.data.pixels.sources import Encoded
from tlcore.errors import DatasetInvalid, DatasetNotFound, UnreadableImage
from tlcore.system.cache import DiskCache, digest_key
from tlcore.system.records import as_record, parse_json
from tlcore.system.threads import pool_of

IN_PLACE = replace(LIMITS, total_bytes=1 << 40)
"""The limits of an upload, but for the sum of all files: one is in memory at a time, and none on the disk."""
_THREADS = 4
_CACHE = DiskCache("zip-digests", ".json", max_entries=32)  # one entry per archive


@dataclass(frozen=True, eq=False)
class ZipSource(Encoded):
    """The images of a zip. An id is the path of an image in it, as it would be unpacked."""

    path: Path
    members: Mapping[str, zipfile.ZipInfo]
    _digests: dict[str, str] = field(default_factory=dict, repr=False)
    """Those computed so far: each costs reading the file."""

    def read(self, sample_id: str) -> bytes:
        """The bytes of one image; only the first ones if it does not begin like an image. Raises UnreadableImage."""
        info = self.members.get(sample_id)
        if info is None:
            raise UnreadableImage("no such image in the archive")
        try:
            with _OPENED.archive(self.path).open(info) as file:
                head = file.read(HEAD_BYTES)
                data = head if image_format(head) is None else head + file.read(info.file_size + 1)
        except NotImplementedError:
            raise UnreadableImage("compressed in a way that is not read here: pack again with deflate") from None
        except FileNotFoundError:
            raise UnreadableImage("the archive is gone") from None
        except Exception as error:  # decompressors raise their own errors on damaged data
            raise UnreadableImage("damaged in the archive: pack it again") from error
        if len(data) > info.file_size:
            raise UnreadableImage("damaged: larger than the archive says")
        return data

    def digests(self, sample_ids: Sequence[str]) -> list[str]:
        """Content digest per image, in hex; `digests.MISSING` for one that cannot be read."""
        if not self._digests:
            self._digests.update(_CACHE.load(self._key(), _load) or {})
        new = [name for name in dict.fromkeys(sample_ids) if name not in self._digests]
        if new:
            with pool_of(min(_THREADS, os.cpu_count() or 1)) as pool:
                self._digests.update(zip(new, pool.map(self._digest, new), strict=True))
            if time.time_ns() - _stamp(self.path)[2] > RACY_NS:
                _CACHE.save(self._key(), lambda file: file.write(json.dumps(self._digests).encode()))
        return [self._digests[name] for name in sample_ids]

    def stamps(self, sample_ids: Sequence[str]) -> list[str]:
        """Checksum and size of each image, as the archive says."""
        infos = [self.members.get(name) for name in sample_ids]
        return ["" if info is None else f"{info.file_size} {info.CRC}" for info in infos]

    def file(self, sample_id: str) -> None:
        """None: the images are in no files of their own."""
        return None

    @property
    def place(self) -> str:
        return f"archive {os.path.realpath(self.path)}"

    def _key(self) -> str:
        """Other for an archive that was written again."""
        return digest_key(os.path.realpath(self.path), repr(_stamp(self.path)))

    def _digest(self, name: str) -> str:
        try:
            return image_digest(self.read(name))
        except UnreadableImage:
            return MISSING


def _load(path: Path) -> dict[str, str]:
    return as_record(parse_json(path.read_bytes(), "digests", str(path)), dict[str, str], "digests", str(path))


def _stamp(path: Path) -> tuple[int, int, int, int]:
    """Size, mtime_ns, ctime_ns and inode; zeros if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0, 0
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def open_zip(path: Path, limits: Limits = IN_PLACE) -> Photographs:
    """The images in a zip, whatever its folders are called. None is decoded.

    Raises DatasetNotFound, or DatasetInvalid if the archive is not one, is untrustworthy, or has no image.
    """
    try:
        with path.open("rb") as file:
            return Photographs(path.stem, *_listed(file, path, limits))
    except OSError as error:
        raise DatasetNotFound(f"Cannot read {path}: {error.strerror}.") from None


def check_zip(file: BinaryIO, limits: Limits = LIMITS) -> int:
    """The number of images in an uploaded archive. Raises DatasetInvalid if `open_zip` would not open it."""
    return len(_listed(file, Path(), limits)[0])


def _listed(
    file: BinaryIO, path: Path, limits: Limits
) -> tuple[tuple[str, ...], ZipSource, tuple[str, ...], tuple[Skipped, ...]]:
    entries = list_archive(file, limits)
    members = {
        member.path: member.info
        for member in sorted(entries.members, key=lambda member: member.path)
        if not is_table_name(member.path) and PurePosixPath(member.path).name.lower() not in PLACEHOLDERS
    }
    if not members:
        raise DatasetInvalid(f"There are no images in the archive, with files of {', '.join(FORMATS)}.")
    others = [member.path for member in entries.members if member.path not in members]
    others += [left.id for left in entries.skipped if left.reason == NO_IMAGE]
    skipped = tuple(left for left in entries.skipped if left.reason != NO_IMAGE)
    return tuple(members), ZipSource(path, members), (*not_counted(others), *entries.notes), skipped


class _Opened(threading.local):
    """The archive that this thread of this process reads: opening one of 10,000 files takes 50 ms.

    A forked process must not use the file of its parent, because both would share its position.
    """

    def __init__(self) -> None:
        self._owner = (0, "")
        self._archive: zipfile.ZipFile | None = None

    def archive(self, path: Path) -> zipfile.ZipFile:
        owner = (os.getpid(), str(path))
        if self._archive is None or self._owner != owner:
            self._archive, self._owner = zipfile.ZipFile(path), owner
        return self._archive


_OPENED = _Opened()
