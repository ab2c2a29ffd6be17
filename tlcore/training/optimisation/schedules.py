"""Learning-rate schedules: what the learning rate of every layer group is multiplied by, over the epochs.

A schedule is a function of how far the training is, so that a preview needs no optimiser and a resumed run
no replay. `plateau` alone looks at results, and keeps what it saw.
"""

import math
from collections.abc import Callable
from typing import Any

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError, suggestion

ONE_CYCLE_RISE = 0.3  # share of the training spent climbing; this and the divisors are OneCycleLR's defaults
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = ONE_CYCLE_START / 1e4


def _constant(config: ScheduleConfig, epochs_done: float, epochs: float) -> float:
    return 1.0


def _step(config: ScheduleConfig, epochs_done: float, epochs: float) -> float:
    return float(config.gamma ** math.floor(epochs_done / config.step_epochs + 1e-9))


def _cosine(config: ScheduleConfig, epochs_done: float, epochs: float) -> float:
    """Loshchilov and Hutter (2017), without restarts."""
    return _anneal(1.0, 0.0, epochs_done / epochs)


def _one_cycle(config: ScheduleConfig, epochs_done: float, epochs: float) -> float:
    """Smith and Topin (2018), as in torch's OneCycleLR with cosine annealing; the momentum is left alone."""
    share = epochs_done / epochs
    if share < ONE_CYCLE_RISE:
        return _anneal(ONE_CYCLE_START, 1.0, share / ONE_CYCLE_RISE)
    return _anneal(1.0, ONE_CYCLE_END, (share - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))


def _anneal(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2


# name -> (config, epochs done since the warm-up, epochs after the warm-up) -> factor
SCHEDULES: dict[str, Callable[[ScheduleConfig, float, float], float]] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
    "plateau": _constant,  # the reductions are Schedule's
}


class Schedule:
    """The factor on every learning rate, from the first step to the last."""

    def __init__(self, config: ScheduleConfig, epochs: int) -> None:
        """Raises ConfigError for an unknown name, or a warm-up that leaves nothing after it."""
        if config.name not in SCHEDULES:
            raise ConfigError(f"No schedule named {config.name!r}. {suggestion(config.name, SCHEDULES)}")
        if config.warmup_epochs >= epochs:
            raise ConfigError(f"A warm-up of {config.warmup_epochs:g} epochs leaves nothing of {epochs}. Shorten it.")
        self.config = config
        self.epochs = epochs
        self._reductions = 0
        self._lowest_loss: float | None = None
        self._epochs_since_lowest = 0

    def factor(self, epochs_done: float) -> float:
        """For the step that begins when `epochs_done` epochs, counted in parts of one, are done."""
        warmup = self.config.warmup_epochs
        if epochs_done < warmup:
            return epochs_done / warmup
        shape = SCHEDULES[self.config.name](self.config, epochs_done - warmup, self.epochs - warmup)
        return float(shape * self.config.gamma**self._reductions)

    def end_epoch(self, val_loss: float) -> None:
        """Let `plateau` see the validation loss of the epoch."""
        if self.config.name != "plateau":
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
