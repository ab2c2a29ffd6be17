"""The tables that `figures.training` draws: the epochs of a training, and its learning rate over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
