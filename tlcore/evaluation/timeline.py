"""Each test image over the epochs: when it was learned, whether it was forgotten, and which were never right."""

from typing import TYPE_CHECKING

import numpy as np

from tlcore.evaluation.metrics import Mask
from tlcore.evaluation.result import Evaluation

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("never", "forgotten", "flickering", "learned", "always")
"""Sorted from the images that are most worth a look to those that are least."""


def kind_of(right_E: Mask) -> str:
    """The kind of one image, from whether it was right in each trained epoch, in order.

    A forgetting event is an epoch in which the image is right, followed by one in which it is wrong.

    * `always`: right in every epoch.
    * `never`: wrong in every epoch.
    * `learned`: wrong at first, then right, and never forgotten.
    * `forgotten`: forgotten once, and wrong since then.
    * `flickering`: all others: forgotten and right again, perhaps several times.

    Source: forgetting events as in Toneva et al. (2019), "An Empirical Study of Example Forgetting during Deep Neural
    Network Learning", there on training images and per step.
    """
    if right_E.all():
        return "always"
    if not right_E.any():
        return "never"
    forgotten = int((right_E[:-1] & ~right_E[1:]).sum())
    if forgotten == 0:
        return "learned"
    return "forgotten" if forgotten == 1 and not right_E[-1] else "flickering"


def timeline_table(evaluation: Evaluation) -> "pd.DataFrame":
    """One row per image: `id`, `kind`, `target` (class index), and a column per epoch number: whether it was right.

    The kinds use only the trained epochs: a right guess of an untrained head is luck, and losing it is not forgetting.
    Rows are sorted so that patterns are visible: by kind, then from images that were rarely or late right to those that
    were right often or early.
    """
    import pandas as pd

    epochs = evaluation.epochs
    right_NE = evaluation.right_EN.T
    trained_NE = right_NE[:, 1:] if epochs[0] == 0 and len(epochs) > 1 else right_NE
    patterns, pattern_N = np.unique(trained_NE, axis=0, return_inverse=True)
    kinds_N = np.array([kind_of(pattern) for pattern in patterns], dtype=object)[pattern_N.ravel()]
    columns: dict[str | int, object] = {
        "id": evaluation.sample_ids,
        "kind": pd.Categorical(kinds_N, categories=KINDS, ordered=True),
        "target": evaluation.targets_N,
    }
    for column, epoch in enumerate(epochs):
        columns[epoch] = right_NE[:, column]
    table = pd.DataFrame(columns)
    order = np.lexsort((-trained_NE.argmax(1), trained_NE.sum(1), table["kind"].cat.codes))
    return table.iloc[order].reset_index(drop=True)
