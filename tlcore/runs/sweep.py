"""A sweep: runs that differ only in learning rate and weight decay, made and shown together."""

import itertools
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tlcore.config import ResolvedConfig, parse_resolved
from tlcore.errors import ConfigError
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_record

if TYPE_CHECKING:
    import pandas as pd

RUN_INFO_KEY = "sweep"
"""Entry of run.json with the name that the runs of a sweep share."""


def sweep_configs(
    config: ResolvedConfig, learning_rates: Sequence[float], weight_decays: Sequence[float]
) -> list[ResolvedConfig]:
    """One configuration per pair, in the given order.

    Raises ConfigError if there is nothing to compare, a value is out of range, or a layer group has its own learning
    rate.
    """
    pairs = list(itertools.product(dict.fromkeys(learning_rates), dict.fromkeys(weight_decays)))
    if len(pairs) < 2:
        raise ConfigError("A sweep needs two runs at least: give more learning rates, or more weight decays.")
    if config.strategy.learning_rates:
        names = ", ".join(config.strategy.learning_rates)
        raise ConfigError(f"A sweep sets the learning rate, but {names} has one of its own. Take that out.")
    settings = config.model_dump()
    return [
        parse_resolved(
            settings | {"optimizer": settings["optimizer"] | {"learning_rate": rate, "weight_decay": decay}},
            "the sweep",
        )
        for rate, decay in pairs
    ]


def new_sweep_name() -> str:
    return time.strftime("sweep-%Y%m%d-%H%M%S")


def sweep_of(run: Run) -> str | None:
    """The name of a run's sweep."""
    return run.info.sweep or None


def sweep_table(runs: Sequence[Run]) -> "pd.DataFrame":
    """The table for `figures.training.plot_sweep`: `run`, `learning_rate`, `weight_decay`, and `val_accuracy` (in 0-1)
    and `epoch` of the best epoch so far, which are None for a run without an epoch."""
    import pandas as pd

    rows = []
    for run in runs:
        history, optimizer = run.history(), run.config.optimizer
        best = best_record(history) if history else None
        found = (None, None) if best is None else (best.val_accuracy, best.epoch)
        rows.append((run.name, optimizer.learning_rate, optimizer.weight_decay, *found))
    return pd.DataFrame(rows, columns=["run", "learning_rate", "weight_decay", "val_accuracy", "epoch"])


def members(runs: Iterable[Run], sweep: str) -> list[Run]:
    """The given runs that belong to a sweep, sorted by learning rate and weight decay."""
    found = [run for run in runs if sweep_of(run) == sweep]
    return sorted(found, key=lambda run: (run.config.optimizer.learning_rate, run.config.optimizer.weight_decay))
