"""The table of schedules: the factor on every learning rate over the epochs.

A new one is a new entry in `SCHEDULES`: the form, the options of the command line and the lessons are made from the
entries.

A schedule is a function of the training's progress, so a preview needs no optimiser and a resumed run no replay. Only
`plateau` depends on results, and stores them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError, suggestion

ONE_CYCLE_RISE = 0.3  # fraction of the training with a rising rate; this and the divisors are OneCycleLR's defaults
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = ONE_CYCLE_START / 1e4


@dataclass(frozen=True)
class Position:
    """The progress of a training in (fractional) epochs. The warm-up does not count."""

    done: float
    """Epochs before this step."""
    epochs: float
    """Epochs of the whole training."""
    step: float
    """Epochs per step: 1 / steps per epoch. 0: as if steps were infinitely small."""


@dataclass(frozen=True)
class ScheduleEntry:
    label: str
    """Name shown to users."""
    fields: tuple[str, ...]
    """The settings of a `ScheduleConfig` that it uses, besides its name."""
    words: Callable[[ScheduleConfig], str]
    """What it does with these settings, in sentences for learners. Empty if there is nothing to say."""
    factor: Callable[[ScheduleConfig, Position], float]
    """The factor on the learning rates."""
    watches_loss: bool = False
    """Whether the validation loss reduces the learning rate by `gamma`, in addition to `factor`."""


def _constant(config: ScheduleConfig, at: Position) -> float:
    return 1.0


def _step(config: ScheduleConfig, at: Position) -> float:
    return float(config.gamma ** math.floor(at.done / config.step_epochs + 1e-9))


def _cosine(config: ScheduleConfig, at: Position) -> float:
    """Loshchilov and Hutter (2017), without restarts."""
    return _anneal(1.0, 0.0, at.done / at.epochs)


def _one_cycle(config: ScheduleConfig, at: Position) -> float:
    """Smith and Topin (2018), as torch's OneCycleLR with cosine annealing; the momentum is left alone.

    As in torch, the end value is reached in the last step, and the peak one step before the end of the rise.
    """
    peak, last = ONE_CYCLE_RISE * at.epochs - at.step, at.epochs - at.step
    if at.done <= peak:
        return _anneal(ONE_CYCLE_START, 1.0, _share(at.done, peak))
    return _anneal(1.0, ONE_CYCLE_END, _share(at.done - peak, last - peak))


def _share(done: float, whole: float) -> float:
    return done / whole if whole > 0 else 1.0


def _anneal(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2


def _says_nothing(config: ScheduleConfig) -> str:
    return ""


def _step_in_words(config: ScheduleConfig) -> str:
    return (
        f"After every {config.step_epochs} epochs the rate is multiplied by {config.gamma:g}. Large steps come near a "
        "good place and then jump about it; small ones go in. The curve often drops right after a reduction."
    )


def _cosine_in_words(config: ScheduleConfig) -> str:
    return "The rate falls smoothly to nearly nothing, so that the last epochs settle instead of jumping about."


def _one_cycle_in_words(config: ScheduleConfig) -> str:
    return (
        f"The rate first climbs, over {100 * ONE_CYCLE_RISE:g} % of the training, from a {1 / ONE_CYCLE_START:g}th of "
        "its value to all of it: a new layer that still guesses cannot do much harm. Then it falls smoothly to nearly "
        "nothing, so that the last epochs settle instead of jumping about."
    )


def _plateau_in_words(config: ScheduleConfig) -> str:
    epochs = f"{config.patience + 1} epochs in a row" if config.patience else "an epoch"
    return (
        f"After {epochs} without a lower validation loss the rate is multiplied by {config.gamma:g}. It is "
        "lowered when the training has stopped getting better, and not at an epoch that somebody chose before."
    )


SCHEDULES: dict[str, ScheduleEntry] = {
    "constant": ScheduleEntry("Constant", ("warmup_epochs",), _says_nothing, _constant),
    "step": ScheduleEntry("Step", ("warmup_epochs", "step_epochs", "gamma"), _step_in_words, _step),
    "cosine": ScheduleEntry("Cosine", ("warmup_epochs",), _cosine_in_words, _cosine),
    "one_cycle": ScheduleEntry("One cycle", ("warmup_epochs",), _one_cycle_in_words, _one_cycle),
    "plateau": ScheduleEntry(
        "Plateau", ("warmup_epochs", "gamma", "patience"), _plateau_in_words, _constant, watches_loss=True
    ),
}


def find_schedule(name: str) -> ScheduleEntry:
    """The entry with this name. Raises ConfigError, which lists the known names."""
    if name not in SCHEDULES:
        raise ConfigError(f"No schedule named {name!r}. {suggestion(name, SCHEDULES)}")
    return SCHEDULES[name]


def schedules_with(field: str) -> tuple[str, ...]:
    """Names of the schedules that use this setting of a `ScheduleConfig`."""
    return tuple(name for name, entry in SCHEDULES.items() if field in entry.fields)


class Schedule:
    """The factor on every learning rate, from the first step to the last."""

    def __init__(
        self, config: ScheduleConfig, epochs: int, steps_per_epoch: int | None = None, head_epochs: int = 0
    ) -> None:
        """`steps_per_epoch` are the optimiser's steps; without them, the curve is smooth, for a preview. In the first
        `head_epochs` of all `epochs` the factor is 1; the schedule begins after them.

        A schedule without a name is constant. Raises ConfigError for an unknown name, and for head epochs or a warm-up
        that leave nothing after them.
        """
        self._entry = find_schedule(config.name or "constant")
        if head_epochs and head_epochs >= epochs:
            raise ConfigError(
                f"{head_epochs} epochs of the head alone leave nothing of {epochs} for the other layers. Use fewer "
                "of them, or choose feature_extraction."
            )
        if config.warmup_epochs >= epochs - head_epochs:
            raise ConfigError(
                f"A warm-up of {config.warmup_epochs:g} epochs leaves nothing of {epochs - head_epochs}. Shorten it."
            )
        self.config = config
        self.epochs = epochs
        self._head_epochs = head_epochs
        self._step = 1 / steps_per_epoch if steps_per_epoch else 0.0
        self._reductions = 0
        self._lowest_loss: float | None = None
        self._epochs_since_lowest = 0

    def factor(self, epochs_done: float) -> float:
        """The factor for the step that begins after `epochs_done` (fractional) epochs."""
        epochs_done -= self._head_epochs
        if epochs_done < 0:
            return 1.0
        warmup = self.config.warmup_epochs
        if epochs_done < warmup:
            # Use the rate at the end of the step: with the rate at its beginning, the first step would do nothing
            return min(1.0, (epochs_done + self._step) / warmup)
        position = Position(epochs_done - warmup, self.epochs - self._head_epochs - warmup, self._step)
        return float(self._entry.factor(self.config, position) * self.config.gamma**self._reductions)

    def end_epoch(self, val_loss: float) -> None:
        """Give the epoch's validation loss to a schedule that depends on it."""
        if not self._entry.watches_loss:
            return
        if self._lowest_loss is None or val_loss < self._lowest_loss * (1 - 1e-4):  # ReduceLROnPlateau's threshold
            self._lowest_loss, self._epochs_since_lowest = val_loss, 0
        else:
            self._epochs_since_lowest += 1
        if self._epochs_since_lowest > self.config.patience:
            self._reductions, self._epochs_since_lowest = self._reductions + 1, 0

    def state_dict(self) -> dict[str, Any]:
        return {
            "reductions": self._reductions,
            "lowest_loss": self._lowest_loss,
            "epochs_since_lowest": self._epochs_since_lowest,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._reductions = state["reductions"]
        self._lowest_loss = state["lowest_loss"]
        self._epochs_since_lowest = state["epochs_since_lowest"]
