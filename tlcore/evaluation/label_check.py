"""Run the label check of a dataset on the features of a pretrained backbone; the check is in `data.health`."""

from collections.abc import Generator

import numpy as np
import pandas as pd

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset
from tlcore.data.health.label_check import SuspectLabels, suspect_labels
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.features import FeatureRequest, Trunk, load_or_compute
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve


def check_labels(config: RunConfig, dataset: Dataset) -> Generator[Progress, None, SuspectLabels]:
    """Yields Progress while features are computed, if necessary; returns the check of all splits together.

    Columns of the suspects: `id`, `split`, `given` and `suggested`, which are class names, `p_given` and `p_suggested`.
    Uses backbone, weights and device of the configuration. Raises ConfigError, ModelError or DeviceError.
    """
    plan = plan_run(resolve(config), dataset)
    trunk = Trunk(plan.model.eval(), plan.architecture, plan.choice)
    request = FeatureRequest(dataset, dataset.samples, plan.config.eval_transform, views=1, seed=config.seed)
    features = yield from load_or_compute(request, trunk, config.workers, Processes())
    samples = [dataset.samples[position] for position in features.positions]
    values_ND = features.values_VND[0].float().flatten(1).numpy()
    found, agreement = suspect_labels(values_ND, np.array([sample.target for sample in samples]), config.seed)
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
