"""Take turns: one worker at a time trains, in the order of submission, for all that share a home folder.

The turn is an operating system lock, which is released when its process dies. The queue is read from the run folders.
So both survive a restart of the dashboard.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from tlcore.runs.folder.run import Run, list_runs, split_readable
from tlcore.runs.folder.status import Status
from tlcore.runs.work.tickets import goes_to_queue
from tlcore.system.home import home_dir, is_mine

POLL_S = 0.25


def live_runs() -> list[Run]:
    """The own runs that processes handle: first the current one, then the waiting ones in their order."""
    return [run for run, _ in live_statuses()]


def live_statuses() -> list[tuple[Run, Status]]:
    """The same with their statuses, each read once."""
    statuses = {run: status for run in list_runs() if (status := run.status()).is_live and is_mine(run.path)}
    found = [(run, statuses[run]) for run in split_readable(list(statuses))[0]]
    return sorted(found, key=lambda entry: (entry[1].state == "queued", entry[1].submitted, entry[0].name))


def queue() -> list[Run]:
    """The runs that wait for their turn, the next one first."""
    return [run for run, status in live_statuses() if status.state == "queued"]


@contextmanager
def turn(submitted: float, gives_up: Callable[[], bool]) -> Iterator[bool]:
    """Wait until all earlier submissions are done, then take the turn; False if `gives_up` became true first.

    In the space of a visitor, the dispatcher has taken the turn already.
    """
    if goes_to_queue():  # the dispatcher has the turn of the host meanwhile
        yield True
        return
    lock = FileLock(home_dir() / "turn.lock")
    while not gives_up():
        if _take(lock):  # first, because it is fast, and the lock is nearly always held during a training
            try:
                if _is_next(submitted):
                    yield True
                    return
            finally:
                lock.release()
        time.sleep(POLL_S)
    yield False


def _is_next(submitted: float) -> bool:
    return all(status.submitted >= submitted for _, status in live_statuses() if status.state == "queued")


def _take(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
