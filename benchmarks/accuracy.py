"""Validation accuracy of the default settings on ants and bees, frozen mobilenet_v2: last and best epoch, 5 seeds."""

import argparse
import statistics

from benchmarks import ours
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, require_shared

SEEDS = range(5)


def accuracies(settings: ours.Settings, home: str) -> tuple[float, float]:
    """Validation accuracy of the last and of the best epoch of a run."""
    from tlcore.runs.folder import find_run

    _, name = ours.train(settings, home)
    history = find_run(name).history()
    return history[-1].val_accuracy, max(record.val_accuracy for record in history)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    home = fresh_home()
    results = [
        measure(accuracies, ours.frozen_settings(str(DATA), str(WEIGHTS), seed=seed), home).value for seed in SEEDS
    ]
    for words, values in (("last epoch", [r[0] for r in results]), ("best epoch", [r[1] for r in results])):
        figures = ", ".join(f"{100 * value:.1f}" for value in values)
        mean, spread = statistics.mean(values), statistics.stdev(values)
        print(f"{words}: mean {100 * mean:.2f} %, standard deviation {100 * spread:.2f} ({figures}); at least 95 %")


if __name__ == "__main__":
    main()
