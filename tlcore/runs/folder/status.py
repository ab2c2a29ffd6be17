"""Where a run stands: `status.json`, written by the process that trains it, read by anybody."""

import os
import time
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from tlcore.system.files import write_atomic

State = Literal["queued", "running", "stopping", "stopped", "finished", "failed", "interrupted"]
FILE = "status.json"
UNDER_WAY: tuple[State, ...] = ("queued", "running", "stopping")


class Status(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    state: State
    """`interrupted` is what `running` means once the process is gone."""
    pid: int = 0
    """The process that the run is in the hands of: the starter's, then the worker's."""
    process_started: float = 0.0
    """Seconds since 1970, as the system has it: tells the process from a later one with its number."""
    heartbeat: float = 0.0
    """Seconds since 1970 of the last sign of life."""
    submitted: float = 0.0
    """Seconds since 1970 at which it was handed to a worker; the queue goes by it. 0: it was not."""
    phase: str = ""
    """As in `words.PHASES`. After the training it is `predict` while the saved epochs are evaluated, or empty."""
    epoch: int = 0
    epochs: int = 0
    """Epochs that are planned. 0: not known yet."""
    done: int = 0
    total: int = 0
    """`done` of `total` images of the phase."""
    images_per_s: float = 0.0
    error: str | None = None
    """Why the training failed."""
    note: str | None = None
    """What else went wrong, and leaves the training as it is: the evaluation after it."""

    @property
    def is_live(self) -> bool:
        """Whether a process has it in hand: it waits, trains, or evaluates."""
        if self.state == "queued":
            return self.submitted > 0
        return self.state in UNDER_WAY or self.phase != ""


def write_status(folder: Path, state: State, **fields: object) -> None:
    """Replace the status by one of this process, with a fresh heartbeat."""
    status = Status.model_validate(
        {
            "state": state,
            "pid": os.getpid(),
            "process_started": start_time(os.getpid()) or 0.0,
            "heartbeat": time.time(),
            **fields,
        }
    )
    text = status.model_dump_json(indent=2) + "\n"
    write_atomic(folder / FILE, lambda file: file.write(text.encode()), durable=False)


def read_status(folder: Path) -> Status:
    """The status as it is now: a run whose process is gone is `interrupted`, neither running nor waiting."""
    try:
        status = Status.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return Status(state="interrupted")
    if not status.is_live or is_alive(status.pid, status.process_started):
        return status
    state = "interrupted" if status.state in UNDER_WAY else status.state
    return status.model_copy(update={"state": state, "phase": ""})


def is_alive(pid: int, process_started: float) -> bool:
    """Whether that very process still runs; a zombie does not."""
    started = start_time(pid)
    return started is not None and abs(started - process_started) < 1.0


def start_time(pid: int) -> float | None:
    """Seconds since 1970; None where no such process runs."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return None
