"""Which images cannot be read, found in little time: for the summary before a dataset is taken in. Every image is read
by `health.scan`, later.
"""

import os
import random
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from tlcore.data.dataset import ImageSource, Sample, Skipped
from tlcore.errors import UnreadableImage
from tlcore.system.threads import pool_of

BUDGET_S = 3.0
_MAX_THREADS = 8
_SMALL_PX = 32  # a JPEG is unpacked at an eighth, and a truncated one is still found


@dataclass(frozen=True)
class FirstLook:
    images: int
    """That were decoded: all, or as many as there was time for, drawn at random."""
    unreadable: tuple[Skipped, ...]
    """In the order of the samples."""


def look_first(samples: Sequence[Sample], source: ImageSource, budget_s: float = BUDGET_S) -> FirstLook:
    """Decode the samples in a random order, the same each time, until all are done or the time is up."""
    order = random.Random(0).sample(range(len(samples)), len(samples))
    threads = min(_MAX_THREADS, os.cpu_count() or 1)
    deadline = time.monotonic() + budget_s
    reasons: dict[int, str] = {}
    pending: deque[tuple[int, Future[str | None]]] = deque()
    looked_at = 0

    def finish_one() -> None:
        position, future = pending.popleft()
        if (reason := future.result()) is not None:
            reasons[position] = reason

    with pool_of(threads) as pool:  # decoding lets go of the interpreter lock
        for position in order:
            if time.monotonic() >= deadline:
                break
            pending.append((position, pool.submit(_reason, source, samples[position].id)))
            looked_at += 1
            if len(pending) > 2 * threads:
                finish_one()
        while pending:
            finish_one()
    return FirstLook(looked_at, tuple(Skipped(samples[position].id, reasons[position]) for position in sorted(reasons)))


def _reason(source: ImageSource, sample_id: str) -> str | None:
    """Why a sample cannot be read; None for one that can."""
    try:
        source.decode(sample_id, _SMALL_PX)
    except UnreadableImage as error:
        return str(error)
    return None
