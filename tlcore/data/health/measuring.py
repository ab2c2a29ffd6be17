"""Measure many images in child processes, also when called from a page.

This does not use multiprocessing: its children import the main module again, which is a page in a Streamlit server.
"""

import os
import pickle
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from queue import SimpleQueue

from tlcore.data.dataset import ImageSource
from tlcore.data.health.measures import Columns, measure
from tlcore.errors import DataError
from tlcore.system.spawn import start
from tlcore.system.threads import pool_of

ALONE_S = 0.4
"""Processes take about this long to start. Work that is done sooner needs none."""

_BLOCK_S = 0.2  # seconds between two reports
_MAX_BLOCK = 256
_MAX_PROCESSES = 8


def measure_all(source: ImageSource, sample_ids: Sequence[str]) -> Generator[Columns, None, None]:
    """Yield `measures.measure` of all these images, in order, in blocks.

    Closing the generator ends the processes. Raises DataError if one of them was ended by something else.
    """
    started, done, block = time.perf_counter(), 0, 1
    while done < len(sample_ids) and (elapsed := time.perf_counter() - started) < ALONE_S:
        if done:
            block = max(1, min(_MAX_BLOCK, int(_BLOCK_S * done / elapsed)))
        yield measure(source, sample_ids[done : done + block])
        done += block
    blocks = [sample_ids[start : start + block] for start in range(done, len(sample_ids), block)]
    yield from _in_processes(source, blocks)


def _in_processes(source: ImageSource, blocks: Sequence[Sequence[str]]) -> Iterator[Columns]:
    count = min(len(blocks), _MAX_PROCESSES, os.cpu_count() or 1)
    if not count:
        return
    idle: SimpleQueue[_Worker] = SimpleQueue()
    pending: deque[Future[Columns]] = deque()

    def ask(block: Sequence[str]) -> Columns:
        worker = idle.get()
        try:
            return worker.measure(block)
        finally:
            idle.put(worker)

    with pool_of(count) as threads, ExitStack() as workers:
        for _ in range(count):
            idle.put(workers.enter_context(_Worker(source)))
        for block in blocks:
            pending.append(threads.submit(ask, block))
            if len(pending) > 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


class _Worker:
    """A child process that measures the images it is sent. It ends with this object, or when its parent is gone."""

    def __init__(self, source: ImageSource) -> None:
        self._process = start(
            [],
            module="tlcore.data.health.measuring",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            environment={"OMP_NUM_THREADS": "1"},
            gives_way=False,
        )
        self._source: ImageSource | None = source

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def measure(self, sample_ids: Sequence[str]) -> Columns:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            if self._source is not None:
                pickle.dump(self._source, self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._source = None
            pickle.dump(list(sample_ids), self._process.stdin)
            self._process.stdin.flush()
            columns: Columns = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise DataError(
                f"A process that was reading images was ended, somewhere from {sample_ids[0]} to {sample_ids[-1]}. "
                "Most likely the memory was full: close other programs, and try again."
            ) from None
        return columns


def _serve() -> None:
    """The child's side of `_Worker`."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # printed text must not get into the answers
    try:
        source = pickle.load(requests)
        while True:
            pickle.dump(measure(source, pickle.load(requests)), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):  # the parent has finished or is gone
        os._exit(0)


if __name__ == "__main__":
    _serve()
