"""Whether the space of a visitor may grow. Whoever is about to store something asks here; the host answers.

The limits, and what is used of them, are known to `hosting`, which calls `answer_with`. On one's own machine nothing
is asked.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import NotAllowed
from tlcore.system.home import Space, space


@dataclass(frozen=True)
class Wish:
    """What somebody wants to store."""

    size_bytes: int = 0
    images: int = 0
    runs: int = 0
    files: int = 0
    """Files that were given in one go."""
    largest_bytes: int = 0
    """Bytes of the largest of these files."""


Room = Callable[[Space, Wish], AbstractContextManager[None]]
Growth = Callable[[Space, Path, int], None]
_answers: list[tuple[Room, Growth]] = []


def answer_with(room: Room, growth: Growth) -> None:
    """Ask these functions from now on. Both raise NotAllowed; `room` keeps what it promised until its context ends."""
    _answers[:] = [(room, growth)]


@contextmanager
def room_for(wish: Wish) -> Iterator[None]:
    """Store inside of this context. Raises NotAllowed before anything is written, if it is too much."""
    here = space()
    if here.host is None:
        yield
        return
    with _answer()[0](here, wish):
        yield


def check_growth(path: Path, size_bytes: int) -> None:
    """Called with each file before it appears under its name. Raises NotAllowed if the space is full.

    Files outside of the visitor's home, such as those of the queue, are not asked for.
    """
    here = space()
    if here.host is not None and path.is_relative_to(here.home):
        _answer()[1](here, path, size_bytes)


def _answer() -> tuple[Room, Growth]:
    """Without the host's answer nothing is allowed, so that a process that forgot to ask for it shows that."""
    if not _answers:
        raise NotAllowed("Nothing can be stored: the limits of this shared dashboard are not known to this process.")
    return _answers[0]
