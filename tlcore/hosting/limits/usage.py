"""What each visitor has used today. It is kept outside of the space, so that deleting the space gives nothing back.

A day begins at midnight, UTC.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.system.files import write_json
from tlcore.system.home import host_dir
from tlcore.system.records import read_record
from tlcore.words import seconds as in_words

_DAY_S = 86_400


class Usage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    day: int = 0
    """Days since 1970, UTC."""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """Seconds of computing."""
    epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs that were trained."""


def add_usage(home: Path, *, seconds: float = 0.0, epochs: int = 0) -> None:
    """Count work of the visitor with this home, when it ends or a part of it is done."""
    path = _path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        before = usage_today(home)
        after = Usage(day=before.day, seconds=before.seconds + max(seconds, 0.0), epochs=before.epochs + max(epochs, 0))
        write_json(path, after.model_dump(), durable=False)


def usage_today(home: Path) -> Usage:
    """What the visitor with this home has used since midnight."""
    today = int(time.time() // _DAY_S)
    with suppress(OSError, RecordError):  # nothing yet, or damaged
        found = read_record(_path(home), Usage, "what a visitor has used")
        if found.day == today:
            return found
    return Usage(day=today)


def free_again() -> str:
    """When a new day begins: `at 00:00 UTC, in 5 h 20 min`."""
    return f"at 00:00 UTC, in {in_words(_DAY_S - time.time() % _DAY_S)}"


def forget_old_usage() -> None:
    """Delete what was used on other days."""
    today = int(time.time() // _DAY_S)
    for path in usage_dir().glob("[!.]*.json"):
        with suppress(OSError):
            if int(path.stat().st_mtime // _DAY_S) < today - 1:
                path.unlink()
                path.with_suffix(".lock").unlink(missing_ok=True)


def usage_dir() -> Path:
    return host_dir() / "usage"


def _path(home: Path) -> Path:
    return usage_dir() / f"{home.name}.json"
