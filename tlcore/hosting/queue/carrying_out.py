"""Carry out one ticket: its process is watched, ended when it must end, and started again if it was killed."""

import logging
import time
from collections.abc import Callable
from subprocess import Popen

from tlcore.hosting.queue.book import Book
from tlcore.hosting.queue.limits_of_work import Passed, passed_limit
from tlcore.hosting.queue.piece import begin, end, epochs_of, is_cut_off
from tlcore.hosting.settings import HostSettings
from tlcore.runs.work.tickets import Ticket, find_ticket
from tlcore.runs.work.waiting import UnderWay
from tlcore.system.liveness import kill_with_children

POLL_S = 0.25
WATCH_S = 1.0
"""How often the memory and the time are looked at."""
COUNT_S = 30.0
"""How often the time is counted as used, so that a kill gives back no more than this."""
ATTEMPTS = 3
"""How often work is started whose process is killed, without a new epoch in between."""
log = logging.getLogger(__name__)

Memory = Callable[[int], int]
IsOver = Callable[[], bool]


def carry_out(
    ticket: Ticket, book: Book, settings: HostSettings, is_over: IsOver, memory: Memory, attempt: int = 1
) -> None:
    """Do the work of a ticket. Once `is_over` is true, it is ended, and its ticket waits for another dispatcher."""
    while True:
        under_way = book.open(ticket, attempt)
        if not _is_wanted(ticket):
            break
        if passed := passed_limit(under_way, settings):
            _end_for(ticket, passed)
            break
        log.info("Starting: %s", ticket.words)
        process = begin(ticket)
        under_way = book.note_process(under_way, process.pid)
        under_way, passed, exit_status = _watch(process, under_way, book, settings, is_over, memory)
        under_way = book.count(under_way)
        wanted, cut_off = _is_wanted(ticket), is_cut_off(ticket, exit_status)
        if not wanted:
            end(ticket, "", failed=False)
        elif not cut_off:
            book.learn(under_way)
        elif passed is not None:
            _end_for(ticket, passed)
        elif is_over():
            book.put_back()
            return
        elif attempt := next_attempt(under_way, exit_status):
            continue
        break
    book.close(ticket)


def next_attempt(under_way: UnderWay, exit_status: int | None) -> int:
    """Number of the next attempt after the process was killed; 0 after too many, which are then told the visitor."""
    ticket = under_way.ticket
    if epochs_of(ticket) > under_way.epochs_at_start:
        return 1
    if under_way.attempt < ATTEMPTS:
        log.warning("Again: %s was cut off (%s)", ticket.words, exit_status)
        return under_way.attempt + 1
    by = f" by signal {-exit_status}" if exit_status is not None and exit_status < 0 else ""
    reason = (
        f"Its process was ended{by} {ATTEMPTS} times before it was done, so it is not started again. Often the machine "
        "has too little memory for it: try it with a smaller batch size or a smaller network."
    )
    end(ticket, reason, failed=True)
    return 0


def _watch(
    process: "Popen[bytes]", under_way: UnderWay, book: Book, settings: HostSettings, is_over: IsOver, memory: Memory
) -> tuple[UnderWay, Passed | None, int | None]:
    """Wait until the process ends, or end it: then the third value, its exit status, is None."""
    passed, watched = None, time.monotonic()
    while process.poll() is None and passed is None and not is_over() and _is_wanted(under_way.ticket):
        time.sleep(POLL_S)
        if time.monotonic() - watched >= WATCH_S:
            watched = time.monotonic()
            if time.time() - under_way.counted >= COUNT_S:
                under_way = book.count(under_way)
            passed = passed_limit(under_way, settings, memory)
    exit_status = process.poll()
    if exit_status is None:
        kill_with_children(process.pid)
        process.wait()
    return under_way, passed, exit_status


def _end_for(ticket: Ticket, passed: Passed) -> None:
    log.info("Ended: %s. %s", ticket.words, passed.words)
    end(ticket, passed.words, failed=not passed.again_later)


def _is_wanted(ticket: Ticket) -> bool:
    """Whether the visitor has neither taken the ticket back nor deleted what it belongs to."""
    return ticket.key.is_dir() and find_ticket(ticket.key) == ticket
