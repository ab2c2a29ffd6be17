"""The learning-rate finder's suggestion against fastai's `valley` on the same curves: heads are trained with each.

The loss is that of val after 13 epochs, the mean of the seeds, as a multiple of the lowest of three: with the valley's
rate, with ours, and with the default.
"""

import argparse
import os
import statistics

from benchmarks.frozen_tasks import TASKS, Setting, Task, draw_demo, open_task, plan_of, train_all
from benchmarks.measure import fresh_home, measure, require_shared
from tests.support.fastai_valley import fastai_valley

OPTIMIZERS = ("sgd", "adam", "rmsprop")
SEEDS = 2
RULES = ("valley", "ours", "default")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    seeds = range(parser.parse_args().seeds)
    require_shared()
    home = fresh_home()
    measure(draw_demo, home)
    multiples: dict[tuple[str, str], list[float]] = {}
    for task in TASKS:
        for optimizer in OPTIMIZERS:
            rates = measure(suggestions, task, optimizer, home)
            settings = [Setting(optimizer, rates[rule], seed) for rule in RULES for seed in seeds]
            losses = [trained.val_loss for trained in measure(train_all, task, settings, home)]
            count = len(seeds)
            mean = {rule: statistics.mean(losses[i * count : (i + 1) * count]) for i, rule in enumerate(RULES)}
            words = ", ".join(f"{rule} {rates[rule]:.2g}: {mean[rule]:.3f}" for rule in RULES)
            print(f"{task.name}, {optimizer}: {words}", flush=True)
            for rule, loss in mean.items():
                multiples.setdefault((optimizer, rule), []).append(loss / min(mean.values()))
    print(f"\nover {len(TASKS)} tasks: loss as a multiple of the lowest, geometric mean and worst")
    for optimizer in (*OPTIMIZERS, "all"):
        for rule in RULES:
            chosen = OPTIMIZERS if optimizer == "all" else (optimizer,)
            values = [value for name in chosen for value in multiples[name, rule]]
            print(f"{optimizer:8s} {rule:8s} {statistics.geometric_mean(values):5.2f}  {max(values):5.2f}")


def suggestions(task: Task, optimizer: str, home: str) -> dict[str, float]:
    """The rates by rule."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.training.preview.lr_finder import RatePoint, find_learning_rate, suggest

    plan = plan_of(task, open_task(task), Setting(optimizer, None))
    points = [event for event in find_learning_rate(plan) if isinstance(event, RatePoint)]
    ours = suggest(points).learning_rate
    assert ours is not None
    theirs = fastai_valley([point.learning_rate for point in points], [point.smoothed_loss for point in points])
    return {"valley": theirs, "ours": ours, "default": plan.config.optimizer.learning_rate}


if __name__ == "__main__":
    main()
