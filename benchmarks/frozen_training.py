"""Training a new head on a frozen backbone for 13 epochs, each saved and validated: tlcore and the textbook loop.

Cold: nothing is cached. Warm: the features are cached, as in all later runs with other hyperparameters.
"""

import argparse
import tempfile

from benchmarks import ours, textbook
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, median, peak_mb, require_shared

EPOCHS, REPEATS = 13, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textbook-epochs", type=int, default=EPOCHS, help="fewer are scaled up to 13")
    arguments = parser.parse_args()
    require_shared()
    data, weights = str(DATA), str(WEIGHTS)

    cold, warm, passes = [], [], []
    for _ in range(REPEATS):
        home = fresh_home()
        passes.append(measure(ours.decode_and_forward, data, weights))
        cold.append(measure(ours.train, ours.frozen_settings(data, weights), home)[0])
        others = [
            ours.frozen_settings(data, weights, optimizer={"name": "adam", "learning_rate": rate}, seed=seed)
            for seed, rate in enumerate((3e-4, 1e-3, 3e-3), start=1)
        ]
        again = measure(ours.train_repeatedly, others, home)
        warm.append(median(again[1:]))  # the first run warms up torch
    book = measure(textbook.train_frozen, data, weights, arguments.textbook_epochs, tempfile.mkdtemp())
    book_s = book * EPOCHS / arguments.textbook_epochs
    peak = peak_mb(ours.train, ours.frozen_settings(data, weights), fresh_home())

    note = "" if arguments.textbook_epochs == EPOCHS else f" (from {arguments.textbook_epochs} epochs)"
    print(f"textbook loop, 13 epochs              {book_s:8.2f} s{note}")
    print(f"one decode-and-forward pass           {median(passes):8.2f} s")
    print(f"ours, cold cache                      {median(cold):8.2f} s   {sorted(cold)}")
    print(f"ours, warm cache                      {median(warm):8.3f} s   {sorted(warm)}")
    print(f"cold: {book_s / median(cold):.0f} x the textbook loop (at least 20)")
    print(f"cold: {median(cold) / median(passes):.2f} x one pass (at most 1.3)")
    print(f"warm: {book_s / median(warm):.0f} x the textbook loop (at least 300)")
    print(f"peak memory of ours: {peak:.0f} MB (under 2000)")


if __name__ == "__main__":
    main()
