"""Validation accuracy with default settings on ants and bees, frozen mobilenet_v2: last and best epoch, 5 seeds."""

import argparse
import statistics

from benchmarks import ours
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, require_shared

SEEDS = range(5)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    home = fresh_home()
    results = [
        measure(ours.accuracies, ours.frozen_settings(str(DATA), str(WEIGHTS), seed=seed), home) for seed in SEEDS
    ]
    for words, values in (("last epoch", [r[0] for r in results]), ("best epoch", [r[1] for r in results])):
        figures = ", ".join(f"{100 * value:.1f}" for value in values)
        mean, spread = statistics.mean(values), statistics.stdev(values)
        print(f"{words}: mean {100 * mean:.2f} %, standard deviation {100 * spread:.2f} ({figures}); at least 95 %")


if __name__ == "__main__":
    main()
