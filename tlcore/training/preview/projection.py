"""Estimate a planned run's time and disk space by running the real code on a few images."""

import time
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tlcore.data.dataset import Sample
from tlcore.models.split import build_head
from tlcore.training.checkpoint import frozen_state, trained_state
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone
from tlcore.training.fit import Trainer, fit
from tlcore.training.inputs.batches import FeatureBatches
from tlcore.training.inputs.features import FeatureRequest, compute_features
from tlcore.training.inputs.prepare import Inputs, features_at_hand
from tlcore.training.optimisation.optimizers import find_optimizer
from tlcore.training.plan import Plan, trunk_of

TRIAL_IMAGES = 48
HEAD_STEPS = 8  # number of timed images
RECORD_S = 0.01  # time to write an epoch of a small head: checkpoint, metrics, status
_TENSOR_BYTES = 700  # overhead per tensor in a checkpoint: names, offsets, alignment
_CHECKPOINT_BYTES = 40_000  # overhead per checkpoint: random generators, schedule, metrics
_EPOCH_BYTES = 4_000  # an epoch's line of metrics and its part of the log
_RUN_BYTES = 200_000  # a run's description, status, and worker log
_SAMPLE_BYTES = 200  # a sample in the list of samples, without its name


@dataclass(frozen=True)
class Disk:
    run_bytes: int
    """Largest size of the run folder."""
    cache_bytes: int
    """Size of the stored features in the cache."""


@dataclass(frozen=True)
class Projection:
    batches_per_epoch: int
    epochs: int
    """Number of epochs that take `epoch_s` each."""
    once_s: float
    """Time of the rest: what is computed before the first epoch, and in fine-tuning the epochs of the head alone."""
    epoch_s: float
    seconds_are: str
    """The parts of the time, in words."""
    disk: Disk

    @property
    def seconds(self) -> float:
        return self.once_s + self.epochs * self.epoch_s


def project(plan: Plan) -> Projection:
    """Measure a trial on a few images and extrapolate. `plan.model` does not change."""
    plan = replace(plan, model=deepcopy(plan.model))
    once_s, epoch_s, words = (_features_trial if plan.uses_features else _epochs_trial)(plan)
    return Projection(
        batches_per_epoch=plan.batches_per_epoch,
        epochs=plan.config.epochs - plan.config.strategy.head_epochs,
        once_s=once_s,
        epoch_s=epoch_s,
        seconds_are=words,
        disk=projected_disk(plan),
    )


def projected_disk(plan: Plan) -> Disk:
    """Upper limit of what the run writes, only from shapes: weights, optimiser states, averages and stored logits."""
    config = plan.config
    trained, frozen = (_bytes(state(plan, plan.model).values()) for state in (trained_state, frozen_state))
    # What a checkpoint stores to continue from: the optimiser's state, and the weights behind an average
    values = find_optimizer(config.optimizer.name).state_values
    resumable = trained * values + (trained if config.ema_decay is not None else 0)
    resumable += _TENSOR_BYTES * len(trained_state(plan, plan.model))
    checkpoints = config.epochs + 1
    # last and best, and the one being written
    kept = checkpoints if config.keep_optimizer_state == "all" else min(checkpoints, 3)
    bytes_ = frozen + (trained + _CHECKPOINT_BYTES + _EPOCH_BYTES) * checkpoints + resumable * kept
    bytes_ += _logits_bytes(plan) * checkpoints + _listed_bytes(plan) + _RUN_BYTES
    feature_bytes = 0
    if plan.uses_features or config.strategy.head_epochs:
        trunk = trunk_of(plan)
        of_train = plan.train_views if plan.uses_features else 1
        views = len(plan.dataset.split("train")) * of_train + len(plan.dataset.split("val"))
        feature_bytes = views * trunk.bytes_per_view(plan.config.eval_transform)
    return Disk(bytes_, feature_bytes)


def _bytes(values: Iterable[Tensor]) -> int:
    return sum(value.nbytes + _TENSOR_BYTES for value in values)


def _logits_bytes(plan: Plan) -> int:
    """Size of an epoch's predictions for val and test: logits, targets and names, four bytes per character."""
    samples = [*plan.dataset.split("val"), *plan.dataset.split("test")]
    name = max((len(sample.id) for sample in samples), default=0)
    return len(samples) * (4 * len(plan.dataset.classes) + 8 + 4 * name) + 2 * 2_000


