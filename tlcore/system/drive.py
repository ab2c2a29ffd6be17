"""Carry out work that tells its progress as a generator, and hand back what it returns."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Told = TypeVar("Told")
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
