"""Tickets: the work that visitors of a hosted dashboard have asked for, a file for each until that work has ended.

A visitor's space starts no process. It submits a ticket, and the dispatcher of the host carries out one after another.
A ticket is written once and only ever deleted: by the dispatcher when the work is over, or by its visitor, who takes it
back; work under way then ends. It belongs to a run folder, or to the folder of a probe, whose path is its key.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import NotAllowed, RecordError, RunBusy, StorageError
from tlcore.system.cache import digest_key
from tlcore.system.files import write_json
from tlcore.system.home import SPACES, Space, host_dir, is_mine, space
from tlcore.system.records import as_record, parse_json, read_bytes

KINDS = {
    "worker": "training",
    "train": "timing a training",
    "find-lr": "finding a learning rate",
    "race": "a race of backbones",
    "check-labels": "checking labels",
    "neighbours": "looking for similar images",
    "map": "a map of the images",
    "audit": "checking every image",
    "worth": "measuring what edits are worth",
    "predict": "predicting a folder",
    "export": "exporting a model",
    "calibrate": "calibrating an epoch",
}
"""The commands that a ticket may have, and their words."""
EVALUATE_ONLY = "--evaluate-only"
_WHAT = "a ticket"
_MAX_BYTES = 1 << 16
_SETTLED_NS = 100_000_000  # a folder changed more recently may change again without another time
_LOCK_S = 10.0


class Ticket(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    key: Path
    """The folder of the run or probe, with all links followed."""
    home: Path
    """The home of the visitor's space."""
    granted: tuple[Path, ...] = ()
    command: Annotated[tuple[str, ...], Field(min_length=1, max_length=1000)]
    """The arguments of `python -m tlcore`."""
    output: str
    """Name of the file in the folder for what it prints."""
    errors: str
    """The same for errors. A log, if it is the same file: it is continued, not written anew."""
    is_run: bool = False
    submitted: Annotated[float, Field(ge=0, lt=1e11)]
    """Time in seconds since 1970."""
    size: Annotated[float, Field(gt=0, lt=1e15)] = 1.0
    """How much work it is, for the expected wait: images times epochs of a run."""
    similar: str = ""
    """Work with the same text takes about the same time for each unit of size."""

    @property
    def space(self) -> Space:
        return Space(self.home, host_dir(), self.granted)

    @property
    def words(self) -> str:
        """The kind of work: `training`."""
        return "evaluating" if EVALUATE_ONLY in self.command else KINDS[self.command[0]]


Check = Callable[[Sequence[Ticket]], None]
_checks: list[Check] = []
_known: tuple[Path, int, tuple[Ticket, ...]] = Path(), 0, ()


def admit_with(check: Check) -> None:
    """Call this function from now on before tickets are accepted. It raises NotAllowed to refuse them all."""
    if check not in _checks:
        _checks.append(check)


def goes_to_queue() -> bool:
    """Whether work of the current space is submitted instead of started: in the space of a visitor."""
    return space().host is not None


def queue_dir() -> Path:
    return host_dir() / "queue"


def make_ticket(folder: Path, command: Sequence[str], output: str, errors: str, **further: object) -> Ticket:
    """A ticket of the current space for the folder of a run or probe. `further` are other fields of Ticket."""
    here = space()
    fields = {"submitted": time.time(), "similar": command[0], **further}
    return Ticket.model_validate(
        {
            "key": Path(os.path.realpath(folder)),
            "home": here.home,
            "granted": here.granted,
            "command": tuple(command),
            "output": output,
            "errors": errors,
            **fields,
        }
    )


def submit(tickets: Sequence[Ticket]) -> None:
    """Add tickets to the queue: all, or none.

    Raises NotAllowed if they are not for folders of the current space, or a check refuses them; RunBusy if one of
    these folders has a ticket already; StorageError if the disk is full.
    """
    for ticket in tickets:
        _check_own(ticket.key)
        _check(ticket)
    queue_dir().mkdir(parents=True, exist_ok=True)
    with FileLock(queue_dir() / "submit.lock", timeout=_LOCK_S):
        for check in _checks:
            check(tickets)
        for ticket in tickets:
            if has_ticket(ticket.key):
                raise RunBusy(f"{ticket.key.name} waits in the queue already.")
        written = []
        try:
            for ticket in tickets:
                written.append(_path(ticket.key))
                write_json(written[-1], ticket.model_dump(mode="json"))
        except OSError as error:
            for path in written:
                path.unlink(missing_ok=True)
            raise StorageError(f"The queue cannot be written: {error.strerror}. Try again later.") from None


