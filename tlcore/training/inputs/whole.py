"""Features of several splits as one table of numbers, for what looks at a whole dataset: label check, neighbours, map.

The features are computed and kept per split, as runs with a frozen backbone keep them, so that both share them.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset, Sample, Skipped
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.features import FeatureRequest, Features, Trunk, load_or_compute
from tlcore.training.inputs.meter import as_part
from tlcore.training.plan import Plan, plan_run, trunk_of
from tlcore.training.resolve import resolve


@dataclass(frozen=True)
class WholeFeatures:
    """The features of every readable image of a dataset, split by split."""

    samples: tuple[Sample, ...]
    values_ND: npt.NDArray[np.float32]
    """A row per sample. A feature map is averaged over its places, so that D is its number of channels."""
    skipped: tuple[Skipped, ...]


def dataset_features(config: RunConfig, dataset: Dataset) -> Generator[Progress, None, WholeFeatures]:
    """Yields Progress while features are computed, if necessary; returns those of all splits in the evaluation view.

    Uses backbone, weights, evaluation transform, seed and device of the configuration; its data counts for nothing.
    Raises ConfigError, ModelError, DeviceError, or DatasetInvalid if no image of a split can be read.
    """
    features = yield from plan_features(plan_run(resolve(config), dataset))
    return features


def plan_features(plan: Plan) -> Generator[Progress, None, WholeFeatures]:
    """The same for a plan: its dataset, and its network, which may be a trained one."""
    requests = split_requests(plan, plan.dataset.split_names)
    features = yield from joined_features(requests, trunk_of(plan), plan.config.workers)
    requested = [sample for request in requests for sample in request.samples]
    samples = tuple(requested[position] for position in features.positions)
    return WholeFeatures(samples, as_rows(features.values_VND[0]), features.skipped)


def split_requests(plan: Plan, splits: Sequence[str]) -> list[FeatureRequest]:
    """The features of each of these splits in the evaluation view."""
    transform, seed = plan.config.eval_transform, plan.config.seed
    return [FeatureRequest(plan.dataset, plan.dataset.split(name), transform, 1, seed) for name in splits]


def joined_features(
    requests: Sequence[FeatureRequest], trunk: Trunk, workers: int | None
) -> Generator[Progress, None, Features]:
    """The features of several requests of one trunk, one after another; positions count through all their samples."""
    total = sum(len(request.samples) for request in requests)
    values: list[Tensor] = []
    positions: list[int] = []
    skipped: list[Skipped] = []
    before, engine = 0, ""
    for request in requests:
        features = yield from as_part(load_or_compute(request, trunk, workers, Processes()), before, total)
        values.append(features.values_VND)
        positions += [before + position for position in features.positions]
        skipped += features.skipped
        before, engine = before + len(request.samples), features.engine
    return Features(torch.cat(values, dim=1), tuple(positions), tuple(skipped), engine)


def as_rows(values_N: Tensor) -> npt.NDArray[np.float32]:
    """Features of N images as one row each: a feature map is averaged over its places."""
    values_N = values_N.float()
    is_map = values_N.dim() == 4  # images x channels x height x width
    rows: npt.NDArray[np.float32] = (values_N.mean((2, 3)) if is_map else values_N.flatten(1)).numpy()
    return rows
