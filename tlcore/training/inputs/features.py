"""Features of frozen layers: computed once per image and view, kept on disk, never silently out of date.

The name of a kept row is a hash of everything that its values depend on, so it is either right or not found. Which
split an image is in, its label, and the other images beside it are no part of that. So an edit, another split and a
fold compute only the images that are new.
"""

import hashlib
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tlcore.data.dataset import Dataset, Sample, Skipped
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import DatasetInvalid
from tlcore.models.engines.choose import REUSED, Runner
from tlcore.models.engines.part import Part
from tlcore.models.zoo import Architecture
from tlcore.system.device import DeviceChoice
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.batches import (
    PADDING,
    ViewDataset,
    ViewKey,
    ViewLoader,
    share_of,
    worker_count,
)
from tlcore.training.inputs.feature_store import (
    KEY_BYTES,
    Rows,
    join_rows,
    load_rows,
    missing_keys,
    pick_rows,
    save_rows,
)
from tlcore.training.inputs.meter import Meter
from tlcore.transforms.spec import TransformSpec

FORWARD_BATCH = 16  # images per forward pass; measured fastest on two cores, because activations stay in the CPU cache


@dataclass(frozen=True)
class Features:
    values_VND: Tensor
    """Shape: views x readable images x feature shape, in the precision of the engine."""
    positions: tuple[int, ...]
    """Positions of the images among the requested samples: all but the unreadable ones, in order."""
    skipped: tuple[Skipped, ...]
    engine: str = ""
    """The engine that computed them, in words."""


@dataclass(frozen=True)
class Trunk:
    """The frozen part of a network, with everything that its features depend on."""

    model: nn.Module
    architecture: Architecture
    choice: DeviceChoice

    def digest(self) -> str:
        """Hash of the architecture and of every weight and statistic below the head."""
        return self.part.digest()

    @property
    def part(self) -> Part:
        return Part(self.model, self.architecture, "features")

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """The features, by the network as it is. Passes over many images use a `Runner` of the `part`."""
        with torch.inference_mode(), self.choice.autocast():
            return self.part(images_NCHW)

    def bytes_per_view(self, transform: TransformSpec) -> int:
        """Largest size of one feature: from the linear head's input size, else from the output for one black image."""
        final = self.model.get_submodule(self.architecture.head)
        if isinstance(final, nn.Linear):
            return final.in_features * torch.float32.itemsize
        feature = self._of_a_black_image(transform)
        return feature.numel() * feature.element_size()

    def feature_shape(self, transform: TransformSpec) -> tuple[int, ...]:
        """Shape of the feature of one image, found by computing one."""
        return tuple(self._of_a_black_image(transform).shape[1:])

    def _of_a_black_image(self, transform: TransformSpec) -> Tensor:
        black = transform.build()(torch.zeros(3, 64, 64, dtype=torch.uint8))[None]
        return self.forward(black.to(next(self.model.parameters()).device))


