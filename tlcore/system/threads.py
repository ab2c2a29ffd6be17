"""Threads that work in the space of the code that starts them: a new thread would have none (`tlcore.system.home`)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tlcore.system.home import Space, in_space, space, stay_in


def pool_of(threads: int) -> ThreadPoolExecutor:
    """A pool of at most so many threads, all in the current space."""
    return ThreadPoolExecutor(threads, initializer=stay_in, initargs=(space(),))


def start_thread(work: Callable[[], object]) -> threading.Thread:
    """Do some work in a thread of its own, in the current space. It does not keep the process alive."""
    thread = threading.Thread(target=_work_in, args=(space(), work), daemon=True)
    thread.start()
    return thread


def _work_in(inner: Space, work: Callable[[], object]) -> None:
    with in_space(inner):
        work()
