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
    trainer.set_frozen(1)
    average = _Average()
    lowest = math.inf
    for step, batch in enumerate(itertools.islice(_endless(inputs.train), steps)):
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
    """A learning rate from the valley of the smoothed curve, or the reason why there is none.

    It is the middle of the longest falling part, without the first tenth of the points and the last five, as in
    fastai's `valley`. Further along the loss still falls, but Adam's steps are too large there: after 13 epochs on ants
    and bees, the point at two thirds gave a validation loss of 0.149, the middle 0.091.
    """
    if len(points) < MIN_POINTS:
        return Suggestion(None, f"Only {len(points)} steps before the loss diverged: too few for a suggestion.")
    points = points[len(points) // 10 : -5]
    losses = [point.smoothed_loss for point in points]
    first, last = _longest_fall(losses)
    if losses[last] > (1 - MIN_FALL) * losses[max(first, 0)]:
        return Suggestion(None, "The loss never falls clearly, so the curve gives no suggestion.")
    third = (last - first) / 3
    chosen = points[first + int(third) + int(third / 2)].learning_rate
    return Suggestion(chosen, f"{chosen:.2g} is in the middle of the longest stretch over which the loss falls.")


def _longest_fall(losses: Sequence[float]) -> tuple[int, int]:
    """Start and end of the longest falling subsequence. As in fastai, the start is computed from its length."""
    lengths = [1] * len(losses)
    for here in range(len(losses)):
        for before in range(here):
            if losses[before] > losses[here]:
                lengths[here] = max(lengths[here], lengths[before] + 1)
    last = lengths.index(max(lengths))
    return last - lengths[last], last


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
