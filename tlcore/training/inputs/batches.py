"""Batches of images or features that are the same for any number of workers and processes.

Augmentation is drawn from a seed per (run, view, image), and the order from a seed per (run, epoch), so neither depends
on which process loads an image or on what was loaded before. Shapes: N images, H x W px, V views, D feature.
"""

import hashlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tlcore.data.dataset import ImageSource, Sample
from tlcore.errors import UnreadableImage
from tlcore.system.device import DeviceChoice
from tlcore.training.inputs.transport import (
    PREFETCH,
    TIMEOUT_S,
    Packed,
    choose_pack,
    errors_in_words,
    free_shared_bytes,
    has_room_for_queues,
    pack_shared,
    unpack,
)
from tlcore.transforms.spec import TransformSpec

PADDING = -1  # means "no sample": fills up the last batch so that every process has the same number of rows

ViewKey = tuple[int, tuple[int, ...]]
"""Position of a sample and the requested views of it."""


class Batch(NamedTuple):
    inputs: Tensor
    """Normalised images (N, 3, H, W), or features (N, ...)."""
    targets: Tensor
    """Class indices, shape (N,)."""
    counts: Tensor
    """1.0 for a sample, 0.0 for padding, shape (N,)."""
    positions: Tensor
    """Position of each sample in its split, shape (N,); PADDING for padding."""
    size: int
    """Number of samples in this batch over all processes."""


class Batches(Protocol):
    """The interface of both kinds of training input: images for the whole network, features for the head."""

    targets: Tensor
    engine: str
    """The engine that computed the features, in words. Empty: these are images."""

    def epoch(self, epoch: int, *, shuffle: bool) -> Iterator[Batch]: ...

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        ...


