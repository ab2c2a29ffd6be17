"""Where a run stands: `status.json`, written by the process that trains it, read by anybody."""

import errno
import logging
import os
import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError, RunNotFound
from tlcore.runs.folder.lock import is_held
from tlcore.runs.folder.writing import write_in
from tlcore.system.liveness import is_alive, place, start_time
from tlcore.system.records import read_record

Number = Annotated[int, Field(ge=0, lt=2**53)]
Moment = Annotated[float, Field(ge=0, lt=1e11)]
log = logging.getLogger(__name__)

State = Literal["queued", "running", "stopping", "stopped", "finished", "failed", "interrupted"]
FILE = "status.json"
UNDER_WAY: tuple[State, ...] = ("queued", "running", "stopping")
STARTING_S = 15.0
"""Time that a worker may take until it holds the run."""


class Status(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    state: State
    """`interrupted` is what `running` means once the process is gone."""
    pid: Number = 0
    """The process that has the run in hand: the starter's, then the worker's."""
    process_started: Moment = 0.0
    """Seconds since 1970, as the system has it: tells the process from a later one with its number."""
    place: str = ""
    """Where that number means this process, as `system.liveness.place` says it. Empty: here."""
    heartbeat: Moment = 0.0
    """Seconds since 1970 of the last sign of life."""
    submitted: Moment = 0.0
    """Seconds since 1970 at which it was handed to a worker; the queue goes by it. 0: it was not."""
    phase: str = ""
    """As in `words.PHASES`. After the training it is `predict` while the saved epochs are evaluated, or empty."""
    epoch: Number = 0
    epochs: Number = 0
    """Epochs that are planned. 0: not known yet."""
    done: Number = 0
    total: Number = 0
    """`done` of `total` images of the phase."""
    images_per_s: Annotated[float, Field(ge=0)] = 0.0
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
    """Replace the status by one of this process, with a fresh heartbeat. Raises RunNotFound where the run is gone."""
    status = Status.model_validate(
        {
            "state": state,
            "pid": os.getpid(),
            "process_started": start_time(os.getpid()) or 0.0,
            "place": place(),
            "heartbeat": time.time(),
            **fields,
        }
    )
    content = (status.model_dump_json(indent=2) + "\n").encode()
    try:
        write_in(folder, folder / FILE, lambda file: file.write(content), durable=False)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _overwrite(folder / FILE, content)


def tell_status(folder: Path, state: State, **fields: object) -> None:
    """As `write_status`, where work goes on or ends whether it can be written or not: it is logged then."""
    try:
        write_status(folder, state, **fields)
    except RunNotFound as error:
        log.warning("%s", error)
    except OSError as error:
        log.warning("The status of run %s cannot be written: %s", folder.name, error)


def read_status(folder: Path) -> Status:
    """The status as it is now: a run whose process is gone is `interrupted`, neither running nor waiting."""
    try:
        status = read_record(folder / FILE, Status, "the status of a run", max_bytes=1 << 20)
    except (FileNotFoundError, RecordError):
        return Status(state="interrupted")
    if not status.is_live or _is_in_hand(folder, status):
        return status
    state = "interrupted" if status.state in UNDER_WAY else status.state
    return status.model_copy(update={"state": state, "phase": ""})


def _overwrite(path: Path, content: bytes) -> None:
    """In the place that the old status has on a full disk, so that a run that failed there does not seem to go on."""
    with path.open("r+b") as file:
        file.write(content.ljust(os.fstat(file.fileno()).st_size))
        file.truncate()


def _is_in_hand(folder: Path, status: Status) -> bool:
    """Whether the process that wrote the status still has the run.

    A process number says something on its own machine and in its own container only. From elsewhere the lock says it;
    and before a worker has taken that, the heartbeat of who started it.
    """
    if status.place in ("", place()):
        return is_alive(status.pid, status.process_started)
    return is_held(folder) or time.time() - status.heartbeat < STARTING_S
