"""Evaluating 13 checkpoints of a frozen run on the report split: tlcore and the textbook loop."""

import argparse
import shutil
import tempfile
from pathlib import Path

from benchmarks import ours, textbook
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, median, peak_mb, require_shared

EPOCHS, REPEATS = 13, 5


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    require_shared()
    data, weights = str(DATA), str(WEIGHTS)
    folder = tempfile.mkdtemp()
    measure(textbook.train_frozen, data, weights, 1, folder)
    for epoch in range(2, EPOCHS + 1):  # for the evaluation time, copies are as good as 13 different checkpoints
        shutil.copy(f"{folder}/epoch-1.pth", f"{folder}/epoch-{epoch}.pth")
    book = measure(textbook.evaluate, data, folder, EPOCHS)

    home = fresh_home()
    _, run = measure(ours.train, ours.frozen_settings(data, weights), home)
    not_cached, features_cached, stored = [], [], []
    for _ in range(REPEATS):
        _forget(Path(home) / "cache" / "features")
        _forget(Path(home) / "runs" / run / "predictions")
        not_cached.append(measure(ours.evaluate, run, home))
        _forget(Path(home) / "runs" / run / "predictions")
        features_cached.append(measure(ours.evaluate, run, home))
        stored.append(measure(ours.evaluate, run, home))
    _forget(Path(home) / "cache" / "features")
    _forget(Path(home) / "runs" / run / "predictions")
    peak = peak_mb(ours.evaluate, run, home)

    print(f"textbook loop, 13 checkpoints         {book:8.2f} s")
    print(f"ours, features not cached             {median(not_cached):8.3f} s   {sorted(not_cached)}")
    print(f"ours, features cached                 {median(features_cached):8.3f} s   {sorted(features_cached)}")
    print(f"ours, logits stored in the run        {median(stored):8.3f} s   {sorted(stored)}")
    print(f"not cached: {book / median(not_cached):.0f} x the textbook loop (at least 25)")
    print(f"cached:     {book / median(features_cached):.0f} x the textbook loop (at least 300)")
    print(f"stored:     {book / median(stored):.0f} x the textbook loop")
    print(f"peak memory of ours: {peak:.0f} MB (under 2000)")


def _forget(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