@dataclass(frozen=True)
class FeatureRequest:
    """The features to compute: views of one split through one trunk."""

    dataset: Dataset
    samples: Sequence[Sample]
    transform: TransformSpec
    views: int
    seed: int

    def runner(self, trunk: Trunk, processes: Processes) -> Runner:
        """Runs the trunk over this dataset. Every split and view has the same engine."""
        images = len(self.dataset.samples)
        return Runner(trunk.part, trunk.choice, images, passes=REUSED, processes=processes.count)

    def family(self, trunk: Trunk, processes: Processes | None = None) -> str:
        """Hash of everything that the features of an image depend on, but the image; computed by so many processes.

        The engine depends on the number of images in the dataset, and on whether the trunk was converted before, by a
        longer pass. Where it changes, all are computed again, once: some seconds.
        """
        height, width = self.transform.output_px()
        parts = {
            "format": 3,
            "engine": self.runner(trunk, processes or Processes()).engine((height, width)),
            "libraries": {name: version(name) for name in ("torch", "torchvision", "pillow", "pillow-heif")},
            "trunk": trunk.digest(),
            "precision": trunk.choice.precision,
            "device": trunk.choice.device.type,
            "transform": self.transform.model_dump(mode="json"),
            "views": [self.views, self.seed] if self.transform.is_random else 1,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[: 2 * KEY_BYTES]

    def row_keys(self) -> list[bytes]:
        """Per sample, the hash of what its features depend on besides the family: its content; and its id if that
        decides how it is augmented, or if there is no content that can be read."""
        ids = [sample.id for sample in self.samples]
        by_id = self.transform.is_random
        return [
            _row_key(digest, name if by_id or digest == MISSING else "")
            for name, digest in zip(ids, self.dataset.source.digests(ids), strict=True)
        ]

    def key(self, trunk: Trunk) -> str:
        """Hash of everything that the features of these samples depend on."""
        return hashlib.sha256(b"".join([self.family(trunk).encode(), *self.row_keys()])).hexdigest()


def _row_key(digest: str, name: str) -> bytes:
    return hashlib.blake2b(os.fsencode(f"{digest}\0{name}"), digest_size=KEY_BYTES).digest()


def load_or_compute(
    request: FeatureRequest, trunk: Trunk, workers: int | None, processes: Processes
) -> Generator[Progress, None, Features]:
    """Yields Progress while computing, if necessary; returns the Features. Only images without a kept row are computed.

    On a CPU the values have the same bits as those of a pass over all images: every forward pass has a number of images
    at which it does not matter which others are beside an image. Raises DatasetInvalid if no image can be read.
    """
    keys = processes.broadcast(request.row_keys() if processes.is_main else None)
    family = request.family(trunk, processes)
    kept: Rows | None = processes.broadcast(load_rows(family, keys) if processes.is_main else None)
    new: Rows | None = None
    while rest := _first_of_each(keys, without=(kept, new)):
        samples, its_keys = [request.samples[position] for position in rest], [keys[position] for position in rest]
        computed = yield from _compute(replace(request, samples=samples), its_keys, trunk, workers, processes)
        new = computed if new is None else join_rows(new, computed)
        before, family = family, request.family(trunk, processes)
        if family != before and kept is not None:  # the first batch has changed the engine, so these are of another one
            kept = processes.broadcast(load_rows(family, keys) if processes.is_main else None)
    if new is not None and processes.is_main:
        save_rows(family, new)
    return _in_order(request.samples, keys, pick_rows([rows for rows in (kept, new) if rows is not None], keys))


def is_cached(request: FeatureRequest, trunk: Trunk) -> bool:
    return not missing_keys(request.family(trunk), request.row_keys())


def compute_features(
    request: FeatureRequest, trunk: Trunk, workers: int | None, processes: Processes
) -> Generator[Progress, None, Features]:
    """The same without the disk: every image is computed, and nothing is kept."""
    keys = [position.to_bytes(KEY_BYTES, "big") for position in range(len(request.samples))]
    rows = yield from _compute(request, keys, trunk, workers, processes)
    return _in_order(request.samples, keys, rows)


def _first_of_each(keys: Sequence[bytes], without: Sequence[Rows | None]) -> list[int]:
    """The position of each key that none of these rows has; of equal keys the first."""
    known = {key for rows in without if rows is not None for key in (*rows.keys, *rows.unreadable)}
    first = {key: position for position, key in reversed(list(enumerate(keys))) if key not in known}
    return sorted(first.values())


class ComputedBatch(NamedTuple):
    """The features of some images."""

    images: int
    """The number of images, of all processes."""
    found: dict[int, Tensor | str]
    """Position of an image of this process -> its features (V, ...) on the CPU, or why it cannot be used."""


def compute_batches(
    request: FeatureRequest, runner: Runner, choice: DeviceChoice, workers: int | None, processes: Processes
) -> Iterator[Progress | ComputedBatch]:
    """One decode per image, one forward pass per view; each process takes its part of every batch. Nothing is kept.

    A Progress comes only before a batch that takes longer, because the network is converted.
    """
    samples, views = request.samples, tuple(range(1, request.views + 1))
    dataset = ViewDataset(samples, request.dataset.source, request.transform, request.seed)
    load = ViewLoader(dataset, worker_count(workers, choice.device, len(samples)))
    normalize = request.transform.build_normalize()
    at_once = max(1, FORWARD_BATCH // len(views))
    everything = list(range(len(samples)))
    size = at_once * processes.count
    batches = [everything[start : start + size] for start in everything[::size]]
    wanted: list[list[ViewKey]] = [
        [(position, views) for position in share_of(batch, processes.rank, processes.count)] for batch in batches
    ]
    found_any = False
    for batch, items in zip(batches, load(wanted), strict=True):
        found: dict[int, Tensor | str] = {
            position: reason for (position, _), reason in items if isinstance(reason, str)
        }
        readable = [(position, image) for (position, _), image in items if isinstance(image, Tensor)]
        if readable:
            count = runner.fewest(len(readable) * len(views), usual=at_once * len(views))
            images = _fill_up(torch.cat([image for _, image in readable]), count)
            images = normalize(images.to(choice.device))
            if not found_any and runner.converts(images):
                yield Progress("convert", 0, 0, 1, 0.0)
            found_any = True
            features = runner(images.contiguous(memory_format=choice.memory_format)).cpu()
            by_image = features[: len(readable) * len(views)].reshape(len(readable), len(views), *features.shape[1:])
            found.update({position: value for (position, _), value in zip(readable, by_image, strict=True)})
        found.pop(PADDING, None)
        yield ComputedBatch(len(batch), found)


def _compute(
    request: FeatureRequest, keys: Sequence[bytes], trunk: Trunk, workers: int | None, processes: Processes
) -> Generator[Progress, None, Rows]:
    runner, found = request.runner(trunk, processes), dict[int, Tensor | str]()
    meter, done = Meter("features", 0, len(request.samples)), 0
    for step in compute_batches(request, runner, trunk.choice, workers, processes):
        if isinstance(step, Progress):
            yield step
            continue
        found |= step.found
        done += step.images
        yield from meter.at(done)
    return as_rows(keys, processes.gather_dict(found), runner.words)


def _fill_up(images_NCHW: Tensor, count: int) -> Tensor:
    """This many images, the last one repeated."""
    missing = count - len(images_NCHW)
    return torch.cat([images_NCHW, images_NCHW[-1:].expand(missing, -1, -1, -1)]) if missing > 0 else images_NCHW


def as_rows(keys: Sequence[bytes], found: Mapping[int, Tensor | str], engine: str) -> Rows:
    """What was found at the positions of these keys, to be kept."""
    readable = [position for position in sorted(found) if isinstance(found[position], Tensor)]
    unreadable = {keys[position]: reason for position, reason in sorted(found.items()) if isinstance(reason, str)}
    values = [torch.as_tensor(found[position]) for position in readable]
    values_VND = torch.stack(values, dim=1) if values else torch.empty(0, 0)
    return Rows(tuple(keys[position] for position in readable), values_VND, unreadable, engine)


def _in_order(samples: Sequence[Sample], keys: Sequence[bytes], rows: Rows) -> Features:
    """Raises DatasetInvalid if no image could be read."""
    reasons = [rows.unreadable.get(key) for key in keys]
    positions = tuple(position for position, reason in enumerate(reasons) if reason is None)
    skipped = tuple(
        Skipped(sample.id, reason) for sample, reason in zip(samples, reasons, strict=True) if reason is not None
    )
    if not positions:
        raise DatasetInvalid(f"Not one of {len(samples)} images can be read; {skipped[0].id}: {skipped[0].reason}")
    return Features(rows.values_VND, positions, skipped, rows.engine)
