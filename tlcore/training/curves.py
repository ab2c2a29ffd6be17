"""The table of a training's epochs that `figures.training` draws."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlcore.training.history import EpochRecord

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
