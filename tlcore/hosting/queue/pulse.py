"""Signs of life: of the dispatcher for the server, and of the server for the dispatcher; and whether all is well.

Each writes one file in the folder of the queue, whose time of change is its last sign of life.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.runs.work.tickets import list_tickets, queue_dir
from tlcore.runs.work.waiting import read_state
from tlcore.system.files import write_json
from tlcore.system.home import as_host
from tlcore.system.liveness import is_alive, place, start_time
from tlcore.system.records import read_record

DISPATCHER, SERVER = "dispatcher.json", "server.json"
SILENT_S = 30.0
"""A dispatcher without a sign of life for longer is stuck."""


class _Process(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    pid: int = Field(ge=0, lt=2**31)
    started: float
    place: str


@dataclass(frozen=True)
class Health:
    """How it is with the queue of a hosted dashboard."""

    alive: bool
    """Whether the dispatcher lives, and has given a sign of it lately."""
    silent_s: float | None
    """Seconds since its last sign of life; None if there never was one."""
    work: str
    """What kind of work is under way, such as `training`; empty if none is."""
    since_s: float
    """For how many seconds."""
    waiting: int
    """Pieces of work that wait."""


def worker_health() -> Health:
    """Whether the visitors' work is carried out. For the monitor and the administrator; it names nobody."""
    with as_host():
        silent_s = last_sign_s(DISPATCHER)
        alive = is_there(DISPATCHER) and silent_s is not None and silent_s < SILENT_S
        current, tickets = read_state().under_way, list_tickets()
        waiting = [ticket for ticket in tickets if current is None or ticket.key != current.ticket.key]
        if current is None or len(waiting) == len(tickets):
            return Health(alive, silent_s, "", 0.0, len(waiting))
        return Health(alive, silent_s, current.ticket.words, max(time.time() - current.since, 0.0), len(waiting))


def sign(name: str) -> None:
    """Give a sign of life of this process. Raises FileNotFoundError if somebody has deleted its file, OSError."""
    os.utime(queue_dir() / name)


def appear(name: str) -> None:
    """Say that from now on this process is the one. Raises OSError."""
    pid = os.getpid()
    process = _Process(pid=pid, started=start_time(pid) or 0.0, place=place())
    write_json(queue_dir() / name, process.model_dump(), durable=False)


def last_sign_s(name: str) -> float | None:
    """Seconds since the last sign of life; None if there never was one."""
    with suppress(OSError):
        return max(time.time() - (queue_dir() / name).stat().st_mtime, 0.0)
    return None


def is_there(name: str) -> bool:
    """Whether the process lives. Of one in another container only its sign of life is known."""
    process = _read(queue_dir() / name)
    if process is None:
        return False
    if process.place != place():
        return (last_sign_s(name) or 0.0) < SILENT_S
    return is_alive(process.pid, process.started)


def _read(path: Path) -> _Process | None:
    with suppress(FileNotFoundError, RecordError):
        return read_record(path, _Process, "the record of a process")
    return None
