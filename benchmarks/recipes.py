"""Accuracy of the recipes with the mobilenet_v2 file: on ants and bees, and on 50 photographs of ImageNet.

python -m benchmarks.recipes                 everything, about ten minutes
python -m benchmarks.recipes --seeds 1       quicker
"""

import argparse
import os
import statistics
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import DATA, SHARED, WEIGHTS, fresh_home, measure, require_shared
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import recipe_config

BACKBONE = "mobilenet_v2"
SAMPLE = SHARED / "data" / "imagenet_sample"
FROZEN_LEAST = 0.94


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="of each frozen recipe; the others have one")
    arguments = parser.parse_args()
    require_shared()
    home = fresh_home()
    for name, recipe in BUILTIN.items():
        if not name.startswith("ants-bees"):
            continue
        frozen = recipe.config.strategy.name == "feature_extraction"
        config = recipe_config(recipe, str(DATA), BACKBONE, str(WEIGHTS))
        seeds = [config.seed + number for number in range(arguments.seeds if frozen else 1)]
        results = [measure(ours.accuracies, config.replace(seed=seed).model_dump(mode="json"), home) for seed in seeds]
        best = [best for _, best, _ in results]
        figures = ", ".join(f"{100 * value:.1f}" for value in best)
        bound = f"; at least {FROZEN_LEAST:.0%}" if frozen else ""
        print(
            f"{name:<28} best epoch on val {100 * statistics.mean(best):5.1f} % ({figures}){bound}, "
            f"{statistics.median(seconds for *_, seconds in results):.0f} s cold",
            flush=True,
        )
    for words, own in (("the recipe's view, resize 224", True), ("the weights' own view, resize 256", False)):
        first, five, images = measure(imagenet_hits, str(WEIGHTS), own)
        print(
            f"imagenet-predict, {words}: top-1 {first}/{images} (at least 70 %), top-5 {five}/{images} (at least 90 %)"
        )


def imagenet_hits(weights: str, own_view: bool) -> tuple[int, int, int]:
    """Numbers of top-1 hits, top-5 hits, and photographs, whose files are named `ID_class_name.JPEG`."""
    from tlcore.evaluation.predict import imagenet_predictor

    view = BUILTIN["imagenet-predict"].config.eval_transform if own_view else None
    predictor = imagenet_predictor(BACKBONE, weights, "cpu", view)
    ranks = []
    for path in sorted(Path(os.path.realpath(SAMPLE)).iterdir()):
        wanted = path.stem.partition("_")[2].replace("_", " ").lower()
        names = [name.lower() for name, _ in predictor.predict(path)]
        ranks.append(names.index(wanted))
    return sum(rank == 0 for rank in ranks), sum(rank < 5 for rank in ranks), len(ranks)


if __name__ == "__main__":
    main()
