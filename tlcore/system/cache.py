"""The one bounded disk cache for results that take long to compute, under `home.cache_dir()`.

It never raises errors for its users. An entry that cannot be written is not kept; one that cannot be read is dropped
and computed again. Several processes may use one folder: entries appear and disappear as a whole.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from tlcore.errors import NotAllowed
from tlcore.system.files import write_atomic
from tlcore.system.home import is_mine, space

T = TypeVar("T")

_ABANDONED_S = 86_400  # a temporary file this old belongs to a killed process


@dataclass(frozen=True)
class DiskCache:
    """Entries are files `KEY.ENDING` in a folder with this name. The least recently used ones are deleted first."""

    name: str
    ending: str
    max_entries: int | None = None
    """Most entries in each of the folders."""
    max_bytes: int | None = None
    """Most bytes in each of the folders. The entry just written stays, whatever its size."""
    folders: int = 1
    """Number of subfolders: more than one if entries are many and small, so that finding the oldest stays fast."""

    def path(self, key: str) -> Path:
        """The path of an entry, which need not exist. `key`: hexadecimal digits, for example from `digest_key`."""
        return self._paths(key)[0]

    def found(self, key: str) -> Path:
        """Where the entry is: in one's own cache, or in that of the host. The own path if it is in none."""
        return next(filter(os.path.exists, self._paths(key)), self.path(key))

    def has(self, key: str) -> bool:
        return self.found(key).exists()

    def entries(self, prefix: str) -> list[Path]:
        """The entries whose key begins with this text, sorted. For a cache without subfolders."""
        with suppress(OSError):
            folders = (home / "cache" / self.name for home in space().homes)
            return sorted(path for folder in folders for path in folder.glob(f"{prefix}*{self.ending}"))
        return []

    def drop(self, key: str) -> None:
        """Delete an entry, if it is there and can be deleted."""
        with suppress(OSError):
            self.path(key).unlink()

    def load(self, key: str, read: Callable[[Path], T]) -> T | None:
        """The result of `read` on the entry, which then counts as just used; None if there is none or it is damaged."""
        return next((found for path in self._paths(key) if (found := self._load(path, read)) is not None), None)

    def _load(self, path: Path, read: Callable[[Path], T]) -> T | None:
        try:
            found = read(path)
        except (OSError, ImportError):  # absent, or not readable by this process; another one may read it
            return None
        except MemoryError:
            raise
        except Exception:  # damaged files can raise any error
            if is_mine(path):
                drop_entry(path)
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def save(self, key: str, write: Callable[[BinaryIO], object]) -> None:
        """Store what `write` writes. If that fails, as on a full disk, nothing is stored and nothing is raised."""
        path = self.path(key)
        # torch.save raises RuntimeError on a full disk, and the space of a visitor can be full
        with suppress(OSError, RuntimeError, ImportError, NotAllowed):
            write_atomic(path, write, durable=False)
            drop_oldest(path.parent, self.max_entries, self.max_bytes, spare=lambda entry: entry == path)

    def _paths(self, key: str) -> list[Path]:
        """Where an entry may be: first in one's own cache, then in that of the host."""
        inner = "." if self.folders == 1 else f"{int(key[:8], 16) % self.folders:02x}"
        return [home / "cache" / self.name / inner / f"{key}{self.ending}" for home in space().homes]


def digest_key(*parts: str) -> str:
    """A key of 32 hexadecimal digits for these texts, which may contain any characters of a path."""
    return hashlib.blake2b(os.fsencode("\0".join(parts)), digest_size=16).hexdigest()


def drop_oldest(
    folder: Path,
    max_entries: int | None = None,
    max_bytes: int | None = None,
    spare: Callable[[Path], bool] = lambda entry: False,
) -> None:
    """Delete files and folders in `folder`, the least recently used first, until the limits are met.

    Entries in `spare` always stay. So does what cannot be listed or deleted.
    """
    entries: list[tuple[float, int, Path]] = []
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):  # another process has deleted it
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
    number = total_bytes = 0
    for used, size, path in sorted(entries, reverse=True):
        if path.suffix == ".tmp":
            if used < time.time() - _ABANDONED_S:
                drop_entry(path)
            continue
        number += 1
        total_bytes += size
        too_many = max_entries is not None and number > max_entries
        too_large = max_bytes is not None and total_bytes > max_bytes
        if (too_many or too_large) and not spare(path):
            drop_entry(path)


def drop_entry(entry: Path) -> None:
    """Delete a file or a folder; what cannot be deleted stays."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()
