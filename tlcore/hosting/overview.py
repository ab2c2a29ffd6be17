"""What the administrator sees of a host: spaces, queue, memory and disk, the last errors; no names of visitors' data.

A visitor is named by the first digits of the number, which open nothing.
"""

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tlcore.hosting.limits.disk import measure_all
from tlcore.hosting.limits.house import expires_at
from tlcore.hosting.limits.usage import usage_today
from tlcore.hosting.spaces.visitors import last_visit, list_spaces
from tlcore.runs.folder.run import Run
from tlcore.runs.work import jobs
from tlcore.runs.work.probes import Probe
from tlcore.runs.work.tickets import Ticket, list_tickets
from tlcore.runs.work.waiting import in_turn, read_state
from tlcore.system.home import as_host, host_dir, in_space
from tlcore.system.logs import LOGS, WHO_DIGITS

_TAIL_BYTES = 1_000_000
"""The end of the log that errors are looked for in."""


@dataclass(frozen=True)
class SpaceFacts:
    visitor: str
    last_visit: float
    """Time in seconds since 1970; 0 if there was none."""
    expires: float
    bytes: int
    images: int
    runs: int
    seconds_today: float
    epochs_today: int

    @property
    def who(self) -> str:
        return self.visitor[:WHO_DIGITS]


@dataclass(frozen=True)
class Work:
    """A piece of work that waits or is under way."""

    ticket: Ticket
    since: float
    """When it began, or was submitted, in seconds since 1970."""
    under_way: bool

    @property
    def who(self) -> str:
        return self.ticket.home.name[:WHO_DIGITS]


@dataclass(frozen=True)
class Memory:
    server: int
    """Bytes of the process that asks."""
    worker: int
    """Bytes of the process that works, with its children; 0 if none does."""


def list_space_facts() -> list[SpaceFacts]:
    """All spaces, the last visited first. It measures them: 40 spaces of 1,000 files take 0.2 s."""
    with as_host():
        found = measure_all()
        facts = []
        for space in list_spaces():
            contents, today = found.get(space.home), usage_today(space.home)
            facts.append(
                SpaceFacts(
                    space.home.name,
                    last_visit(space),
                    expires_at(space),
                    contents.all_bytes if contents else 0,
                    contents.images if contents else 0,
                    contents.runs if contents else 0,
                    today.seconds,
                    today.epochs,
                )
            )
    return sorted(facts, key=lambda fact: fact.last_visit, reverse=True)


def disk_used() -> int:
    """Bytes of the home of the host with all spaces."""
    with as_host():
        return sum(contents.all_bytes for contents in measure_all().values())


def list_work() -> list[Work]:
    """What is under way, then what waits, in the order in which it is carried out."""
    with as_host():
        tickets, state = list_tickets(), read_state()
    current = state.under_way
    keys = {ticket.key for ticket in tickets}
    works = []
    if current is not None and current.ticket.key in keys:
        works.append(Work(current.ticket, current.since, under_way=True))
        tickets = tuple(ticket for ticket in tickets if ticket.key != current.ticket.key)
    return [*works, *(Work(ticket, ticket.submitted, under_way=False) for ticket in in_turn(tickets, state.served))]


def end(work: Work) -> None:
    """Take work out of the queue, or end it. A run keeps its whole epochs."""
    with in_space(work.ticket.space):
        if work.ticket.is_run:
            jobs.stop(Run(work.ticket.key), now=True)
        else:
            Probe(work.ticket.key).stop()


def memory() -> Memory:
    with as_host():
        current = read_state().under_way
    return Memory(_memory_of(os.getpid(), children=False), _memory_of(current.pid) if current and current.pid else 0)


def last_errors(most: int = 20) -> list[dict[str, Any]]:
    """The last errors in the logs with their ids, the newest first: time, event, id, who, where."""
    found = []
    for path in sorted((host_dir() / LOGS).glob("*.jsonl")):
        for line in _end_of(path):
            if b'"error_id"' in line or b'"level": "error"' in line:
                with suppress(ValueError):
                    entry = json.loads(line)
                    last = str(entry.get("traceback", "")).strip().rpartition("\n")[2]
                    found.append(
                        {
                            "time": str(entry.get("time", ""))[:19].replace("T", " "),
                            "id": str(entry.get("error_id", "")),
                            "who": str(entry.get("who", "")),
                            "process": path.stem,
                            "event": str(entry.get("event", ""))[:200],
                            "kind": last.partition(":")[0][:80],  # the text after it may name a visitor's file
                        }
                    )
    return sorted(found, key=lambda entry: entry["time"], reverse=True)[:most]


def uptime_s() -> float:
    """Seconds since this server started."""
    return time.time() - float(psutil.Process().create_time())


def _end_of(path: Path) -> list[bytes]:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
        return file.read().splitlines()
    return []


def _memory_of(pid: int, *, children: bool = True) -> int:
    try:
        process = psutil.Process(pid)
        all_of_it = [process, *(process.children(recursive=True) if children else ())]
        return sum(each.memory_info().rss for each in all_of_it)
    except psutil.Error:
        return 0
