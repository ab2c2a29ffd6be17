"""How long a planned run will take and how much it will write, from a few images sent through the real thing."""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from tlcore.data.dataset import Sample
from tlcore.training.checkpoint import frozen_state, trained_state
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone
from tlcore.training.fit import fit
from tlcore.training.inputs.features import FeatureRequest, Trunk, compute_features
from tlcore.training.inputs.prepare import features_at_hand
from tlcore.training.plan import Plan

TRIAL_IMAGES = 48
HEAD_EPOCH_S = 0.02  # an epoch of a linear head on kept features, with its checkpoint, on two cores


@dataclass(frozen=True)
class Disk:
    run_bytes: int
    """Of the run folder, at most."""
    cache_bytes: int
    """Of kept features, in the cache."""


@dataclass(frozen=True)
class Projection:
    batches_per_epoch: int
    epochs: int
    once_s: float
    """Before the first epoch."""
    epoch_s: float
    seconds_are: str
    """What the time is made of, in words."""
    disk: Disk

    @property
    def seconds(self) -> float:
        return self.once_s + self.epochs * self.epoch_s


def project(plan: Plan) -> Projection:
    """Measure a trial on a few images, and scale it up. Leaves `plan.model` as it is."""
    plan = replace(plan, model=deepcopy(plan.model))
    once_s, epoch_s, words = (_features_trial if plan.uses_features else _epochs_trial)(plan)
    return Projection(
        batches_per_epoch=batches_per_epoch(plan),
        epochs=plan.config.epochs,
        once_s=once_s,
        epoch_s=epoch_s,
        seconds_are=words,
        disk=projected_disk(plan),
    )


def batches_per_epoch(plan: Plan) -> int:
    return -(-len(plan.dataset.split("train")) // plan.config.batch_size)


def projected_disk(plan: Plan) -> Disk:
    """What the run will write, from shapes alone."""
    trained = sum(value.nbytes for value in trained_state(plan, plan.model).values())
    frozen = sum(value.nbytes for value in frozen_state(plan, plan.model).values())
    feature_bytes = 0
    if plan.uses_features:
        trunk = Trunk(plan.model, plan.architecture, plan.choice)
        views = len(plan.dataset.split("train")) * plan.train_views + len(plan.dataset.split("val"))
        feature_bytes = views * trunk.bytes_per_view(plan.config.eval_transform)
    # a model per epoch and epoch 0, and two optimiser states of at most two values per weight
    return Disk(frozen + trained * (plan.config.epochs + 1) + 2 * 2 * trained, feature_bytes)


def _features_trial(plan: Plan) -> tuple[float, float, str]:
    if features_at_hand(plan):
        return 0.0, HEAD_EPOCH_S, "the features are in the cache; the epochs read them"
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    transform, views = plan.config.train_transform, plan.train_views
    request = FeatureRequest(plan.dataset, _spread(train, TRIAL_IMAGES), transform, views, plan.config.seed)
    trunk = Trunk(plan.model.eval(), plan.architecture, plan.choice)
    started = time.perf_counter()
    for _ in compute_features(request, trunk, plan.config.workers, Processes()):
        pass
    per_image = (time.perf_counter() - started) / len(request.samples)
    words = f"{1000 * per_image:.0f} ms for each image once; the epochs then read its features"
    return per_image * (len(train) + len(val) / views), HEAD_EPOCH_S, words


def _epochs_trial(plan: Plan) -> tuple[float, float, str]:
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    few = (*_spread(train, TRIAL_IMAGES), *_spread(val, TRIAL_IMAGES))
    trial = replace(
        plan,
        dataset=replace(plan.dataset, samples=few),
        config=plan.config.model_copy(update={"epochs": 1, "schedule": type(plan.config.schedule)()}),
    )
    records = [event.record for event in fit(trial) if isinstance(event, EpochDone)]
    train_s = len(train) / records[1].images_per_s
    val_s = len(val) / records[0].images_per_s
    words = f"{train_s:.1f} s to train and {val_s:.1f} s to validate in each epoch"
    return 0.0, train_s + val_s, words


def _spread(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    """About `count` samples, evenly over the split, and at least one of each class."""
    chosen = {sample.target: sample for sample in samples}
    every = samples[:: max(1, len(samples) // count)]
    return tuple({sample.id: sample for sample in (*chosen.values(), *every)}.values())
