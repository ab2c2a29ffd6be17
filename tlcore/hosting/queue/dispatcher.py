"""The dispatcher: one process for a host, which carries out the work of its visitors, one piece at a time, in turn.

All that it knows is in files. If it is killed, or the machine goes down, the next one goes on: with the work that was
under way, from the last whole epoch, then with the work that waits, in the same order.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from filelock import FileLock, Timeout

from tlcore.errors import ConfigError, RunBusy
from tlcore.hosting.limits.house import keep_house
from tlcore.hosting.queue.book import Book
from tlcore.hosting.queue.carrying_out import POLL_S, carry_out, next_attempt
from tlcore.hosting.queue.limits_of_work import memory_bytes
from tlcore.hosting.queue.piece import end, is_cut_off, kill_remains
from tlcore.hosting.queue.pulse import DISPATCHER, SERVER, appear, last_sign_s, sign
from tlcore.hosting.queue.shared_scans import SharedScans
from tlcore.hosting.settings import host_settings
from tlcore.runs.work.tickets import Ticket, find_ticket, list_tickets, queue_dir, read_tickets
from tlcore.runs.work.turn import turn
from tlcore.runs.work.waiting import in_turn
from tlcore.system.cache import drop_oldest
from tlcore.system.liveness import kill_with_children
from tlcore.system.threads import start_thread
from tlcore.words import count

SIGN_S = 1.0
HOUSE_S = 60.0
SERVER_GONE_S = 30.0
"""Without a sign of life of the server for so long, the dispatcher ends as soon as nothing waits. A new server starts
another one."""
DAMAGED = "damaged"
_DAMAGED_KEPT = 20
log = logging.getLogger(__name__)


def dispatch(is_told_to_end: Callable[[], bool], memory: Callable[[int], int] = memory_bytes) -> None:
    """Carry out the work of this host's visitors until told to end. Work under way then waits for the next dispatcher.

    `memory` gives the bytes of a process with its children. Raises RunBusy if there is a dispatcher already.
    """
    queue_dir().mkdir(parents=True, exist_ok=True)
    lock = FileLock(queue_dir() / "dispatcher.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise RunBusy(f"Another process already carries out the work in {queue_dir()}.") from None
    with lock:
        appear(DISPATCHER)
        log.info("Carrying out the work in %s", queue_dir())
        scans = SharedScans()
        try:
            _Dispatcher(is_told_to_end, memory, scans).work()
        finally:
            scans.end()


class _Dispatcher:
    def __init__(self, is_told_to_end: Callable[[], bool], memory: Callable[[int], int], scans: SharedScans) -> None:
        self._is_told_to_end = is_told_to_end
        self._memory = memory
        self._scans = scans
        self._book = Book()
        self._settings = host_settings()
        self._began = time.time()
        self._is_gone = False
        self._signed = self._kept_house = float("-inf")
        self._house = start_thread(lambda: None)

    def work(self) -> None:
        self._go_on()
        while not self._is_over():
            tickets = list_tickets()
            if tickets:
                # first the turn, then the choice: who comes while a run of the host trains may be before others
                with turn(min(ticket.submitted for ticket in tickets), self._is_over) as has_turn:
                    if has_turn and (waiting := in_turn(list_tickets(), self._book.served)):
                        self._safely(waiting[0])
            elif self._is_alone():
                log.info("The server is gone, and nothing waits.")
                return
            else:
                time.sleep(POLL_S)

    def _go_on(self) -> None:
        """Continue what an earlier dispatcher had under way when it was killed."""
        under_way = self._book.under_way
        if under_way is None:
            return
        ticket = under_way.ticket
        log.info("Going on with what was under way: %s", ticket.words)
        kill_remains(under_way)
        self._book.count(under_way, until=under_way.counted)  # when it was killed is not known, but what it trained
        attempt = 0
        if find_ticket(ticket.key) != ticket:
            end(ticket, "", failed=False)
        elif is_cut_off(ticket, None):
            attempt = next_attempt(under_way, None)
        if not attempt:
            self._book.close(ticket)
            return
        with turn(ticket.submitted, self._is_over) as has_turn:
            if has_turn:
                self._safely(ticket, attempt)

    def _safely(self, ticket: Ticket, attempt: int = 1) -> None:
        """Whatever goes wrong with a ticket, the next one has its turn."""
        try:
            carry_out(ticket, self._book, self._settings, self._is_over, self._memory, attempt)
        except Exception:
            log.exception("Unexpected error: %s", ticket.words)
            if (current := self._book.under_way) is not None and current.pid:
                kill_with_children(current.pid)
            with suppress(Exception):  # the folder may be what is damaged
                end(ticket, "The server had a problem with this. Try again, or ask the host.", failed=True)
            self._book.close(ticket)

    def _is_over(self) -> bool:
        """Whether to end. Called all the time, so it also gives the sign of life, and has the house kept."""
        now = time.monotonic()
        if now - self._signed >= SIGN_S:
            self._signed = now
            try:
                sign(DISPATCHER)
            except FileNotFoundError:
                self._is_gone = True  # the home of the host was deleted
            except OSError as error:
                log.warning("No sign of life can be given: %s", error)
            self._scans.go_on()
        if now - self._kept_house >= HOUSE_S and not self._house.is_alive():
            self._kept_house = now
            with suppress(ConfigError):  # a mistake in the file: what was set before holds
                self._settings = host_settings()
            self._house = start_thread(self._keep_house)
        return self._is_gone or self._is_told_to_end()

    def _keep_house(self) -> None:
        try:
            _set_damaged_aside()
            self._scans.look_for_datasets()
            keep_house(self._settings)
        except Exception:  # it must not end the work of the visitors
            log.exception("The housekeeping failed")

    def _is_alone(self) -> bool:
        silent_s = last_sign_s(SERVER)  # without a server, somebody has started this by hand
        return silent_s is not None and min(silent_s, time.time() - self._began) > SERVER_GONE_S


def _set_damaged_aside() -> None:
    """A ticket that cannot be read waits for nothing: its visitor can start the work again."""
    damaged = read_tickets()[1]
    if not damaged:
        return
    log.warning("%s cannot be read: %s", count(len(damaged), "ticket"), "; ".join(damaged.values()))
    aside = queue_dir() / DAMAGED
    aside.mkdir(exist_ok=True)
    for path in damaged:
        with suppress(OSError):
            path.replace(aside / path.name)
    drop_oldest(aside, max_entries=_DAMAGED_KEPT)
