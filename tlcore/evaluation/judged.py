"""Judge stored predictions by the labels that images have now, after edits."""

from typing import TYPE_CHECKING

import numpy as np

from tlcore.runs.folder.predictions import Predictions

if TYPE_CHECKING:
    import pandas as pd


def with_judgement(table: "pd.DataFrame", predictions: Predictions, classes: tuple[str, ...]) -> "pd.DataFrame":
    """The table, which has `id` and `class` (a name), with two columns more: `right`, and `loss` in nats.

    They are missing for an image without a prediction; the loss also for one whose class the predictions do not know,
    which is wrong. `classes` are those of the predictions.
    """
    import pandas as pd
    from scipy.special import log_softmax

    rows = {name: row for row, name in enumerate(predictions.sample_ids)}
    row_N = np.array([rows.get(name, -1) for name in table["id"]], dtype=np.int64)
    column = {name: index for index, name in enumerate(classes)}
    target_N = np.array([column.get(name, -1) for name in table["class"]], dtype=np.int64)
    has = row_N >= 0
    known = has & (target_N >= 0)
    log_NC = log_softmax(predictions.logits_NC.astype(np.float64), axis=1)
    loss_N = np.full(len(table), np.nan)
    loss_N[known] = -log_NC[row_N[known], target_N[known]]
    right_N = pd.array([pd.NA] * len(table), dtype="boolean")
    right_N[has] = predictions.logits_NC.argmax(1)[row_N[has]] == target_N[has]
    return table.assign(right=right_N, loss=loss_N)
