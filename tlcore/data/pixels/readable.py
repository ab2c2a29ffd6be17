"""Decode every image once, before training: which cannot be read, and, where memory allows, the pixels to keep."""

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.data.dataset import ImageSource, Sample, Skipped
from tlcore.errors import UnreadableImage

if TYPE_CHECKING:
    import torch

_MAX_THREADS = 8


@dataclass(frozen=True)
class DecodedImages:
    skipped: tuple[Skipped, ...]
    """In the order of the samples."""
    images: "dict[str, torch.Tensor] | None"
    """Sample id -> uint8 (3, H, W) of every readable sample; None where they exceed the budget."""


def decode_all(
    samples: Sequence[Sample], source: ImageSource, budget_bytes: int
) -> Generator[int, None, DecodedImages]:
    """Decode all samples. Their pixels are kept while all of them together fit into `budget_bytes`.

    Yields the number of samples done, after each; returns the DecodedImages.
    """
    skipped: list[Skipped] = []
    images: dict[str, torch.Tensor] | None = {}
    used_bytes = 0
    for done, (sample, result) in enumerate(_decode_in_order(samples, source), start=1):
        if isinstance(result, Skipped):
            skipped.append(result)
        elif images is not None:
            images[sample.id] = result
            used_bytes += result.nbytes
            if used_bytes > budget_bytes:
                images = None
        yield done
    return DecodedImages(tuple(skipped), images)


def _decode_in_order(
    samples: Sequence[Sample], source: ImageSource
) -> "Iterator[tuple[Sample, torch.Tensor | Skipped]]":
    """Decoding lets go of the interpreter lock, so threads do. Only a few images at a time are on their way."""
    threads = min(_MAX_THREADS, os.cpu_count() or 1)
    pending: deque[tuple[Sample, Future[torch.Tensor | Skipped]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for sample in samples:
            pending.append((sample, pool.submit(_decode, source, sample.id)))
            if len(pending) > 4 * threads:
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()


def _decode(source: ImageSource, sample_id: str) -> "torch.Tensor | Skipped":
    try:
        return source.load(sample_id)
    except UnreadableImage as error:
        return Skipped(sample_id, str(error))
