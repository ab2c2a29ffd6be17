"""Judge predictions by the labels that images have now, after edits: those stored with a run, or out-of-fold ones.

N images of the table, K classes of an out-of-fold prediction.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.folds import Whole
from tlcore.evaluation.kept_out_of_fold import OutOfFold
from tlcore.evaluation.metrics import losses
from tlcore.runs.folder.predictions import Predictions

if TYPE_CHECKING:
    import pandas as pd


def with_judgement(table: "pd.DataFrame", predictions: Predictions, classes: tuple[str, ...]) -> "pd.DataFrame":
    """The table, which has `id` and `class` (a name), with two columns more: `right`, and `loss` in nats.

    They are missing for an image without a prediction; the loss also for one whose class the predictions do not know,
    which is wrong. `classes` are those of the predictions.
    """
    row_N, target_N = _matched(table, predictions.sample_ids, classes)
    known = (row_N >= 0) & (target_N >= 0)
    loss_N = np.full(len(table), np.nan)
    loss_N[known] = losses(predictions.logits_NC[row_N[known]], target_N[known])
    return _with_columns(table, row_N, target_N, predictions.logits_NC.argmax(1), loss_N)


def with_out_of_fold(table: "pd.DataFrame", found: OutOfFold) -> "pd.DataFrame":
    """The same from out-of-fold predictions. The loss is also missing for an image that got, after the prediction, a
    label that is not among its most probable classes."""
    row_N, target_N = _matched(table, found.ids, found.classes)
    has = row_N >= 0
    is_label_NK = np.zeros((len(table), found.p_NK.shape[1]), dtype=bool)
    is_label_NK[has] = found.columns_NK[row_N[has]] == target_N[has, None]
    known = is_label_NK.any(axis=1)
    p_K = found.p_NK[row_N[known]][is_label_NK[known]].astype(np.float64)
    loss_N = np.full(len(table), np.nan)
    loss_N[known] = -np.log(np.maximum(p_K, 1e-12))
    return _with_columns(table, row_N, target_N, found.columns_NK[:, 0], loss_N)


def _matched(table: "pd.DataFrame", ids: Sequence[str], classes: Sequence[str]) -> tuple[Whole, Whole]:
    """Per row of the table the row of its prediction, and the index of its class; -1 where there is none."""
    rows = {name: row for row, name in enumerate(ids)}
    columns = {name: index for index, name in enumerate(classes)}
    row_N = np.array([rows.get(name, -1) for name in table["id"]], dtype=np.int64)
    return row_N, np.array([columns.get(name, -1) for name in table["class"]], dtype=np.int64)


def _with_columns(
    table: "pd.DataFrame",
    row_N: Whole,
    target_N: Whole,
    predicted_M: npt.NDArray[np.integer],
    loss_N: npt.NDArray[np.float64],
) -> "pd.DataFrame":
    import pandas as pd

    has = row_N >= 0
    right_N = pd.array([pd.NA] * len(table), dtype="boolean")
    right_N[has] = predicted_M[row_N[has]] == target_N[has]
    return table.assign(right=right_N, loss=loss_N)
