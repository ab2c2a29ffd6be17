"""Interrupt long work from outside, wherever it is."""

import _thread
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_S = 0.2


@contextmanager
def interrupted_by(asked: Callable[[], bool]) -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread once `asked` says so, as Ctrl-C would: also amid a download."""
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
