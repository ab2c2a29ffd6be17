"""Ranking of doubtful labels: 5 % of the labels of ants and bees, and of the demo, are changed and searched for.

Ours and confident learning (Northcutt et al. 2021; `tlcore/evaluation/confident_learning.py` says how) get the same
probabilities of images that a head has not seen. A third column is confident learning on the probabilities of a single
cross-validation, as the paper uses it. Labels that were wrong before count as right.
"""

import argparse
import time

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.measure import DATA, WEIGHTS, cpu_name, fresh_home, require_shared
from tlcore.evaluation import confident_learning
from tlcore.evaluation.out_of_fold import cross_validated, out_of_fold, principal_components
from tlcore.evaluation.suspects import doubts

SEEDS, CHANGED = 5, 0.05
Order = npt.NDArray[np.int64]
"""Positions of the images, the most doubtful first."""


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    print(f"{cpu_name()}, {psutil.cpu_count()} cores")
    for name, source in (("ants and bees", str(DATA)), ("demo", "demo")):
        for backbone, weights in (("efficientnet_lite0", None), ("mobilenet_v2", str(WEIGHTS))):
            _report(name, backbone, *_features(source, backbone, weights))


def _report(name: str, backbone: str, values_ND: npt.NDArray[np.float32], targets_N: Order, groups_N: Order) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    seconds = []
    for seed in range(SEEDS):
        given_N, changed = _change(targets_N, seed)
        started = time.perf_counter()
        probabilities_NC = out_of_fold(values_ND, given_N, seed, groups_N)
        order = np.argsort(-doubts(probabilities_NC, given_N).doubt_N, kind="stable")
        seconds.append(time.perf_counter() - started)
        single_NC = cross_validated(
            principal_components(values_ND, seed), given_N, np.full(len(given_N), True), seed, groups_N, repeats=1
        )
        for method, ranked in (
            ("ours", order),
            ("confident learning", confident_learning.ranked(probabilities_NC, given_N)),
            ("confident learning, one CV", confident_learning.ranked(single_NC, given_N)),
        ):
            found.setdefault(method, []).append(_scores(ranked, changed))
    images = len(targets_N)
    print(f"\n{name}, {images} images, {len(changed)} labels changed, features of {backbone}, {SEEDS} seeds")
    for method, scores in found.items():
        (precision, recall), spread = np.mean(scores, axis=0), np.std(scores, axis=0)
        print(
            f"  {method:28s} precision in the first {len(changed)} {100 * precision:5.1f} % ± {100 * spread[0]:3.1f}, "
            f"recall in the first {images // 10} {100 * recall:5.1f} % ± {100 * spread[1]:3.1f}"
        )
    print(f"  ours takes {np.median(seconds):.2f} s")


def _scores(order: Order, changed: Order) -> tuple[float, float]:
    """Precision in the first as many as were changed, and recall in the first tenth."""

    def hits(first: int) -> int:
        return len(np.intersect1d(order[:first], changed))

    return hits(len(changed)) / len(changed), hits(len(order) // 10) / len(changed)


def _change(targets_N: Order, seed: int) -> tuple[Order, Order]:
    """The targets with CHANGED of them put into another class at random, and the positions of these."""
    draw, classes = np.random.default_rng(seed), int(targets_N.max()) + 1
    changed = draw.choice(len(targets_N), round(CHANGED * len(targets_N)), replace=False)
    given_N = targets_N.copy()
    given_N[changed] = (given_N[changed] + draw.integers(1, classes, len(changed))) % classes
    return given_N, changed


def _features(source: str, backbone: str, weights: str | None) -> tuple[npt.NDArray[np.float32], Order, Order]:
    """Features, targets, and a number that copies of an image share."""
    from tlcore.config import parse_config
    from tlcore.data.catalog import open_dataset
    from tlcore.system.drive import drive
    from tlcore.training.inputs.whole import dataset_features

    config = parse_config({"data": {"source": source}, "model": {"backbone": backbone, "weights": weights}})
    dataset = open_dataset(config.data)
    whole = drive(dataset_features(config, dataset))
    digests = dataset.source.digests([sample.id for sample in whole.samples])
    groups_N = np.unique(digests, return_inverse=True)[1]
    return whole.values_ND, np.array([sample.target for sample in whole.samples]), groups_N


if __name__ == "__main__":
    import os

    os.environ["TLCORE_HOME"] = fresh_home()
    main()
