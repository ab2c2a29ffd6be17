"""Compare two sets of predictions for the same images: what the second fixes and breaks, and how certain that is."""

from dataclasses import dataclass

import numpy as np

from tlcore.errors import NotComparable
from tlcore.evaluation.metrics import PairedTest, is_right, paired_test
from tlcore.runs.folder.predictions import Predictions


@dataclass(frozen=True)
class Comparison:
    test: PairedTest
    fixed: tuple[str, ...]
    """Ids of the images that only the second predicts correctly, in the first one's order."""
    broken: tuple[str, ...]
    """Ids of the images that only the first predicts correctly."""
    both_wrong: tuple[str, ...]
    unshared: int
    """Number of images that are not compared: only one set has them, or the two sets label them differently."""


def compare_predictions(
    first: Predictions, second: Predictions, first_classes: tuple[str, ...], second_classes: tuple[str, ...]
) -> Comparison:
    """Compare on the images that both sets have, by sample id, with the same class name.

    Raises NotComparable if they have no image in common.
    """
    places = {sample: position for position, sample in enumerate(second.sample_ids)}
    pairs = [
        (position, places[sample])
        for position, sample in enumerate(first.sample_ids)
        if sample in places
        and first_classes[first.targets_N[position]] == second_classes[second.targets_N[places[sample]]]
    ]
    if not pairs:
        raise NotComparable(
            f"The two were evaluated on different images: none of {len(first.sample_ids)} and "
            f"{len(second.sample_ids)} is the same. Choose two runs on the same dataset."
        )
    in_first, in_second = np.array(pairs).T
    first_N = is_right(first.logits_NC, first.targets_N)[in_first]
    second_N = is_right(second.logits_NC, second.targets_N)[in_second]
    ids = np.array(first.sample_ids, dtype=object)[in_first]
    return Comparison(
        test=paired_test(first_N, second_N),
        fixed=tuple(ids[~first_N & second_N]),
        broken=tuple(ids[first_N & ~second_N]),
        both_wrong=tuple(ids[~first_N & ~second_N]),
        unshared=len(first.sample_ids) + len(second.sample_ids) - 2 * len(pairs),
    )
