"""Run the label check of a dataset on the features of a pretrained backbone; the check is in `data.health`."""

from collections.abc import Generator

import numpy as np
import pandas as pd

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset
from tlcore.data.health.label_check import SuspectLabels, suspect_labels
from tlcore.training.events import Progress
from tlcore.training.inputs.whole import dataset_features


def check_labels(config: RunConfig, dataset: Dataset) -> Generator[Progress, None, SuspectLabels]:
    """Yields Progress while features are computed, if necessary; returns the check of all splits together.

    Columns of the suspects: `id`, `split`, `given` and `suggested`, which are class names, `p_given` and `p_suggested`.
    Uses backbone, weights and device of the configuration. Raises ConfigError, ModelError or DeviceError.
    """
    features = yield from dataset_features(config, dataset)
    samples = features.samples
    targets_N = np.array([sample.target for sample in samples])
    found, agreement = suspect_labels(features.values_ND, targets_N, config.seed)
    suspects = pd.DataFrame(
        {
            "id": [samples[position].id for position in found["position"]],
            "split": [samples[position].split for position in found["position"]],
            "given": [dataset.classes[target] for target in found["given"]],
            "suggested": [dataset.classes[target] for target in found["suggested"]],
            "p_given": found["p_given"],
            "p_suggested": found["p_suggested"],
        }
    )
    return SuspectLabels(suspects, agreement)
