"""Learning rates of every optimiser for a new head on a frozen backbone, over several tasks: where defaults come from.

A setting's loss on a task is the validation loss after 13 epochs, the mean of 3 seeds. Its figure is that loss as a
multiple of the lowest one that any setting reached on the task, and over the tasks the geometric mean, and the worst.
"""

import argparse
import math
import statistics

from benchmarks.frozen_tasks import TASKS, Setting, Task, Trained, draw_demo, train_all
from benchmarks.measure import fresh_home, measure, require_shared
from tlcore.training.optimisation.optimizers import OPTIMIZERS

_OF_ADAM = (3e-4, 1e-3, 3e-3, 1e-2)
RATES = {
    "sgd": (3e-3, 1e-2, 3e-2, 1e-1),
    "adam": _OF_ADAM,
    "adamw": _OF_ADAM,
    "rmsprop": (3e-5, 1e-4, 3e-4, 1e-3),
}
SEEDS = range(3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizers", nargs="+", default=list(RATES), choices=list(RATES))
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    arguments = parser.parse_args()
    require_shared()
    home = fresh_home()
    measure(draw_demo, home)
    pairs = [(name, rate) for name in arguments.optimizers for rate in RATES[name]]
    seeds = range(arguments.seeds)
    found: dict[Task, dict[tuple[str, float], list[Trained]]] = {}
    for task in TASKS:
        settings = [Setting(name, rate, seed) for name, rate in pairs for seed in seeds]
        results = measure(train_all, task, settings, home)
        count = len(seeds)
        found[task] = {pair: results[place * count : (place + 1) * count] for place, pair in enumerate(pairs)}
        _print_task(task, found[task])
    _print_choice(found, pairs)


def _print_task(task: Task, results: dict[tuple[str, float], list[Trained]]) -> None:
    print(f"\n{task.name}: val loss and accuracy after 13 epochs")
    for (name, rate), trained in results.items():
        accuracy = statistics.mean(each.val_accuracy for each in trained)
        print(f"  {name:8s} {rate:<8.2g} {_loss(trained):.4f}  {100 * accuracy:5.1f} %", flush=True)


def _print_choice(found: dict[Task, dict[tuple[str, float], list[Trained]]], pairs: list[tuple[str, float]]) -> None:
    lowest = {task: min(map(_loss, results.values())) for task, results in found.items()}
    print(f"\nover {len(found)} tasks: loss as a multiple of the lowest one of the task")
    print("optimiser   rate     mean   worst  accuracy")
    for name, rate in pairs:
        multiples = [_loss(results[name, rate]) / lowest[task] for task, results in found.items()]
        accuracies = [each.val_accuracy for results in found.values() for each in results[name, rate]]
        default = OPTIMIZERS[name].learning_rates["feature_extraction"]
        chosen = "  default" if math.isclose(rate, default) else ""
        mean, worst = statistics.geometric_mean(multiples), max(multiples)
        print(f"{name:10s} {rate:<8.2g} {mean:5.2f}  {worst:6.2f}   {100 * statistics.mean(accuracies):5.1f} %{chosen}")


def _loss(trained: list[Trained]) -> float:
    return statistics.mean(each.val_loss for each in trained)


if __name__ == "__main__":
    main()
