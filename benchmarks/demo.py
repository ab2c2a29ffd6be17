"""The gain from transfer on the demo: test accuracy of frozen, fine-tuned, from scratch, and raw pixels, 5 seeds.

Also the seconds of drawing the dataset, of a first run in an empty home, and of a frozen run, cold and warm.

python -m benchmarks.demo                                 everything; the two rows without a frozen part take long
python -m benchmarks.demo --rows times frozen pixels      two minutes
python -m benchmarks.demo --rows fine_tuning --seeds 5    one row
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import ours
from benchmarks.measure import fresh_home, measure

EPOCHS = 15
STRATEGIES = {
    "frozen": ("frozen efficientnet_lite0", "feature_extraction"),
    "fine_tuning": ("fine-tuned efficientnet_lite0", "fine_tuning"),
    "from_scratch": ("the same network from scratch", "from_scratch"),
}
TIMES, PIXELS = "times", "pixels"
ROWS = (TIMES, *STRATEGIES, PIXELS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="of the timings")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    arguments = parser.parse_args()
    home = fresh_home()
    measure(draw, home)
    if TIMES in arguments.rows:
        _print_times(home, arguments.repeats)
    print(f"test accuracy on demo, {EPOCHS} epochs, best epoch on val, {arguments.seeds} seeds")
    for row, (words, strategy) in STRATEGIES.items():
        if row in arguments.rows:
            started = time.perf_counter()
            runs = [{"epochs": EPOCHS, "strategy": {"name": strategy}, "seed": seed} for seed in range(arguments.seeds)]
            values = measure(ours.report_accuracies, runs, home)
            _print_accuracy(words, values, (time.perf_counter() - started) / len(values))
    if PIXELS in arguments.rows:
        values = [measure(raw_pixels, seed, home) for seed in range(arguments.seeds)]
        _print_accuracy("linear model on raw pixels, 32 × 32", values)


def draw(home: str) -> float:
    """Seconds to draw and open the dataset."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import DataConfig
    from tlcore.data.catalog import open_dataset

    started = time.perf_counter()
    open_dataset(DataConfig())
    return time.perf_counter() - started


def first_run() -> float:
    """Seconds of `python -m tlcore train` in an empty home: the demo is drawn, and its features are computed."""
    environment = {**os.environ, "TLCORE_HOME": fresh_home(), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "tlcore", "train"],
        env=environment,
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def raw_pixels(seed: int, home: str) -> float:
    """Logistic regression on the pixels of a 32 px thumbnail, with the regularisation strength chosen on val."""
    os.environ["TLCORE_HOME"] = home
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tlcore.config import DataConfig
    from tlcore.data.catalog import open_dataset
    from tlcore.errors import UnreadableImage
    from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

    dataset = open_dataset(DataConfig())
    small = TransformSpec(operations=(Resize(size=32), CenterCrop(size=32))).build_operations()
    pixels: dict[str, list[Any]] = {"train": [], "val": [], "test": []}
    targets: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    for sample in dataset.samples:
        try:
            image = dataset.source.load(sample.id)
        except UnreadableImage:
            continue
        pixels[sample.split].append(small(image).numpy().ravel() / 255)
        targets[sample.split].append(sample.target)
    arrays = {split: np.stack(rows) for split, rows in pixels.items()}
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500, random_state=seed))
        for c in (1e-4, 1e-3, 1e-2, 1e-1)
    ]
    # each seed samples its training images with replacement, because the fit itself has almost no randomness
    drawn = np.random.default_rng(seed).integers(0, len(arrays["train"]), len(arrays["train"]))
    for model in models:
        model.fit(arrays["train"][drawn], np.array(targets["train"])[drawn])
    best = max(models, key=lambda model: model.score(arrays["val"], targets["val"]))
    return float(best.score(arrays["test"], targets["test"]))


def _print_times(home: str, repeats: int) -> None:
    drawing = [measure(draw, fresh_home()) for _ in range(repeats)]
    print(f"drawing the demo dataset: {statistics.median(drawing):.1f} s; under 15 s asked")
    first = [first_run() for _ in range(repeats)]
    print(f"`tlcore train` in an empty home, from start to end: {statistics.median(first):.1f} s; under 60 s asked")
    settings: ours.Settings = {"epochs": EPOCHS}
    cold, warm = [], []
    for seed in range(repeats):
        changed = {**settings, "seed": seed}
        # another transform is another cache entry: only the drawn files are already there
        cold.append(measure(ours.train, {**changed, "eval_transform": _shifted(seed)}, home)[0])
        warm.append(min(measure(ours.train_repeatedly, [changed, changed, changed], home)[1:]))
    print(f"frozen run of {EPOCHS} epochs, cold: {statistics.median(cold):.2f} s; under 20 s asked")
    print(f"frozen run of {EPOCHS} epochs, warm: {statistics.median(warm):.2f} s; under 2 s asked")


def _shifted(seed: int) -> dict[str, Any]:
    from tlcore.models.zoo import find_architecture

    transform = find_architecture("efficientnet_lite0").eval_transform().model_dump(mode="json")
    return {**transform, "mean": [value + 1e-6 * (seed + 1) for value in transform["mean"]]}


def _print_accuracy(words: str, values: list[float], seconds: float | None = None) -> None:
    figures = ", ".join(f"{100 * value:.1f}" for value in values)
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    took = "" if seconds is None else f", {seconds:.0f} s each"
    print(f"{words:<38} {100 * statistics.mean(values):5.1f} %{spread} ({figures}){took}", flush=True)


if __name__ == "__main__":
    main()
