"""Send views from the decoding processes to the loop: through shared memory or through a pipe.

Shared memory is faster. But in a container it often has only 64 MB, and a process that finds it full drops its batch,
so the loop would wait forever. So it is used only if it has room for twice the data that can be on its way.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.errors import DataError

TIMEOUT_S = 300
"""A batch that takes longer will not come: a process or a disk hangs."""
PREFETCH = 2
"""Batches that each process prepares in advance."""

_SHARED_MEMORY = "/dev/shm"
_QUEUE_BYTES = 128 << 10

Item = tuple[Any, Tensor | str]
"""A key with its views (V, 3, H, W), or with the reason why there are no views."""


class Packed(NamedTuple):
    keys: list[Any]
    reasons: list[str | None]
    """Reason per key; None if there are views."""
    views: Tensor | npt.NDArray[np.uint8] | None
    """Shape (R, V, 3, H, W): all views in order, in one block, because each block needs a file descriptor."""


def free_shared_bytes() -> int | None:
    """Free shared memory in bytes. None if the system has no folder for it: then no folder limits its size."""
    try:
        status = os.statvfs(_SHARED_MEMORY)
    except (OSError, AttributeError):
        return None
    return status.f_bavail * status.f_frsize


def has_room_for_queues(workers: int, free_bytes: int | None) -> bool:
    """Whether this many processes can be started: their queues need a few pages of shared memory each."""
    return free_bytes is None or free_bytes >= workers * _QUEUE_BYTES


def choose_pack(batch_bytes: int, workers: int, free_bytes: int | None) -> Callable[[Sequence[Item]], Packed]:
    """The collate function for batches of at most this size: `pack_shared` or `pack_piped`."""
    on_their_way = batch_bytes * (workers * PREFETCH + 1)
    return pack_shared if free_bytes is None or 2 * on_their_way <= free_bytes else pack_piped


def pack_shared(items: Sequence[Item]) -> Packed:
    """Pack as a tensor, which is sent through shared memory."""
    views = [view for _, view in items if isinstance(view, Tensor)]
    reasons = [view if isinstance(view, str) else None for _, view in items]
    return Packed([key for key, _ in items], reasons, torch.stack(views) if views else None)


def pack_piped(items: Sequence[Item]) -> Packed:
    """Pack as an array, which is sent through a pipe."""
    packed = pack_shared(items)
    return packed._replace(views=packed.views.numpy()) if isinstance(packed.views, Tensor) else packed


def unpack(packed: Packed) -> list[Item]:
    """The items of a packed batch."""
    views = iter(() if packed.views is None else torch.as_tensor(packed.views))
    return [
        (key, next(views) if reason is None else reason)
        for key, reason in zip(packed.keys, packed.reasons, strict=True)
    ]


@contextmanager
def errors_in_words(workers: int) -> Iterator[None]:
    """Raises DataError if a decoding process was killed or does not answer."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if "DataLoader" not in text or not workers:
            raise
        happened = f"did not answer for {TIMEOUT_S} s" if "timed out" in text else "was ended by the system"
        raise DataError(
            f"One of {workers} processes that read images {happened}. Most likely the memory was full, or the disk "
            "hangs: use fewer workers, or a smaller batch size."
        ) from None
