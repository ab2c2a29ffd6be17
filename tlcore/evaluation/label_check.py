"""Run the label check of a dataset on the features of a pretrained backbone; the check is in `suspects`."""

from collections.abc import Generator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.health.audit import DOUBTFUL_LABELS
from tlcore.evaluation.folds import Whole, groups_of
from tlcore.evaluation.kept_out_of_fold import OutOfFold, most_probable
from tlcore.evaluation.neighbours import Likeness, unit_rows
from tlcore.evaluation.suspects import suspect_labels
from tlcore.training.events import Progress
from tlcore.training.inputs.whole import dataset_features

NEIGHBOURS = 8
MOST_NEIGHBOURS = 4_000
"""So many suspects, the first ones, get their neighbours."""


class LabelCheck(NamedTuple):
    suspects: pd.DataFrame
    """The most suspicious first. Columns: `id`, `split`, `given` and `suggested`, which are class names, `p_given` and
    `p_suggested`, and `neighbours`, the ids of the most similar images in all splits."""
    agreement: float
    """As in SuspectLabels."""
    out_of_fold: OutOfFold
    """The predictions of all images that were judged."""


def check_labels(config: RunConfig, dataset: Dataset) -> Generator[Progress, None, LabelCheck]:
    """Yields Progress while features are computed, if necessary; returns the check of all splits together.

    Labels that an edit has accepted are not suspected. Uses backbone, weights and device of the configuration.
    Raises ConfigError, ModelError, DeviceError, or DatasetInvalid if no image of a split can be read.
    """
    features = yield from dataset_features(config, dataset)
    samples = features.samples
    targets_N = np.array([sample.target for sample in samples])
    digests = dataset.source.digests([sample.id for sample in samples])
    groups_N = _together(samples, digests)
    found, agreement, probabilities_NC = suspect_labels(features.values_ND, targets_N, config.seed, groups_N)
    targets, index_N = np.unique(targets_N, return_inverse=True)
    names = [dataset.classes[target] for target in targets]
    judged = most_probable([sample.id for sample in samples], names, probabilities_NC, index_N)
    accepted = dataset.accepted.get(DOUBTFUL_LABELS, frozenset())
    still_doubtful = [samples[position].id not in accepted for position in found["position"]]
    found = found[np.array(still_doubtful, dtype=bool)]  # an empty list would choose columns
    ids = [samples[position].id for position in found["position"]]
    likeness = Likeness(tuple(sample.id for sample in samples), unit_rows(features.values_ND))
    alike = likeness.most_like(ids[:MOST_NEIGHBOURS], NEIGHBOURS)
    suspects = pd.DataFrame(
        {
            "id": ids,
            "split": [samples[position].split for position in found["position"]],
            "given": [dataset.classes[target] for target in found["given"]],
            "suggested": [dataset.classes[target] for target in found["suggested"]],
            "p_given": list(found["p_given"]),
            "p_suggested": list(found["p_suggested"]),
            "neighbours": [[other.id for other in others] for others in alike] + [[]] * (len(ids) - len(alike)),
        }
    )
    return LabelCheck(suspects, agreement, judged)


def _together(samples: Sequence[Sample], digests: Sequence[str]) -> Whole:
    """A number per image, the same for copies, for images of a group, and for all that are connected in this way:
    none of them must vote for the label of another."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    group_N = groups_of(samples)
    same_N = np.unique(digests, return_inverse=True)[1]
    if group_N is None:
        return same_N
    pairs = (group_N, len(samples) + same_N)  # images are edges between their group and their content
    nodes = 2 * len(samples)
    numbers = connected_components(coo_array((np.ones(len(samples)), pairs), (nodes, nodes)), directed=False)[1]
    whole: Whole = numbers[group_N].astype(np.int64)
    return whole
