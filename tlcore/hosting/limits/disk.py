"""The share of the disk that the home of a host may take, with the spaces of all visitors; and what makes room in it.

It is never passed: from `FULL` of it on, caches are deleted, the least recently used first, and if that is not enough
nothing large is accepted. The rest is for what has begun by then, and for small files such as the state of a run.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tlcore.data.formats.demo import demo_folder
from tlcore.errors import RecordError
from tlcore.hosting.limits.measure import Contents, disk_bytes, measure
from tlcore.hosting.limits.usage import usage_dir
from tlcore.hosting.spaces.visitors import list_spaces
from tlcore.runs.work.probes import Probe
from tlcore.system.cache import drop_entry
from tlcore.system.files import write_json
from tlcore.system.home import host_dir
from tlcore.system.records import read_record

FULL = 0.95
"""The part of the share from which on nothing large is accepted."""
NEARLY_FULL = 0.85
"""The part from which on the size is measured again for each question."""
_MEASURED_S = 90.0  # the housekeeping measures once a minute
_AGAIN_S = 5.0


class _Total(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    size: int = Field(ge=0)
    measured: float


class Cached(NamedTuple):
    """An entry of a cache."""

    used: float
    """Time of the last use, in seconds since 1970."""
    size: int
    path: Path


def measure_all() -> dict[Path, Contents]:
    """What each home holds, that of the host and those of visitors. 40 spaces of 1,000 files take 0.2 s of a core."""
    host = host_dir()
    found = {home: measure(home) for home in (host, *(space.home for space in list_spaces()))}
    total = _Total(size=sum(contents.all_bytes for contents in found.values()), measured=time.time())
    with suppress(OSError):
        write_json(_record(), total.model_dump(), durable=False)
    return found


def used_bytes(limit: int, *, exactly: bool = False) -> tuple[int, float]:
    """Bytes of all homes, and when they were measured, in seconds since 1970: often enough for this limit, or now."""
    now = time.time()
    known = None if exactly else _read_record()
    if known is not None:
        fresh_s = _AGAIN_S if known.size > NEARLY_FULL * limit else _MEASURED_S
        if 0 <= now - known.measured < fresh_s:
            return known.size, known.measured
    return sum(contents.all_bytes for contents in measure_all().values()), now


def free_caches(homes: Iterable[Path], size: int) -> int:
    """Delete what was unused longest in these homes' caches until so many bytes are free. Returns how many."""
    freed = 0
    for entry in sorted(entry for home in homes for entry in _cached(home / "cache")):
        if freed >= size:
            break
        drop_entry(entry.path)
        freed += entry.size
    return freed


def _cached(cache: Path) -> list[Cached]:
    """The entries of a cache that can go: neither the drawn demo nor a probe that waits or runs."""
    found = []
    with suppress(OSError):
        for folder in cache.iterdir():
            if folder == demo_folder():
                continue
            entries = folder.iterdir() if folder.name == "probes" else (p for p in folder.rglob("*") if p.is_file())
            for path in entries:
                with suppress(OSError):
                    status = path.stat()
                    if path.is_dir():
                        if not Probe(path).is_live:
                            size = sum(disk_bytes(file.stat()) for file in path.rglob("*"))
                            found.append(Cached(status.st_mtime, size, path))
                    elif path.suffix != ".tmp":
                        found.append(Cached(status.st_mtime, disk_bytes(status), path))
    return found


def _read_record() -> _Total | None:
    with suppress(OSError, RecordError):
        return read_record(_record(), _Total, "the size of a home")
    return None


def _record() -> Path:
    return usage_dir() / "disk.json"
