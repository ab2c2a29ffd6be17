"""Where a run stands: `status.json`, written by the process that trains it, read by anybody."""

import os
import time
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from tlcore.files import write_atomic

State = Literal["queued", "running", "stopping", "stopped", "finished", "failed", "interrupted"]
FILE = "status.json"


class Status(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    state: State
    """`interrupted` is never written: it is what `running` means once the process is gone."""
    pid: int = 0
    process_started: float = 0.0
    """Seconds since 1970, as the system has it: tells the process from a later one with its number."""
    heartbeat: float = 0.0
    """Seconds since 1970 of the last sign of life."""
    phase: str = ""
    epoch: int = 0
    done: int = 0
    total: int = 0
    """`done` of `total` images of the phase."""
    images_per_s: float = 0.0
    error: str | None = None


def write_status(folder: Path, state: State, **fields: object) -> None:
    """Replace the status by one of this process, with a fresh heartbeat."""
    status = Status.model_validate(
        {
            "state": state,
            "pid": os.getpid(),
            "process_started": _started(os.getpid()) or 0.0,
            "heartbeat": time.time(),
            **fields,
        }
    )
    text = status.model_dump_json(indent=2) + "\n"
    write_atomic(folder / FILE, lambda file: file.write(text.encode()), durable=False)


def read_status(folder: Path) -> Status:
    """The status as it is now: a run whose process is gone is `interrupted`, not running."""
    try:
        status = Status.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return Status(state="interrupted")
    if status.state in ("running", "stopping") and not is_alive(status.pid, status.process_started):
        return status.model_copy(update={"state": "interrupted"})
    return status


def is_alive(pid: int, process_started: float) -> bool:
    """Whether that very process still runs; a zombie does not."""
    started = _started(pid)
    return started is not None and abs(started - process_started) < 1.0


def _started(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return None
