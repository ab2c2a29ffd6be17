"""The learning-rate range test: train a copy of the model with a rising learning rate, and record the loss.

Source: Smith (2015), "Cyclical Learning Rates for Training Neural Networks", in the exponential form of fastai.
"""

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch

from tlcore.errors import ConfigError
from tlcore.models.architecture import HEAD
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.fit import Trainer
from tlcore.training.inputs.batches import Batch, Batches
from tlcore.training.inputs.prepare import prepare_inputs
from tlcore.training.plan import Plan

START, END, STEPS = 1e-7, 10.0, 100  # fastai's
SMOOTHING = 0.98  # decay of the moving average of the loss, as in fastai
DIVERGED = 4.0  # the test ends at this many times the lowest loss so far, as in fastai
MIN_POINTS = 20
SHARE = 0.7  # of the whole fall of the loss; measured: docs/benchmarks.md
WIDTH = 0.04  # standard deviation of the Gaussian average, as a share of the points
MIN_FALL = 0.05  # the loss must fall by this fraction of its first value, else the curve says nothing


@dataclass(frozen=True)
class RatePoint:
    learning_rate: float
    """Learning rate of the head; the other groups keep their ratio to it."""
    loss: float
    """Loss of this batch, in nats per image."""
    smoothed_loss: float


@dataclass(frozen=True)
class Suggestion:
    learning_rate: float | None
    """Suggested learning rate. None: the curve shows none."""
    reason: str
    """The reason, as a sentence for the user."""


def find_learning_rate(
    plan: Plan, *, start: float = START, end: float = END, steps: int = STEPS
) -> Generator[Progress | RatePoint, None, None]:
    """Yields Progress while the images are prepared, then one point per optimiser step, until the loss diverges.

    In fine-tuning, the head first learns alone for its own epochs, as in the run: the rates are for what follows.
    Optimiser, layer groups, batches and stored features are those of the plan. `plan.model` does not change. Seeds
    torch's global generator. Raises ConfigError if the range of learning rates is empty.
    """
    base = plan.learning_rates[HEAD]
    if not base or not 0 < start < end:
        raise ConfigError(
            f"The range test climbs from {start:g} to {end:g}, with the head at {base:g} of the plan: "
            "all have to be above 0, and the end above the start."
        )
    torch.manual_seed(plan.config.seed)
    plan = replace(plan, model=deepcopy(plan.model))
    processes = Processes()
    inputs = yield from prepare_inputs(plan, processes)
    trainer = Trainer(plan, inputs, processes)
    head_epochs = plan.config.strategy.head_epochs
    for epoch in range(1, head_epochs + 1):
        yield from (event for event in trainer.train_epoch(epoch) if isinstance(event, Progress))
    batches = trainer.begin(head_epochs + 1).train
    average = _Average()
    lowest = math.inf
    for step, batch in enumerate(itertools.islice(_endless(batches), steps)):
        rate = start * (end / start) ** (step / max(steps - 1, 1))
        loss_sum, _, images = trainer.step(batch, rate / base).tolist()
        loss = loss_sum / images
        if not math.isfinite(loss):
            return
        smoothed = average.add(loss)
        yield RatePoint(rate, loss, smoothed)
        lowest = min(lowest, smoothed)
        if smoothed > DIVERGED * lowest:
            return


def suggest(points: Sequence[RatePoint]) -> Suggestion:
    """A learning rate at which the loss falls, or the reason why there is none.

    It is the higher one of fastai's `valley` (the middle of the longest fall of the smoothed curve) and of the rate at
    which the loss has fallen by `SHARE` of its whole fall. For the latter each loss is averaged with those before and
    after it: the smoothed curve only looks back, and lags behind by tens of steps.
    """
    if len(points) < MIN_POINTS:
        return Suggestion(None, f"Only {len(points)} steps before the loss diverged: too few for a suggestion.")
    losses = _smoothed([point.loss for point in points])
    early = len(losses) // 10
    first, lowest = sum(losses[:early]) / early, min(losses[early:])
    if lowest > (1 - MIN_FALL) * first:
        return Suggestion(None, "The loss never falls clearly, so the curve gives no suggestion.")
    bound = first - SHARE * (first - lowest)
    fallen = next(point.learning_rate for point, loss in zip(points, losses, strict=True) if loss <= bound)
    chosen = max(fallen, _valley(points))
    return Suggestion(chosen, f"At {chosen:.2g} the loss falls, and most of its fall is done.")


def _valley(points: Sequence[RatePoint]) -> float:
    """The rate in the middle of the longest falling subsequence, without the first tenth of the points and the last
    five, as in fastai."""
    points = points[len(points) // 10 : -5]
    losses = [point.smoothed_loss for point in points]
    lengths = [1] * len(losses)
    for here in range(len(losses)):
        for before in range(here):
            if losses[before] > losses[here]:
                lengths[here] = max(lengths[here], lengths[before] + 1)
    last = lengths.index(max(lengths))
    first = last - lengths[last]  # as in fastai, computed from its length
    third = (last - first) / 3
    return points[first + int(third) + int(third / 2)].learning_rate


def _smoothed(losses: Sequence[float]) -> list[float]:
    """Each loss as a Gaussian average of its neighbours. Losses above `DIVERGED` times the first one count as that."""
    reach = 3 * WIDTH * len(losses)
    found = []
    bounded = [min(loss, DIVERGED * losses[0]) for loss in losses]
    for here in range(len(losses)):
        near = range(max(0, math.ceil(here - reach)), min(len(losses), math.floor(here + reach) + 1))
        weights = [math.exp(-(((other - here) / (WIDTH * len(losses))) ** 2) / 2) for other in near]
        found.append(sum(w * bounded[other] for w, other in zip(weights, near, strict=True)) / sum(weights))
    return found


class _Average:
    """Exponential moving average, corrected for the bias at its start."""

    def __init__(self) -> None:
        self._value, self._weight = 0.0, 0.0

    def add(self, value: float) -> float:
        self._value = SMOOTHING * self._value + (1 - SMOOTHING) * value
        self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
        return self._value / self._weight


def _endless(batches: Batches) -> Iterator[Batch]:
    for epoch in itertools.count(1):
        yield from batches.epoch(epoch, shuffle=True)
