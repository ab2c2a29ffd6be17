"""The state of a run: `status.json`, written by the process that handles the run, read by all others."""

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
from tlcore.runs.work.tickets import find_ticket
from tlcore.system.liveness import is_alive, place, start_time
from tlcore.system.records import read_record

Number = Annotated[int, Field(ge=0, lt=2**53)]
Moment = Annotated[float, Field(ge=0, lt=1e11)]
log = logging.getLogger(__name__)

State = Literal["queued", "running", "stopping", "stopped", "finished", "failed", "interrupted"]
FILE = "status.json"
UNDER_WAY: tuple[State, ...] = ("queued", "running", "stopping")
STARTING_S = 15.0
"""Time that a worker may need until it has locked the run."""


class Status(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    state: State
    """A `running` run whose process is gone is reported as `interrupted`."""
    pid: Number = 0
    """The process that handles the run: first the one that started it, then the worker. 0: none yet."""
    process_started: Moment = 0.0
    """Start time of the process in seconds since 1970: distinguishes it from a later process with the same number."""
    place: str = ""
    """Where the process number is valid, as in `system.liveness.place`. Empty: here."""
    heartbeat: Moment = 0.0
    """Heartbeat: time of the last sign of life, in seconds since 1970."""
    submitted: Moment = 0.0
    """Time when it was given to a worker, in seconds since 1970; it decides the order of the queue. 0: it was not."""
    phase: str = ""
    """A name in `words.PHASES`. After training, `predict` while the saved epochs are evaluated, else empty."""
    epoch: Number = 0
    epochs: Number = 0
    """Planned epochs. 0: not known yet."""
    done: Number = 0
    total: Number = 0
    """`done` of `total` images of the phase."""
    images_per_s: Annotated[float, Field(ge=0)] = 0.0
    error: str | None = None
    """Why the training failed."""
    note: str | None = None
    """A problem that does not affect the training: a failed evaluation after it."""

    @property
    def is_live(self) -> bool:
        """Whether a process handles the run: it waits, trains, or evaluates."""
        if self.state == "queued":
            return self.submitted > 0
        return self.state in UNDER_WAY or self.phase != ""


def write_status(folder: Path, state: State, **fields: object) -> None:
    """Replace the status by one of this process, with a new heartbeat. Raises RunNotFound if the run is gone."""
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
    """As `write_status`, but a failure to write is only logged, because the work must continue or end anyway."""
    try:
        write_status(folder, state, **fields)
    except RunNotFound as error:
        log.warning("%s", error)
    except OSError as error:
        log.warning("The status of run %s cannot be written: %s", folder.name, error)


def read_status(folder: Path) -> Status:
    """The current status. A run whose process is gone is `interrupted`, neither running nor waiting.

    With a ticket in the queue of a hosted dashboard it is `queued`: it goes on by itself.
    """
    try:
        status = read_record(folder / FILE, Status, "the status of a run", max_bytes=1 << 20)
    except (FileNotFoundError, RecordError):
        return Status(state="interrupted")
    if not status.is_live or _is_in_hand(folder, status):
        return status
    if ticket := find_ticket(folder):  # it waits, or goes on after its last whole epoch
        waits = {"state": "queued", "submitted": ticket.submitted}
        return status.model_copy(update=waits if status.state in UNDER_WAY else {})
    state = "interrupted" if status.state in UNDER_WAY else status.state
    return status.model_copy(update={"state": state, "phase": ""})


def _overwrite(path: Path, content: bytes) -> None:
    """Overwrite the old status in place. This works on a full disk; otherwise a failed run would seem to continue."""
    with path.open("r+b") as file:
        file.write(content.ljust(os.fstat(file.fileno()).st_size))
        file.truncate()


def _is_in_hand(folder: Path, status: Status) -> bool:
    """Whether the process that wrote the status still has the run.

    A process number is valid only on its own machine and in its own container. From elsewhere the lock tells; before a
    worker has taken the lock, the heartbeat of the process that started it.
    """
    if status.place in ("", place()):
        return is_alive(status.pid, status.process_started)
    return is_held(folder) or time.time() - status.heartbeat < STARTING_S
