"""Report the progress of a pass over the images a few times a second."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

from tlcore.system.drive import relay
from tlcore.training.events import Progress

EVERY_S = 0.1
T = TypeVar("T")


class Meter:
    """Turns counts of images into Progress events, and drops those that come too soon."""

    def __init__(self, phase: str, epoch: int, total: int) -> None:
        self._phase, self._epoch, self._total = phase, epoch, total
        self._started = self._told = time.perf_counter()

    def is_due(self, done: int) -> bool:
        return done >= self._total or time.perf_counter() - self._told >= EVERY_S

    def through(self, counting: Generator[int, None, T], before: int = 0) -> Generator[Progress, None, T]:
        """Follow a computation that yields its number of finished images; `before` images were finished earlier."""
        result = yield from relay(counting, lambda done: self.at(before + done))
        return result

    def at(self, done: int, loss: float | None = None, accuracy: float | None = None) -> Iterator[Progress]:
        """A Progress if one is due."""
        if not self.is_due(done):
            return
        now = self._told = time.perf_counter()
        rate = done / max(now - self._started, 1e-9)
        yield Progress(self._phase, self._epoch, done, self._total, rate, loss, accuracy)


def as_part(work: Generator[Progress, None, T], before: int, total: int) -> Generator[Progress, None, T]:
    """Follow one of several passes as a part of `total` images, of which `before` were finished earlier."""
    result = yield from relay(work, lambda progress: (replace(progress, done=before + progress.done, total=total),))
    return result
