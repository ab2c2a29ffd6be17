"""The tables that `figures.training` draws: a training's epochs and learning rate, and the range test's points."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.training.history import EpochRecord
from tlcore.training.optimisation.schedules import Schedule

if TYPE_CHECKING:
    import pandas as pd


def curves_table(history: Sequence[EpochRecord], run: str) -> "pd.DataFrame":
    """One row per epoch, in the given order: `run`, the name shown in figures; then the fields of `EpochRecord`.

    The learning rates have one column per layer group, `learning_rates.GROUP`. Join the tables of several runs with
    `pandas.concat`.
    """
    import pandas as pd

    table = pd.json_normalize([record.to_json() for record in history])
    table.insert(0, "run", run)
    return table


def schedule_table(schedule: Schedule, learning_rate: float, points: int = 201) -> "pd.DataFrame":
    """`epochs_done`, evenly spaced from the start to the end, and the `learning_rate` there.

    `learning_rate` is the one that the schedule multiplies.
    """
    import numpy as np
    import pandas as pd

    done = np.linspace(0, schedule.epochs, points)
    rates = [learning_rate * schedule.factor(float(each)) for each in done]
    return pd.DataFrame({"epochs_done": done, "learning_rate": rates})


def rates_table(lines: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """`learning_rate`, `loss` and `smoothed_loss` of each point in the lines of `find-lr --json`, in their order.

    Other lines, such as progress, do not count.
    """
    import pandas as pd

    columns = ["learning_rate", "loss", "smoothed_loss"]
    return pd.DataFrame([line for line in lines if "smoothed_loss" in line], columns=columns)
