"""One pass of a run's network over photographs, as fast as decoding and the network are: each is decoded once.

The features are kept as those of training images are. So another epoch of a frozen run runs only its head, and a run
that learns from these photographs starts at once. N images, D features, V views.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from tlcore.data.dataset import Sample
from tlcore.evaluation.familiar import Familiar
from tlcore.evaluation.kept_logits import Found, Saver
from tlcore.models.split import build_head
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.feature_store import load_rows, save_rows
from tlcore.training.inputs.features import ComputedBatch, FeatureRequest, as_rows, compute_batches
from tlcore.training.inputs.inference import HeadLogits
from tlcore.training.inputs.meter import Meter
from tlcore.training.inputs.whole import as_rows as as_feature_rows
from tlcore.training.plan import Plan, fits_cache, trunk_of

AT_ONCE = 1024  # kept features that go through the head together

Part: TypeAlias = Mapping[int, Found | str]
"""Position of an image -> what the network gives, or why the image cannot be used."""


def pass_over(
    plan: Plan, samples: Sequence[Sample], familiar: Familiar | None = None
) -> Generator[Progress | Part, None, None]:
    """Each image once, a few at a time. No two samples have the same content.

    Without the `familiar` features, no distances are known. Features that were computed are kept when the generator is
    closed, too.
    """
    request = FeatureRequest(plan.dataset, samples, plan.config.eval_transform, 1, plan.config.seed)
    trunk = trunk_of(plan)
    runner = request.runner(trunk, Processes())
    head = _Head(plan, familiar)
    keys, keeps = request.row_keys(), fits_cache(plan, len(samples))
    kept = load_rows(request.family(trunk), keys) if keeps else None
    meter, done = Meter("answer", 0, len(samples)), 0
    position_of = {key: position for position, key in enumerate(keys)}
    rest = list(range(len(samples)))
    if kept is not None:
        for start in range(0, len(kept.keys), AT_ONCE):
            positions = [position_of[key] for key in kept.keys[start : start + AT_ONCE]]
            yield head.part(positions, kept.values_VND[0, start : start + AT_ONCE])
            yield from meter.at(done := done + len(positions))
        yield {position_of[key]: reason for key, reason in kept.unreadable.items()}
        known = {*kept.keys, *kept.unreadable}
        rest = [position for position, key in enumerate(keys) if key not in known]
    if not rest:
        return
    new: dict[int, Tensor | str] = {}

    def save() -> None:
        if keeps and new:
            save_rows(request.family(trunk), as_rows([keys[position] for position in rest], new, runner.words))
            new.clear()

    saver = Saver(save)
    todo = FeatureRequest(plan.dataset, [samples[i] for i in rest], request.transform, 1, request.seed)
    done = len(samples) - len(rest)
    try:
        for step in compute_batches(todo, runner, plan.choice, plan.config.workers, Processes()):
            if not isinstance(step, ComputedBatch):
                yield step
                continue
            new |= step.found
            yield head.of_batch(step, rest)
            yield from meter.at(done := done + step.images)
            saver.if_due()
    finally:
        saver.now()


class _Head:
    """From features to logits, and to distances if they can be measured."""

    def __init__(self, plan: Plan, familiar: Familiar | None) -> None:
        self._logits = HeadLogits(build_head(plan.model, plan.architecture), plan.choice, "")
        self._device = plan.choice.device
        self._familiar = familiar

    def of_batch(self, batch: ComputedBatch, places: Sequence[int]) -> Part:
        """`places`: the position in the whole pass, for that of each image in the batch's request."""
        readable = {position: value[0] for position, value in batch.found.items() if isinstance(value, Tensor)}
        found: dict[int, Found | str] = {
            places[position]: reason for position, reason in batch.found.items() if isinstance(reason, str)
        }
        if readable:
            found |= self.part([places[position] for position in readable], torch.stack(list(readable.values())))
        return found

    def part(self, positions: Sequence[int], features: Tensor) -> Part:
        """`features`: (N, D), or (N, D, h, w), of the images at these positions."""
        features = features.float()
        logits_NC = self._logits(features.to(self._device)).float().cpu().numpy()
        unknown = np.full(len(positions), np.nan, np.float32)
        distances = unknown if self._familiar is None else self._familiar.distances(as_feature_rows(features))
        return {
            position: Found(logits_C, float(distance))
            for position, logits_C, distance in zip(positions, logits_NC, distances, strict=True)
        }
