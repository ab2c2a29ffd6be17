"""Wait for what comes by itself: a page that is drawn again, a process that goes on."""

import time
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 120
"""Far more than anything in the tests takes on a slow machine with other work."""
_EVERY_S = 0.03

Value = TypeVar("Value")


def eventually(
    read: Callable[[], Value], wanted: Value | Callable[[Value], bool] | bool = True, within_s: float = LIMIT_S
) -> Value:
    """Read until the value is the wanted one, or one that `wanted` accepts, and return it.

    Raises AssertionError with the last value when the time is over.
    """
    give_up = time.monotonic() + within_s
    while True:
        value = read()
        if wanted(value) if callable(wanted) else value == wanted:
            return value
        if time.monotonic() > give_up:
            raise AssertionError(f"Not as wanted after {within_s:g} s. The last value was {value!r}.")
        time.sleep(_EVERY_S)
