"""Whether an image is far from everything that a model was trained on: its distance to the nearest training image.

A network answers with confidence for a picture of something else, too; the temperature does not mend that. The features
of the training images are kept in the run folder for each calibrated epoch, so that neither the dataset nor a cache is
needed later. Q images, N training images, D features.
"""

import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.answers import Answers
from tlcore.evaluation.neighbours import Rows, unit_rows
from tlcore.runs.folder.layout import familiar_path
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.writing import write_in

if TYPE_CHECKING:
    from tlcore.training.events import Progress

FAR_QUANTILE = 0.95
"""The fraction of val images that are not far. The others are: about 1 in 20 photographs of the usual kind."""
MOST_ROWS = 20_000
"""Training images whose features are kept, at most; of more, so many are drawn. 1,280 features each: 51 MB."""
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Familiar:
    """The features of the training images of one epoch."""

    unit_ND: Rows
    """Scaled to length 1, as from `neighbours.unit_rows`."""

    def distances(self, features_QD: Rows) -> npt.NDArray[np.float64]:
        """The cosine distance of each image to the nearest training image, (Q,): 0 for the same direction, at most 2.

        Features are those below the head of the same network, as from `training.inputs.whole.as_rows`.
        Source: Sun et al. (2022), "Out-of-Distribution Detection with Deep Nearest Neighbors", with the first
        neighbour.
        """
        unit_QD = unit_rows(np.asarray(features_QD, dtype=np.float32))
        found = np.empty(len(unit_QD), dtype=np.float64)
        for start in range(0, len(unit_QD), _BLOCK):
            block = unit_QD[start : start + _BLOCK]
            found[start : start + len(block)] = 1 - (block @ self.unit_ND.T).max(axis=1)
        return np.clip(found, 0.0, 2.0)


def load_familiar(run: Run, answers: Answers) -> Familiar | None:
    """The kept features of the training images; None if they were not measured, or are gone, damaged or of another
    network: then nobody knows what is far."""
    if answers.far_distance is None:
        return None
    try:
        with familiar_path(run.path, answers.epoch).open("rb") as file, np.load(file, allow_pickle=False) as content:
            rows_ND, weights = content["rows"], str(content["weights"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if weights != answers.weights or rows_ND.ndim != 2 or not len(rows_ND) or rows_ND.dtype != np.float16:
        return None
    return Familiar(rows_ND.astype(np.float32))


def keep_familiar(run: Run, epoch: int, weights: str, device: str = "auto") -> "Generator[Progress, None, float]":
    """Keep the features of the training images in an epoch; returns the distance beyond which an image is far.

    That is the one which FAR_QUANTILE of the val images do not exceed. `weights` is the digest of the epoch's values.
    Yields Progress while features are computed: none if they are kept, as for a frozen network.
    Raises CheckpointError, DeviceError, DataError if the dataset is gone.
    """
    from tlcore.runs.restore import reopen_dataset, restore_plan
    from tlcore.training.inputs.whole import as_rows, joined_features, split_requests
    from tlcore.training.plan import trunk_of

    dataset, _ = reopen_dataset(run)
    plan = restore_plan(run, dataset, epoch, device)
    requests = split_requests(plan, ("train", "val"))
    features = yield from joined_features(requests, trunk_of(plan), plan.config.workers)
    values_ND = as_rows(features.values_VND[0])
    of_train = np.array(features.positions) < len(requests[0].samples)
    rows_ND = unit_rows(values_ND[of_train])
    if len(rows_ND) > MOST_ROWS:
        rows_ND = rows_ND[np.random.default_rng(0).choice(len(rows_ND), MOST_ROWS, replace=False)]
    kept_ND = rows_ND.astype(np.float16)
    far = float(np.quantile(Familiar(kept_ND.astype(np.float32)).distances(values_ND[~of_train]), FAR_QUANTILE))
    write_in(
        run.path,
        familiar_path(run.path, epoch),
        lambda file: np.savez(file, rows=kept_ND, weights=np.array(weights)),
        durable=False,
    )
    return far
