"""Training's first pass over its images: find unreadable ones and, if memory allows, keep the pixels.

`sources` loads each of them, `images` decodes it.
"""

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tlcore.data.dataset import ImageSource, Sample, Skipped
from tlcore.errors import UnreadableImage
from tlcore.system.threads import pool_of
from tlcore.transforms.spec import TransformSpec

if TYPE_CHECKING:
    import torch

_MAX_THREADS = 8


@dataclass(frozen=True)
class DecodedImages:
    skipped: tuple[Skipped, ...]
    """In the order of the samples."""
    images: "dict[str, torch.Tensor] | None"
    """Sample id -> uint8 (3, H, W) of every readable sample; None if they exceed the budget."""


def decode_all(
    samples: Sequence[tuple[Sample, TransformSpec]], source: ImageSource, budget_bytes: int
) -> Generator[int, None, DecodedImages]:
    """Decode all samples for their transforms. Their pixels are kept if all together fit into `budget_bytes`.

    Yields the number of samples done, after each; returns the DecodedImages.
    """
    skipped: list[Skipped] = []
    kept = _Kept(budget_bytes)
    for done, result in enumerate(_decode_in_order(samples, source, kept), start=1):
        if result is not None:
            skipped.append(result)
        yield done
    return DecodedImages(tuple(skipped), kept.images)


class _Kept:
    """The decoded images, until they exceed the budget. All threads share it, so dropping them frees all."""

    def __init__(self, budget_bytes: int) -> None:
        self.images: dict[str, torch.Tensor] | None = {}
        self._left_bytes = budget_bytes
        self._lock = Lock()

    def add(self, sample_id: str, image: "torch.Tensor") -> None:
        with self._lock:
            self._left_bytes -= image.nbytes
            if self._left_bytes < 0:
                self.images = None
            elif self.images is not None:
                self.images[sample_id] = image


def _decode_in_order(
    samples: Sequence[tuple[Sample, TransformSpec]], source: ImageSource, kept: _Kept
) -> Iterator[Skipped | None]:
    """Yield a Skipped for each unreadable sample, None for others. Threads are enough: decoding releases the GIL."""
    threads = min(_MAX_THREADS, os.cpu_count() or 1)
    pending: deque[Future[Skipped | None]] = deque()
    with pool_of(threads) as pool:
        for sample, transform in samples:
            pending.append(pool.submit(_decode, source, sample.id, transform, kept))
            if len(pending) > 4 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _decode(source: ImageSource, sample_id: str, transform: TransformSpec, kept: _Kept) -> Skipped | None:
    try:
        kept.add(sample_id, source.load(sample_id, transform))
    except UnreadableImage as error:
        return Skipped(sample_id, str(error))
    return None
