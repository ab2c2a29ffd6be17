"""The gain from transfer on the demo: test accuracy of frozen, fine-tuned, from scratch, and raw pixels, 5 seeds.

Also the seconds of a frozen run, cold and warm, and of drawing the dataset, and the accuracy on photographs.
"""

import argparse
import os
import statistics
import time
from typing import Any

from benchmarks import ours
from benchmarks.measure import DATA, fresh_home, measure

SEEDS = range(5)
EPOCHS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="of the timings")
    arguments = parser.parse_args()
    drawing = [measure(draw, fresh_home()) for _ in range(arguments.repeats)]
    print(f"drawing the demo dataset: {statistics.median(drawing):.1f} s; under 15 s asked")
    home = fresh_home()
    measure(draw, home)
    _print_times(home, arguments.repeats)
    print(f"\ntest accuracy on demo, {EPOCHS} epochs, best epoch on val, {len(SEEDS)} seeds")
    for words, settings in _settings("demo").items():
        _print_accuracy(words, [measure(test_accuracy, {**settings, "seed": seed}, home) for seed in SEEDS])
    _print_accuracy("linear model on raw pixels, 32 × 32", [measure(raw_pixels, seed, home) for seed in SEEDS])
    if DATA.is_dir():
        print("\nval accuracy on ants and bees, the photographs; the split that also chose the epoch")
        frozen, settings = next(iter(_settings(str(DATA)).items()))
        _print_accuracy(frozen, [measure(test_accuracy, {**settings, "seed": seed}, home) for seed in SEEDS])


def draw(home: str) -> float:
    """Seconds to draw and open the dataset."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import DataConfig
    from tlcore.data.catalog import open_dataset

    started = time.perf_counter()
    open_dataset(DataConfig())
    return time.perf_counter() - started


def test_accuracy(settings: ours.Settings, home: str) -> float:
    """Accuracy on the report split of the epoch that is best on val."""
    _, name = ours.train(settings, home)
    return ours.report_accuracy(name)


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


def _settings(source: str) -> dict[str, ours.Settings]:
    common: ours.Settings = {"data": {"source": source}, "epochs": EPOCHS}
    return {
        "frozen built-in backbone": common,
        "fine-tuned built-in backbone": {**common, "strategy": {"name": "fine_tuning"}},
        "the same network from scratch": {**common, "strategy": {"name": "from_scratch"}},
    }


def _print_times(home: str, repeats: int) -> None:
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

    transform = find_architecture("small_resnet").eval_transform().model_dump(mode="json")
    return {**transform, "mean": [value + 1e-6 * (seed + 1) for value in transform["mean"]]}


def _print_accuracy(words: str, values: list[float]) -> None:
    figures = ", ".join(f"{100 * value:.1f}" for value in values)
    mean, spread = statistics.mean(values), statistics.stdev(values)
    print(f"{words:<38} {100 * mean:5.1f} % ± {100 * spread:.1f} ({figures})", flush=True)


if __name__ == "__main__":
    from benchmarks import demo  # by the import path, so that the measuring process finds its functions

    demo.main()
