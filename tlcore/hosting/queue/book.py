"""The dispatcher's book: what is under way, who was served when, how long work took, and what each visitor has used."""

import logging
import time
from contextlib import suppress

from tlcore.hosting.limits.usage import add_usage
from tlcore.hosting.queue.piece import epochs_of
from tlcore.runs.work.tickets import Ticket, drop_ticket, list_tickets, queue_dir
from tlcore.runs.work.waiting import STATE_FILE, UnderWay, read_state
from tlcore.system.files import write_json
from tlcore.system.liveness import start_time

_LEARNED = 0.3  # weight of the latest duration in the expected one
_KINDS_KEPT = 200
log = logging.getLogger(__name__)


class Book:
    """It is on the disk after each change, so that the next dispatcher can go on."""

    def __init__(self) -> None:
        self._state = read_state()

    @property
    def under_way(self) -> UnderWay | None:
        return self._state.under_way

    @property
    def served(self) -> dict[str, float]:
        return self._state.served

    def open(self, ticket: Ticket, attempt: int) -> UnderWay:
        """The work of a ticket is about to be started."""
        now, epochs = time.time(), epochs_of(ticket)
        under_way = UnderWay(
            ticket=ticket, attempt=attempt, since=now, counted=now, epochs=epochs, epochs_at_start=epochs
        )
        self._write(under_way=under_way)
        return under_way

    def note_process(self, under_way: UnderWay, pid: int) -> UnderWay:
        started = under_way.model_copy(update={"pid": pid, "process_started": start_time(pid) or 0.0})
        self._write(under_way=started)
        return started

    def count(self, under_way: UnderWay, until: float | None = None) -> UnderWay:
        """Count what the work under way has used since the last time: until now, or a time in seconds since 1970."""
        now, epochs = time.time() if until is None else until, epochs_of(under_way.ticket)
        try:
            add_usage(under_way.ticket.home, seconds=now - under_way.counted, epochs=max(epochs - under_way.epochs, 0))
        except OSError as error:  # a full disk must not end the work
            log.warning("What was used could not be counted: %s", error)
            return under_way
        counted = under_way.model_copy(update={"counted": now, "epochs": epochs})
        self._write(under_way=counted)
        return counted

    def learn(self, under_way: UnderWay) -> None:
        """Remember how long work took that is done, for the expected wait of others."""
        ticket, took = under_way.ticket, dict(self._state.took)
        each_s = (time.time() - under_way.since) / ticket.size
        for similar in {ticket.similar, ticket.command[0]}:
            before = took.pop(similar, each_s)
            took[similar] = before + _LEARNED * (each_s - before)
        self._write(took=dict(list(took.items())[-_KINDS_KEPT:]))

    def put_back(self) -> None:
        """The work under way waits again, with its old place."""
        self._write(under_way=None)

    def close(self, ticket: Ticket) -> None:
        """The work is over: the ticket goes, unless its visitor has submitted another one for the same folder."""
        drop_ticket(ticket)
        waiting = {str(other.home) for other in list_tickets()}
        served = {**self._state.served, str(ticket.home): time.time()}
        self._write(under_way=None, served={home: when for home, when in served.items() if home in waiting})

    def _write(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        with suppress(OSError):  # a full disk; the next change is written again as a whole
            write_json(queue_dir() / STATE_FILE, self._state.model_dump(mode="json"), durable=False)
