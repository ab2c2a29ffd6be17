"""Accuracy with default settings of a frozen backbone: on ants and bees, on the demo, and on photographs of ImageNet.

python -m benchmarks.accuracy                 everything, about four minutes
python -m benchmarks.accuracy --seeds 2       quicker
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

from benchmarks import ours
from benchmarks.measure import DATA, SHARED, WEIGHTS, fresh_home, measure, require_shared

SAMPLE = SHARED / "data" / "imagenet_sample"
LITE0 = {"backbone": "efficientnet_lite0"}
MOBILENET = {"backbone": "mobilenet_v2", "weights": str(WEIGHTS)}
LEAST = {"efficientnet_lite0": 0.954, "mobilenet_v2": 0.95}
"""On ants and bees."""
LEAST_ON_DEMO = 0.891


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    require_shared()
    home = fresh_home()
    print(f"val of ants and bees, 153 photographs, mean of {seeds} seeds")
    for model in (LITE0, MOBILENET):
        results = measure(val_accuracies, {"data": {"source": str(DATA)}, "model": model}, seeds, home)
        for epoch, values in zip(("last", "best"), zip(*results, strict=True), strict=True):
            _print(f"{model['backbone']}, {epoch} epoch", values, LEAST[model["backbone"]])
    print(f"test of the demo, 220 pictures, mean of {seeds} seeds")
    values = measure(ours.report_accuracies, [{"model": LITE0, "seed": seed} for seed in range(seeds)], home)
    _print("efficientnet_lite0, best epoch on val", values, LEAST_ON_DEMO)
    if SAMPLE.is_dir():
        first, five, images = measure(imagenet_hits, "efficientnet_lite0", "imagenet")
        print(f"photographs of ImageNet, efficientnet_lite0: top-1 {first} of {images}, top-5 {five} of {images}")


def val_accuracies(settings: ours.Settings, seeds: int, home: str) -> list[tuple[float, float]]:
    """Validation accuracy of the last and the best epoch, for each seed."""
    return [ours.accuracies({**settings, "seed": seed}, home)[:2] for seed in range(seeds)]


def imagenet_hits(backbone: str, weights: str, view: Any = None) -> tuple[int, int, int]:
    """Numbers of top-1 hits, top-5 hits, and photographs, whose files are named `ID_class_name.JPEG`.

    `view`: an evaluation transform in place of that of the weights.
    """
    from tlcore.evaluation.predict import imagenet_predictor

    predictor = imagenet_predictor(backbone, weights, "cpu", view)
    ranks = []
    for path in sorted(Path(SAMPLE).resolve().iterdir()):
        wanted = path.stem.partition("_")[2].replace("_", " ").lower()
        names = [name.lower() for name, _ in predictor.predict(path)]
        ranks.append(names.index(wanted))
    return sum(rank == 0 for rank in ranks), sum(rank < 5 for rank in ranks), len(ranks)


def _print(words: str, values: tuple[float, ...] | list[float], least: float) -> None:
    figures = ", ".join(f"{100 * value:.1f}" for value in values)
    spread = f" ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else ""
    print(f"  {words:<40} {100 * statistics.mean(values):.2f} %{spread} ({figures}); at least {100 * least:.1f} %")


if __name__ == "__main__":
    main()
