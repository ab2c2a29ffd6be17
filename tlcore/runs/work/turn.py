"""Whose turn it is: one worker at a time, in the order of submission, for all that share a home folder.

The turn is a lock of the operating system, which frees itself when its process dies, and the queue is what the run
folders say, so both outlive the dashboard.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from tlcore.runs.folder.run import Run, list_runs, split_readable
from tlcore.runs.folder.status import Status
from tlcore.system.home import home_dir

POLL_S = 0.25


def live_runs() -> list[Run]:
    """Runs that a process has in hand: first the one under way, then those that wait, in their order."""
    return [run for run, _ in _live()]


def queue() -> list[Run]:
    """The runs that wait for their turn, the next one first."""
    return [run for run, status in _live() if status.state == "queued"]


@contextmanager
def turn(submitted: float, gives_up: Callable[[], bool]) -> Iterator[bool]:
    """Wait for all that was submitted before, then hold the machine; False where `gives_up` became true first."""
    lock = FileLock(home_dir() / "turn.lock")
    while not gives_up():
        if _take(lock):  # first, because it is quick, and nearly always held while somebody trains
            try:
                if _is_next(submitted):
                    yield True
                    return
            finally:
                lock.release()
        time.sleep(POLL_S)
    yield False


def _live() -> list[tuple[Run, Status]]:
    live = [run for run in list_runs() if run.status().is_live]
    found = [(run, status) for run in split_readable(live)[0] if (status := run.status()).is_live]
    return sorted(found, key=lambda entry: (entry[1].state == "queued", entry[1].submitted, entry[0].name))


def _is_next(submitted: float) -> bool:
    return all(status.submitted >= submitted for _, status in _live() if status.state == "queued")


def _take(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
