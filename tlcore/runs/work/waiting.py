"""The order of the queue of a hosted dashboard, and what a visitor sees of it: a place, and the expected wait.

Visitors take turns, not runs. Those who wait stand in one line; who has been served goes to its end with what else
they wait for. So nobody who comes later is served before one's next piece of work, whatever others submit. Of one
visitor, what a page waits for comes before trainings.
"""

import math
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.runs.work.tickets import Ticket, list_tickets, queue_dir
from tlcore.system.records import read_record
from tlcore.words import seconds

STATE_FILE = "state.json"
USUAL_S = 60.0
"""Expected seconds of work of which none has been carried out yet."""

Seconds = Annotated[float, Field(ge=0, lt=1e11)]


class UnderWay(BaseModel):
    """The work that the dispatcher carries out, as it has written it down."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    ticket: Ticket
    since: Seconds
    """When it was started last, in seconds since 1970."""
    pid: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Its process. 0: not started yet, or not noted."""
    process_started: float = 0.0
    attempt: Annotated[int, Field(ge=1, lt=1000)] = 1
    """Which attempt it is without a new epoch in between."""
    epochs_at_start: Annotated[int, Field(ge=0)] = 0
    """The last whole epoch in the run folder when it was started."""
    epochs: Annotated[int, Field(ge=0)] = 0
    """The last whole epoch that is counted as used by the visitor."""
    counted: Seconds = 0.0
    """Until when its time is counted as used by the visitor, in seconds since 1970."""


class State(BaseModel):
    """What the dispatcher keeps in one file; only it writes there."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    under_way: UnderWay | None = None
    served: dict[str, Seconds] = {}
    """When work of a home ended last, in seconds since 1970, as long as more of it waits."""
    took: dict[str, Seconds] = {}
    """Seconds for each unit of size, by `Ticket.similar`: an average in which the latest count most."""


@dataclass(frozen=True)
class Waiting:
    place: int
    """1: it is next. 0: it is under way."""
    wait_s: float
    """Expected seconds until it begins."""

    @property
    def words(self) -> str:
        """`Next in the queue, in about 40 s`; empty if it is under way."""
        if not self.place:
            return ""
        where = "Next in the queue" if self.place == 1 else f"Number {self.place} in the queue"
        return f"{where}, in about {seconds(math.ceil(self.wait_s))}" if self.wait_s >= 1 else where


def read_state() -> State:
    """The state as the dispatcher wrote it last. An empty one, if it cannot be read."""
    try:
        return read_record(queue_dir() / STATE_FILE, State, "the state of the queue")
    except (FileNotFoundError, RecordError):
        return State()


def in_turn(tickets: Sequence[Ticket], served: Mapping[str, float]) -> list[Ticket]:
    """The order in which they are carried out. `served`: when work of a home ended last, infinity if some is under way.

    A visitor stands in the line since their work ended last, or since they submitted the oldest of these tickets.
    """
    waiting = defaultdict(list)
    for ticket in sorted(tickets, key=lambda ticket: (ticket.is_run, ticket.submitted, ticket.key)):
        waiting[str(ticket.home)].append(ticket)
    since = {home: min(ticket.submitted for ticket in own) for home, own in waiting.items()}
    line = sorted(waiting, key=lambda home: (max(since[home], served.get(home, 0.0)), since[home], home))
    rounds = zip_longest(*(waiting[home] for home in line))
    return [ticket for ticket in chain.from_iterable(rounds) if ticket is not None]


def expected_s(ticket: Ticket, took: Mapping[str, float]) -> float:
    """Seconds that it will take, from what similar work took, else other work of its kind."""
    for similar in (ticket.similar, ticket.command[0]):
        if similar in took:
            return took[similar] * ticket.size
    return USUAL_S


def position(folder: Path, now: float | None = None) -> Waiting | None:
    """The place of the work of a folder in the queue, and the expected wait; None if it has no ticket.

    Says nothing about others but how many are before it. `now` is in seconds since 1970.
    """
    key, wait_s = Path(os.path.realpath(folder)), 0.0
    tickets = list_tickets()
    if all(ticket.key != key for ticket in tickets):
        return None
    state = read_state()
    current, served = state.under_way, state.served
    if current is not None:
        if current.ticket.key == key:
            return Waiting(0, 0.0)
        spent = (time.time() if now is None else now) - current.since
        wait_s = max(expected_s(current.ticket, state.took) - spent, 0.0)
        served = {**served, str(current.ticket.home): math.inf}
    waiting = [ticket for ticket in tickets if current is None or ticket.key != current.ticket.key]
    for place, ticket in enumerate(in_turn(waiting, served), start=1):
        if ticket.key == key:
            return Waiting(place, wait_s)
        wait_s += expected_s(ticket, state.took)
    return None


def waiting_words(folder: Path) -> str:
    """The place of the work of a folder and its expected wait, in words; empty if it does not wait."""
    place = position(folder)
    return "" if place is None else place.words
