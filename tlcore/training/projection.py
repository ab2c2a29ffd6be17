"""How long a planned run will take and how much it will write, from a few images sent through the real thing."""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from tlcore.data.dataset import Sample
from tlcore.training.events import EpochDone
from tlcore.training.features import FeatureRequest, Trunk, compute_features
from tlcore.training.fit import fit
from tlcore.training.plan import Plan
from tlcore.training.processes import Processes
from tlcore.training.state import frozen_state, trained_state

TRIAL_IMAGES = 48
HEAD_EPOCH_S = 0.02  # an epoch of a linear head on kept features, with its checkpoint, on two cores


@dataclass(frozen=True)
class Projection:
    batches_per_epoch: int
    seconds: float
    seconds_are: str
    """What the time is made of, in words."""
    run_bytes: int
    cache_bytes: int


def project(plan: Plan) -> Projection:
    """Measure a trial on a few images, and scale it up. Leaves `plan.model` as it is."""
    plan = replace(plan, model=deepcopy(plan.model))
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    trained = sum(value.nbytes for value in trained_state(plan, plan.model).values())
    frozen = sum(value.nbytes for value in frozen_state(plan, plan.model).values())
    seconds, words = (_features_trial if plan.uses_features else _epochs_trial)(plan)
    feature_bytes = 0
    if plan.uses_features and plan.config.eval_transform is not None:
        trunk = Trunk(plan.model, plan.architecture, plan.choice)
        views = len(train) * plan.train_views + len(val)
        feature_bytes = views * trunk.bytes_per_view(plan.config.eval_transform)
    return Projection(
        batches_per_epoch=-(-len(train) // plan.config.batch_size),
        seconds=seconds,
        seconds_are=words,
        # a model per epoch and epoch 0, and two optimiser states of at most two values per weight
        run_bytes=frozen + trained * (plan.config.epochs + 1) + 2 * 2 * trained,
        cache_bytes=feature_bytes,
    )


def _features_trial(plan: Plan) -> tuple[float, str]:
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    transform, views = plan.config.train_transform, plan.train_views
    assert transform is not None
    request = FeatureRequest(plan.dataset, _spread(train, TRIAL_IMAGES), transform, views, plan.config.seed)
    trunk = Trunk(plan.model.eval(), plan.architecture, plan.choice)
    started = time.perf_counter()
    for _ in compute_features(request, trunk, plan.config.workers, Processes()):
        pass
    per_image = (time.perf_counter() - started) / len(request.samples)
    seconds = per_image * (len(train) + len(val) / views) + HEAD_EPOCH_S * plan.config.epochs
    return seconds, f"{1000 * per_image:.0f} ms for each image once; the epochs then read its features"


def _epochs_trial(plan: Plan) -> tuple[float, str]:
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
    return plan.config.epochs * (train_s + val_s), words


def _spread(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    """About `count` samples, evenly over the split, and at least one of each class."""
    chosen = {sample.target: sample for sample in samples}
    every = samples[:: max(1, len(samples) // count)]
    return tuple({sample.id: sample for sample in (*chosen.values(), *every)}.values())