def withdraw(folder: Path) -> bool:
    """Take the ticket of a folder back; work under way then ends. Returns whether there was one.

    Raises NotAllowed for a folder that is not in the current space. The host may withdraw all tickets.
    """
    _check_own(folder)
    try:
        _path(folder).unlink()
    except FileNotFoundError:
        return False
    return True


def withdraw_all() -> int:
    """Take all tickets of the current space back, or on the host's behalf those of all. Returns how many."""
    return sum(withdraw(ticket.key) for ticket in list_tickets() if is_mine(ticket.key))


def drop_ticket(ticket: Ticket) -> None:
    """Delete a ticket whose work is over, unless there is another one for the same folder by now."""
    with FileLock(queue_dir() / "submit.lock", timeout=_LOCK_S):
        if find_ticket(ticket.key) == ticket:
            _path(ticket.key).unlink(missing_ok=True)


def has_ticket(folder: Path) -> bool:
    return _path(folder).exists()


def find_ticket(folder: Path) -> Ticket | None:
    """The ticket of a folder; None if there is none, or it cannot be read."""
    try:
        return _read(_path(folder))
    except (FileNotFoundError, RecordError, StorageError):
        return None


def list_tickets() -> tuple[Ticket, ...]:
    """The tickets of all visitors, without damaged ones. Fast enough to be called again and again."""
    global _known
    folder = _tickets_dir()
    try:
        stamp = folder.stat().st_mtime_ns
    except OSError:
        return ()
    if _known[:2] == (folder, stamp):
        return _known[2]
    tickets = read_tickets()[0]
    if time.time_ns() - stamp > _SETTLED_NS:
        _known = folder, stamp, tickets
    return tickets


def read_tickets() -> tuple[tuple[Ticket, ...], dict[Path, str]]:
    """The tickets of all visitors, and by file what is wrong with the damaged ones. Unreadable ones are in neither."""
    tickets, damaged = [], {}
    for path in sorted(_tickets_dir().glob("[!.]*.json")):
        try:
            tickets.append(_read(path))
        except (FileNotFoundError, StorageError):  # it is over by now, or the disk has a problem that may pass
            continue
        except RecordError as error:
            damaged[path] = str(error)
    return tuple(tickets), damaged


def _tickets_dir() -> Path:
    return queue_dir() / "tickets"


def _path(folder: Path) -> Path:
    return _tickets_dir() / f"{digest_key(os.path.realpath(folder))}.json"


def _read(path: Path) -> Ticket:
    """Raises FileNotFoundError, StorageError if the file cannot be read, RecordError if it is no ticket."""
    content = read_bytes(path, _WHAT, error=StorageError, max_bytes=_MAX_BYTES)
    ticket = as_record(parse_json(content, _WHAT, str(path)), Ticket, _WHAT, str(path))
    _check(ticket)
    if path != _path(ticket.key):
        raise RecordError(f"{path} is {_WHAT} for another folder.")
    return ticket


def _check(ticket: Ticket) -> None:
    """Raises RecordError for what no page submits: another command, a home or a folder elsewhere."""
    where = repr(str(ticket.key))
    if ticket.command[0] not in KINDS:
        raise RecordError(f"The ticket of {where} has an unknown command, {ticket.command[0]!r}.")
    if ticket.home.parent != host_dir() / SPACES or ticket.home.name in (".", ".."):
        raise RecordError(f"The ticket of {where} is not of a visitor of this host.")
    key = os.path.realpath(ticket.key)  # a link could have been put there since
    if key != str(ticket.key) or not ticket.key.is_relative_to(os.path.realpath(ticket.home)):
        raise RecordError(f"The ticket of {where} is not for a folder of its visitor.")
    for name in (ticket.output, ticket.errors):
        if name in ("", ".", "..") or Path(name).name != name or "\0" in name:
            raise RecordError(f"The ticket of {where} writes to another folder.")


def _check_own(folder: Path) -> None:
    if not is_mine(folder):
        raise NotAllowed("This is not yours: you can start and stop only your own work.")
