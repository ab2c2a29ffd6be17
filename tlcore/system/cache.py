"""Things kept on disk because making them takes long: the one bounded cache, under `home.cache_dir()`.

It never fails its users. An entry that cannot be written is not kept, and one that cannot be read is dropped and made
anew. Two processes may use one folder: entries appear and go as a whole.
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

from tlcore.system.files import write_atomic
from tlcore.system.home import cache_dir

T = TypeVar("T")

_ABANDONED_S = 86_400  # a temporary file of that age belongs to a process that was killed


@dataclass(frozen=True)
class DiskCache:
    """Entries are files `KEY.ENDING` in a folder of this name; those unused for longest go first."""

    name: str
    ending: str
    max_entries: int | None = None
    """In each of the folders."""
    max_bytes: int | None = None
    """Likewise. The entry just written stays, whatever its size."""
    folders: int = 1
    """More than one where entries are many and small, so that finding the oldest stays quick."""

    def path(self, key: str) -> Path:
        """Where the entry lies, or would. `key`: hexadecimal digits, such as `digest_key` makes."""
        top = cache_dir() / self.name
        folder = top if self.folders == 1 else top / f"{int(key[:8], 16) % self.folders:02x}"
        return folder / f"{key}{self.ending}"

    def has(self, key: str) -> bool:
        return self.path(key).exists()

    def load(self, key: str, read: Callable[[Path], T]) -> T | None:
        """What `read` makes of the entry, which counts as used now; None where there is none, or it is damaged."""
        path = self.path(key)
        try:
            found = read(path)
        except (OSError, ImportError):  # absent, or not to be read by this process; the next one may
            return None
        except MemoryError:
            raise
        except Exception:  # readers of damaged files raise whatever they stumble over
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def save(self, key: str, write: Callable[[BinaryIO], object]) -> None:
        """Keep what `write` writes. Where that cannot be, as on a full disk, nothing is kept and nothing raised."""
        path = self.path(key)
        with suppress(OSError, RuntimeError, ImportError):  # torch.save raises RuntimeError on a full disk
            write_atomic(path, write, durable=False)
            drop_oldest(path.parent, self.max_entries, self.max_bytes, spare=lambda entry: entry == path)


def digest_key(*parts: str) -> str:
    """A key for these texts, which may hold any characters of a path: 32 hexadecimal digits."""
    return hashlib.blake2b(os.fsencode("\0".join(parts)), digest_size=16).hexdigest()


def drop_oldest(
    folder: Path,
    max_entries: int | None = None,
    max_bytes: int | None = None,
    spare: Callable[[Path], bool] = lambda entry: False,
) -> None:
    """Delete files and folders in `folder`, those unused for longest first, until the bounds hold.

    `spare` says what stays in any case. What cannot be listed or deleted stays, too.
    """
    entries: list[tuple[float, int, Path]] = []
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):  # another process dropped it meanwhile
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
    number = total_bytes = 0
    for used, size, path in sorted(entries, reverse=True):
        if path.suffix == ".tmp":
            if used < time.time() - _ABANDONED_S:
                _drop(path)
            continue
        number += 1
        total_bytes += size
        too_many = max_entries is not None and number > max_entries
        too_large = max_bytes is not None and total_bytes > max_bytes
        if (too_many or too_large) and not spare(path):
            _drop(path)


def _drop(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()
