"""Photographs of other things before a model of ants and bees: how many are said to be far from its training images.

python -m benchmarks.unfamiliar                            about a minute
python -m benchmarks.unfamiliar --strategy fine_tuning     many minutes
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import LITE0, SAMPLE
from benchmarks.measure import DATA, fresh_home, measure, require_shared

EPOCHS, HALVES = 6, 200
LEAST = {"photographs of ImageNet": 0.9, "drawings of the demo": 0.5}
MOST_OF_VAL = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", default="feature_extraction", choices=("feature_extraction", "fine_tuning"))
    strategy = parser.parse_args().strategy
    require_shared()
    settings = {"data": {"source": str(DATA)}, "model": LITE0, "epochs": EPOCHS, "strategy": {"name": strategy}}
    found = measure(distances, settings, fresh_home())
    of_val = np.array(found["val"][0])
    draw, false = np.random.default_rng(0), []
    for _ in range(HALVES):  # the limit from one half of val, the false warnings in the other
        order = draw.permutation(of_val)
        limit = np.quantile(order[: len(order) // 2], found["quantile"])
        false.append(float((order[len(order) // 2 :] > limit).mean()))
    print(f"{strategy}: far are more than {found['limit']:.3f}")
    print(
        f"  {'other photographs of ants and bees':<36} {100 * np.mean(false):5.1f} % far; "
        f"at most {100 * MOST_OF_VAL:.0f} % (halves of {len(of_val)} val images)"
    )
    for name, least in LEAST.items():
        distance, sure = map(np.array, found[name])
        far = distance > found["limit"]
        print(
            f"  {name:<36} {100 * far.mean():5.1f} % of {len(far)} far; at least {100 * least:.0f} %; "
            f"{100 * sure.mean():.0f} % get an answer, {100 * (sure & ~far).mean():.0f} % without a warning"
        )


def distances(settings: dict[str, Any], home: str) -> dict[str, Any]:
    """Per set of images the distances to the nearest training image, and whether the model is sure of an answer, where
    98 % of its answers on val are right; the limit of what is far, and the quantile of val that it is."""
    import os

    os.environ["TLCORE_HOME"] = home
    import tlcore
    from tlcore.data.formats.demo import demo_folder, draw_demo
    from tlcore.evaluation.answers import Wish
    from tlcore.evaluation.calibrate import calibrate_run
    from tlcore.evaluation.familiar import FAR_QUANTILE
    from tlcore.system.drive import drive

    for _ in draw_demo():
        pass
    run = tlcore.train(settings)
    answers = drive(calibrate_run(run, wish=Wish(kind="right", value=0.98))).answers
    predictor = tlcore.load_predictor(run, answers.epoch, "cpu")
    sets = {
        "val": sorted((DATA / "val").rglob("*.jpg")),
        "photographs of ImageNet": sorted(Path(SAMPLE).iterdir()),
        "drawings of the demo": sorted((demo_folder() / "test").rglob("*.jpg"))[::2],
    }
    found: dict[str, Any] = {"limit": answers.far_distance, "quantile": FAR_QUANTILE}
    for name, paths in sets.items():
        said = [predictor.answer(path) for path in paths]
        found[name] = [one.distance for one in said], [one.sure for one in said]
    return found


if __name__ == "__main__":
    main()