def _listed_bytes(plan: Plan) -> int:
    return sum(len(sample.id.encode()) + _SAMPLE_BYTES for sample in plan.dataset.samples)


def _features_trial(plan: Plan) -> tuple[float, float, str]:
    if features_at_hand(plan):
        return 0.0, _head_epoch_s(plan), "the features are in the cache; the epochs read them"
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    transform, views = plan.config.train_transform, plan.train_views
    request = FeatureRequest(plan.dataset, _spread(train, TRIAL_IMAGES), transform, views, plan.config.seed)
    trunk = trunk_of(plan)
    started, before, converts = time.perf_counter(), 0, False
    for progress in compute_features(request, trunk, plan.config.workers, Processes()):
        if converts and progress.done < len(
            request.samples
        ):  # the first batch waited for a conversion that the run itself will find done
            started, before = time.perf_counter(), progress.done
        converts = progress.phase == "convert"
    per_image = (time.perf_counter() - started) / max(len(request.samples) - before, 1)
    words = f"{1000 * per_image:.0f} ms for each image once; the epochs then read its features"
    return per_image * (len(train) + len(val) / views), _head_epoch_s(plan), words


def _head_epoch_s(plan: Plan) -> float:
    """Time of an epoch of the head on stored features: some steps on random features of this shape, times the batches.

    Trains `plan.model`, which is a copy.
    """
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    trunk = trunk_of(plan)
    images = min(plan.config.batch_size, len(train))
    features_VND = torch.randn(1, images, *trunk.feature_shape(plan.config.eval_transform))
    targets = torch.arange(images) % len(plan.dataset.classes)
    batches = FeatureBatches(features_VND, targets, plan.choice, images, plan.config.seed)
    trainer = Trainer(plan, Inputs(batches, batches, are_features=True, is_mixed=False), Processes())
    trainer.begin(1)
    head = build_head(plan.model, plan.architecture)

    def step() -> None:
        for batch in batches.epoch(1, shuffle=True):
            trainer.step(batch, 1.0).tolist()  # waits for the device

    def validate() -> None:
        with torch.inference_mode():
            for batch in batches.epoch(1, shuffle=False):
                head(batch.inputs).sum().item()

    per_batch_s, per_validated_s = (_mean_s(work) for work in (step, validate))
    return plan.batches_per_epoch * per_batch_s + len(val) / images * per_validated_s + RECORD_S


def _mean_s(work: Callable[[], None]) -> float:
    work()  # the first call loads the code into memory
    started = time.perf_counter()
    for _ in range(HEAD_STEPS):
        work()
    return (time.perf_counter() - started) / HEAD_STEPS


def _epochs_trial(plan: Plan) -> tuple[float, float, str]:
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    few = (*_spread(train, TRIAL_IMAGES), *_spread(val, TRIAL_IMAGES))
    config = plan.config
    alone = {
        "epochs": 1,
        "schedule": config.schedule.model_copy(update={"name": "constant", "warmup_epochs": 0.0}),
        "strategy": config.strategy.model_copy(update={"head_epochs": 0}),
    }
    trial = replace(plan, dataset=replace(plan.dataset, samples=few), config=config.model_copy(update=alone))
    records = [event.record for event in fit(trial) if isinstance(event, EpochDone)]
    train_s = len(train) / records[1].images_per_s
    val_s = len(val) / records[0].images_per_s
    words = f"{train_s:.1f} s to train and {val_s:.1f} s to validate in each epoch"
    head_epochs = config.strategy.head_epochs
    if not head_epochs:
        return 0.0, train_s + val_s, words
    once_s = val_s * (len(train) + len(val)) / len(val) + head_epochs * _head_epoch_s(plan)
    return once_s, train_s + val_s, f"{once_s:.1f} s for {head_epochs} epochs of the head alone, then {words}"


def _spread(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    """About `count` samples, evenly spaced over the split, with at least one of each class."""
    chosen = {sample.target: sample for sample in samples}
    every = samples[:: max(1, len(samples) // count)]
    return tuple({sample.id: sample for sample in (*chosen.values(), *every)}.values())
