"""Accuracy of the recipes with the mobilenet_v2 file: on ants and bees, and on 50 photographs of ImageNet.

python -m benchmarks.recipes                 everything, about ten minutes
python -m benchmarks.recipes --seeds 1       quicker
"""

import argparse
import statistics

from benchmarks import ours
from benchmarks.accuracy import imagenet_hits
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, require_shared
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import recipe_config

BACKBONE = "mobilenet_v2"
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
        view = BUILTIN["imagenet-predict"].config.eval_transform if own else None
        first, five, images = measure(imagenet_hits, BACKBONE, str(WEIGHTS), view)
        print(
            f"imagenet-predict, {words}: top-1 {first}/{images} (at least 70 %), top-5 {five}/{images} (at least 90 %)"
        )


if __name__ == "__main__":
    main()
