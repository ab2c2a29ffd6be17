"""Features of frozen layers: computed once per image and view, cached on disk, never silently out of date.

The name of a cache file is a hash of everything that its values depend on, so it is either right or not found.
"""

import hashlib
import json
import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor, nn

from tlcore.data.dataset import Dataset, Sample, Skipped
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.models.engines.choose import REUSED, Runner
from tlcore.models.engines.part import Part
from tlcore.models.zoo import Architecture
from tlcore.system.cache import DiskCache
from tlcore.system.device import DeviceChoice
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.batches import (
    PADDING,
    ViewDataset,
    ViewKey,
    ViewLoader,
    batch_positions,
    share_of,
    worker_count,
)
from tlcore.training.inputs.meter import Meter
from tlcore.transforms.spec import TransformSpec

FORWARD_BATCH = 16  # images per forward pass; measured fastest on two cores, because activations stay in the CPU cache
DEFAULT_CACHE_GB = 4.0


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

    def key(self, trunk: Trunk, processes: Processes | None = None) -> str:
        """Hash of everything that the features depend on, computed by so many processes."""
        height, width = self.transform.output_px()
        parts = {
            "format": 2,
            "engine": self.runner(trunk, processes or Processes()).engine((height, width)),
            "libraries": {name: version(name) for name in ("torch", "torchvision", "pillow", "pillow-heif")},
            "trunk": trunk.digest(),
            "precision": trunk.choice.precision,
            "device": trunk.choice.device.type,
            "transform": self.transform.model_dump(mode="json"),
            "views": [self.views, self.seed, [s.id for s in self.samples]] if self.transform.is_random else 1,
            "images": self.dataset.source.digests([sample.id for sample in self.samples]),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load_or_compute(
    request: FeatureRequest, trunk: Trunk, workers: int | None, processes: Processes
) -> Generator[Progress, None, Features]:
    """Yields Progress while computing, if necessary; returns the Features."""
    found = _cache().load(request.key(trunk, processes), _load) if processes.is_main else None
    features: Features | None = processes.broadcast(found)
    if features is None:
        features = yield from compute_features(request, trunk, workers, processes)
        if processes.is_main:
            _save(request.key(trunk, processes), features)  # the first batch may have changed the engine
    return features


def is_cached(request: FeatureRequest, trunk: Trunk) -> bool:
    return _cache().has(request.key(trunk))


def compute_features(
    request: FeatureRequest, trunk: Trunk, workers: int | None, processes: Processes
) -> Generator[Progress, None, Features]:
    """One decode per image, one forward pass per view; each process takes its part of every batch."""
    samples, views = request.samples, tuple(range(1, request.views + 1))
    dataset = ViewDataset(samples, request.dataset.source, request.transform, request.seed)
    load = ViewLoader(dataset, worker_count(workers, trunk.choice.device, len(samples)))
    normalize, runner = request.transform.build_normalize(), request.runner(trunk, processes)
    batches = batch_positions(len(samples), max(1, FORWARD_BATCH * processes.count // len(views)), None)
    keys: list[list[ViewKey]] = [
        [(position, views) for position in share_of(batch, processes.rank, processes.count)] for batch in batches
    ]
    found: dict[int, Tensor | str] = {}
    meter, done, found_any = Meter("features", 0, len(samples)), 0, False
    for batch, items in zip(batches, load(keys), strict=True):
        found.update({position: reason for (position, _), reason in items if isinstance(reason, str)})
        readable = [(position, image) for (position, _), image in items if isinstance(image, Tensor)]
        if readable:
            images = normalize(torch.cat([image for _, image in readable]).to(trunk.choice.device))
            if not found_any and runner.converts(images):
                yield Progress("convert", 0, 0, 1, 0.0)
            found_any = True
            features = runner(images.contiguous(memory_format=trunk.choice.memory_format)).cpu()
            by_image = features.reshape(len(readable), len(views), *features.shape[1:])
            found.update({position: value for (position, _), value in zip(readable, by_image, strict=True)})
        done += len(batch)
        yield from meter.at(done)
    found.pop(PADDING, None)
    return _assemble(samples, processes.gather_dict(found), runner.words)


def _assemble(samples: Sequence[Sample], found: Mapping[int, Tensor | str], engine: str) -> Features:
    """Raises DatasetInvalid if no image could be read."""
    positions = tuple(p for p in sorted(found) if isinstance(found[p], Tensor))
    skipped = tuple(Skipped(samples[p].id, str(found[p])) for p in sorted(found) if isinstance(found[p], str))
    if not positions:
        raise DatasetInvalid(f"Not one of {len(samples)} images can be read; {skipped[0].id}: {skipped[0].reason}")
    values_VND = torch.stack([torch.as_tensor(found[p]) for p in positions], dim=1)
    return Features(values_VND, positions, skipped, engine)


def _cache() -> DiskCache:
    return DiskCache("features", ".pt", max_bytes=cache_limit_bytes())


def _save(key: str, features: Features) -> None:
    content = {
        "values": features.values_VND,
        "positions": list(features.positions),
        "left_out": [(image.id, image.reason) for image in features.skipped],
        "engine": features.engine,
    }
    _cache().save(key, lambda file: torch.save(content, file))


def _load(path: Path) -> Features:
    content = torch.load(path, weights_only=True)
    skipped = tuple(Skipped(*image) for image in content["left_out"])
    return Features(content["values"], tuple(content["positions"]), skipped, content["engine"])


def cache_limit_bytes() -> int:
    """Size limit of the feature cache: `TLCORE_CACHE_GB`, by default 4. Raises ConfigError if it is not a number."""
    text = os.environ.get("TLCORE_CACHE_GB", str(DEFAULT_CACHE_GB))
    try:
        return int(float(text) * 1e9)
    except ValueError:
        raise ConfigError(f"TLCORE_CACHE_GB is a number of gigabytes, not {text!r}.") from None