def batch_positions(count: int, batch_size: int, order_seed: int | None) -> list[list[int]]:
    """Positions 0..count-1 in batches; shuffled by `order_seed` unless that is None.

    BatchNorm has no variance for a batch of one, so a single last sample joins the batch before it.
    """
    if order_seed is None:
        order = list(range(count))
    else:
        order = torch.randperm(count, generator=torch.Generator().manual_seed(order_seed)).tolist()
    batches = [order[start : start + batch_size] for start in range(0, count, batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:
        single = batches.pop()
        batches[-1] += single
    return batches


def share_of(batch: Sequence[int], rank: int, processes: int) -> list[int]:
    """One process's part of a batch, padded to the same length for all processes."""
    part = list(batch[rank::processes])
    return part + [PADDING] * (-(-len(batch) // processes) - len(part))


def derived_seed(*parts: object) -> int:
    """A seed of 63 bits that depends on all parts, the same on every machine."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


@dataclass(frozen=True)
class ViewDataset(Dataset[tuple[ViewKey, Tensor | str]]):
    """Loads samples as uint8 views: (sample, views) -> (V, 3, H, W), or the reason why the image cannot be read."""

    samples: Sequence[Sample]
    source: ImageSource
    transform: TransformSpec
    seed: int
    decoded: Mapping[str, Tensor] | None = None
    """Images already in memory, by sample id, unpacked as the transform says."""

    def __getitem__(self, key: ViewKey) -> tuple[ViewKey, Tensor | str]:
        position, views = key
        if position == PADDING:  # any image can be used, because its weight is 0
            position = 0
        sample = self.samples[position]
        try:
            image = self.decoded[sample.id] if self.decoded is not None else self.source.load(sample.id, self.transform)
        except UnreadableImage as error:
            return key, str(error)
        try:
            return key, torch.stack([self._view(image, sample.id, view) for view in views])
        except (RuntimeError, ValueError) as error:  # a blur wider than the image, or an empty crop
            height, width = image.shape[1:]
            reason = " ".join(str(error).split())[:200]
            return key, f"the transform cannot work on {width} x {height} px: {reason}"

    @cached_property
    def _operations(self) -> Callable[[Tensor], Tensor]:
        operations: Callable[[Tensor], Tensor] = self.transform.build_operations()
        return operations

    def _view(self, image: Tensor, sample_id: str, view: int) -> Tensor:
        if not self.transform.is_random:
            return torch.Tensor.contiguous(self._operations(image).as_subclass(torch.Tensor))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derived_seed(self.seed, view, sample_id))
            return torch.Tensor.contiguous(self._operations(image).as_subclass(torch.Tensor))


class _KeyBatches:
    """The batch sampler of a DataLoader with persistent workers."""

    def __init__(self) -> None:
        self.batches: list[list[ViewKey]] = []

    def __iter__(self) -> Iterator[list[ViewKey]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


class ViewLoader:
    """Decodes and transforms in worker processes, and returns batches in the requested order."""

    def __init__(self, dataset: ViewDataset, workers: int) -> None:
        self._dataset = dataset
        self._workers = workers
        self._keys = _KeyBatches()
        self._loader: DataLoader[Any] | None = None

    def __call__(self, batches: list[list[ViewKey]]) -> Iterator[list[tuple[ViewKey, Tensor | str]]]:
        """Raises DataError if a worker was killed or does not answer."""
        self._keys.batches = batches
        with errors_in_words(self._workers):
            for packed in self._begin(batches):
                yield unpack(packed)

    def _begin(self, batches: list[list[ViewKey]]) -> Iterator[Packed]:
        if self._loader is None:
            self._loader = self._build(batches)
        try:
            return iter(self._loader)
        except OSError:  # not even enough shared memory for the queues of the workers
            self._workers = 0
            self._loader = self._build(batches)
            return iter(self._loader)

    def _build(self, batches: list[list[ViewKey]]) -> DataLoader[Any]:
        free_bytes = free_shared_bytes()
        workers = self._workers if has_room_for_queues(self._workers, free_bytes) else 0
        pack = choose_pack(self._batch_bytes(batches), workers, free_bytes) if workers else pack_shared
        return DataLoader(
            self._dataset,
            batch_sampler=self._keys,
            num_workers=workers,
            persistent_workers=workers > 0,
            prefetch_factor=PREFETCH if workers else None,
            timeout=TIMEOUT_S if workers else 0,
            collate_fn=pack,
            worker_init_fn=_leave_signals_to_the_main_process,
            generator=torch.Generator(),  # so that loading does not use the generator that dropout uses
        )

    def _batch_bytes(self, batches: list[list[ViewKey]]) -> int:
        height, width = self._dataset.transform.output_px()
        views = max((sum(len(views) for _, views in batch) for batch in batches), default=0)
        return 3 * height * width * views


def _leave_signals_to_the_main_process(worker: int) -> None:
    """Ignore signals that are meant for the loop: Ctrl-C reaches every process of the terminal, and SIGTERM every
    process of a service, but the loop decides when its workers end. A SIGTERM from the loop itself is obeyed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not hasattr(signal, "sigwaitinfo"):
        return
    parent, terminate = os.getppid(), {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, terminate)

    def wait() -> None:
        while signal.sigwaitinfo(terminate).si_pid != parent:
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def worker_count(told: int | None, device: torch.device, images: int, *, decoded: bool = False) -> int:
    """Number of decoding processes: as requested, else by device; 0 if they would cost more time than they save.

    On a CPU with decoded images there is little work besides the network, which uses every core.
    """
    if told is not None:
        return told
    if decoded and device.type == "cpu":
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    spawned = sys.platform in ("win32", "darwin")  # each new process imports torch again: seconds, not milliseconds
    if cores == 1 or images < (2000 if spawned else 64):
        return 0
    return min(cores, 8 if device.type == "cuda" else 2)


class ImageBatches:
    """Newly transformed images; epoch e draws view e."""

    def __init__(
        self,
        dataset: ViewDataset,
        choice: DeviceChoice,
        batch_size: int,
        workers: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.targets = torch.tensor([sample.target for sample in dataset.samples])
        self.engine = ""
        self._samples = dataset.samples
        self._normalize = dataset.transform.build_normalize()
        self._load = ViewLoader(dataset, workers)
        self._choice = choice
        self._batch_size = batch_size
        self._seed = dataset.seed
        self._rank, self._processes = rank, processes

    def __len__(self) -> int:
        return len(batch_positions(len(self.targets), self._batch_size, None))

    def epoch(self, epoch: int, *, shuffle: bool) -> Iterator[Batch]:
        order_seed = derived_seed(self._seed, "order", epoch) if shuffle else None
        batches = batch_positions(len(self.targets), self._batch_size, order_seed)
        parts = [share_of(batch, self._rank, self._processes) for batch in batches]
        loaded = self._load([[(position, (epoch,)) for position in part] for part in parts])
        device = self._choice.device
        for batch, part, items in zip(batches, parts, loaded, strict=True):
            views = [self._readable(key, view) for key, view in items]
            images = torch.cat(views).to(device, non_blocking=True)
            positions = torch.tensor(part)
            yield Batch(
                inputs=self._normalize(images).contiguous(memory_format=self._choice.memory_format),
                targets=self.targets[positions.clamp(min=0)].to(device),
                counts=(positions != PADDING).float().to(device),
                positions=positions.to(device),
                size=len(batch),
            )

    def _readable(self, key: ViewKey, view: Tensor | str) -> Tensor:
        if isinstance(view, str):
            sample = self._samples[max(key[0], 0)]
            raise UnreadableImage(f"{sample.id} could be read when the run started, and cannot be used now: {view}")
        return view


class FeatureBatches:
    """Stored features of frozen layers; epoch e uses view e, and after the last view the first one again."""

    def __init__(
        self,
        features_VND: Tensor,
        targets: Tensor,
        choice: DeviceChoice,
        batch_size: int,
        seed: int,
        engine: str = "",
    ) -> None:
        self.engine = engine
        self._features_VND = features_VND.to(choice.device)
        self.targets = targets
        self._targets = targets.to(choice.device)
        self._batch_size = batch_size
        self._seed = seed

    def __len__(self) -> int:
        return len(batch_positions(len(self.targets), self._batch_size, None))

    def epoch(self, epoch: int, *, shuffle: bool) -> Iterator[Batch]:
        order_seed = derived_seed(self._seed, "order", epoch) if shuffle else None
        features_ND = self._features_VND[(epoch - 1) % len(self._features_VND)]
        for batch in batch_positions(len(self.targets), self._batch_size, order_seed):
            positions = torch.tensor(batch, device=features_ND.device)
            yield Batch(
                inputs=features_ND[positions].float(),
                targets=self._targets[positions],
                counts=torch.ones(len(batch), device=features_ND.device),
                positions=positions,
                size=len(batch),
            )
