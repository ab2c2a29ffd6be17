"""Interrupt long work in the main thread from outside, at any point."""

import _thread
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_S = 0.2


@contextmanager
def interrupted_by(asked: Callable[[], bool]) -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread when `asked` returns true, as Ctrl-C would, even during a download."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(POLL_S):
            if asked():
                _thread.interrupt_main()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
