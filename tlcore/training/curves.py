"""The table of a training's epochs that `figures.training` draws."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlcore.training.history import EpochRecord

if TYPE_CHECKING:
    import pandas as pd


def curves_table(history: Sequence[EpochRecord], run: str) -> "pd.DataFrame":
    """One row per epoch, in the order given: `run`, the name that the figures show; then the fields of `EpochRecord`.

    The learning rates are a column per layer group, `learning_rates.GROUP`. Tables of several runs go one below the
    other, with `pandas.concat`.
    """
    import pandas as pd

    table = pd.json_normalize([record.to_json() for record in history])
    table.insert(0, "run", run)
    return table
