"""Carry out work that tells its progress as a generator, and hand back what it returns."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import TypeVar

Told = TypeVar("Told")
Retold = TypeVar("Retold")
Result = TypeVar("Result")


def drive(work: Generator[Told, None, Result], show: Callable[[Told], object] | None = None) -> Result:
    """The result of `work`; `show` gets each thing that it tells on the way.

    The work is closed where `show` raises, or Ctrl-C does, so that it tidies up at once.
    """
    with closing(work):
        while True:
            try:
                told = next(work)
            except StopIteration as finished:
                result: Result = finished.value
                return result
            if show is not None:
                show(told)


def relay(
    work: Generator[Told, None, Result], tell: Callable[[Told], Iterable[Retold]]
) -> Generator[Retold, None, Result]:
    """Carry out `work` as part of another generator: `result = yield from relay(work, tell)`.

    `tell` makes what the outer one tells of each thing that the inner one does; none, or several.
    """
    with closing(work):
        while True:
            try:
                told = next(work)
            except StopIteration as finished:
                result: Result = finished.value
                return result
            yield from tell(told)
