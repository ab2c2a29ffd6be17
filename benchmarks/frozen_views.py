"""Accuracy and time of augmented views for a frozen backbone: ants and bees, mobilenet_v2, 13 epochs, 3 seeds.

Compares the evaluation view, K cached views with random crops and flips, and fresh views in every epoch (exact).
"""

import argparse
import statistics
from typing import Any

from benchmarks import ours
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, median, require_shared
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.spec import TransformSpec

SEEDS = range(3)
GENTLE = TransformSpec(operations=AUGMENTATIONS["gentle"](224, "bilinear")).model_dump(mode="json")
CHOICES: dict[str, dict[str, Any]] = {
    "evaluation view": {},
    "1 cached view": {"train_transform": GENTLE, "cached_views": 1},
    "4 cached views": {"train_transform": GENTLE, "cached_views": 4},
    "8 cached views": {"train_transform": GENTLE, "cached_views": 8},
    "fresh views": {"train_transform": GENTLE, "cached_views": 0},
}


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    for name, changes in CHOICES.items():
        accuracies, seconds = [], []
        for seed in SEEDS:
            home = fresh_home()
            settings = ours.frozen_settings(str(DATA), str(WEIGHTS), seed=seed, **changes)
            last, _, cold_s = measure(ours.accuracies, settings, home)
            accuracies.append(100 * last)
            seconds.append(cold_s)
        print(
            f"{name:16s} val accuracy of the last epoch {statistics.mean(accuracies):.2f} % "
            f"(standard deviation {statistics.stdev(accuracies):.2f}), cold {median(seconds):.1f} s"
        )


if __name__ == "__main__":
    main()
