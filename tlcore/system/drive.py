"""Run generators that yield progress, and get their return value."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import TypeVar

Told = TypeVar("Told")
Retold = TypeVar("Retold")
Result = TypeVar("Result")


def drive(work: Generator[Told, None, Result], show: Callable[[Told], object] | None = None) -> Result:
    """Run `work` to its end and return its result; `show` gets everything it yields.

    If `show` or Ctrl-C raises, the generator is closed, so that it cleans up at once.
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
    """Run `work` as part of another generator: `result = yield from relay(work, tell)`.

    `tell` turns each item of the inner generator into any number of items of the outer one.
    """
    with closing(work):
        while True:
            try:
                told = next(work)
            except StopIteration as finished:
                result: Result = finished.value
                return result
            yield from tell(told)
