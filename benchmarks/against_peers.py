"""Fine-tuning at its defaults against fastai's `fine_tune`, and against a logistic regression on features.

Ants and bees: the same weights, images, batch size and number of epochs; random crops of half the area and more, and
flips. fastai trains the head for one epoch, and all layers for the others; tlcore the head for half of the epochs, on
kept features, and all layers for the others. A frozen run of tlcore stands beside them. The sides take turns, each run
in a process of its own. Accuracy is that of the epoch that is best on val, on val.

python -m benchmarks.against_peers             about ten minutes on two free cores
python -m benchmarks.against_peers --seeds 1   a third of it
"""

import argparse
import statistics
import sys
from typing import Any

from benchmarks import ours, peers
from benchmarks.measure import DATA, WEIGHTS, fresh_home, measure, median, require_shared
from benchmarks.peers import Network, Result
from tlcore.evaluation.metrics import wilson_interval
from tlcore.models.packaged import EFFICIENTNET_LITE0

EPOCHS, SEEDS = 4, 3
VAL_IMAGES = 153
OURS, FROZEN, FASTAI, LOGISTIC = "ours, fine-tuned", "ours, frozen", "fastai, fine_tune", "logistic regression"
PEERS = (FASTAI, LOGISTIC)
NETWORKS = {
    Network("mobilenet_v2", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 256, "bilinear"): str(WEIGHTS),
    Network("efficientnet_lite0", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 256, "bicubic"): str(EFFICIENTNET_LITE0.path),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--networks", nargs="+", default=[network.name for network in NETWORKS])
    arguments = parser.parse_args()
    require_shared()
    for network, weights in NETWORKS.items():
        if network.name not in arguments.networks:
            continue
        found: dict[str, list[Result]] = {side: [] for side in (OURS, FROZEN, FASTAI, LOGISTIC)}
        for seed in range(arguments.seeds):
            for side, results in found.items():
                results.append(_run(side, network, weights, arguments.epochs, seed))
                print(f"{network.name}, seed {seed}, {side}: {results[-1].seconds:.1f} s", file=sys.stderr, flush=True)
        _print_network(network, found, arguments.epochs)


def _run(side: str, network: Network, weights: str, epochs: int, seed: int) -> Result:
    if side in PEERS:
        peer = peers.fine_tune if side == FASTAI else peers.logistic_regression
        result: Result = measure(peer, network, weights, str(DATA), epochs, seed)
        return result
    strategy = "fine_tuning" if side == OURS else "feature_extraction"
    settings: dict[str, Any] = {
        "data": {"source": str(DATA)},
        "model": {"backbone": network.name, "weights": weights if network.name == "mobilenet_v2" else None},
        "strategy": {"name": strategy},
        "epochs": epochs,
        "seed": seed,
    }
    _, best, seconds = measure(ours.accuracies, settings, fresh_home())
    return Result(seconds, (best,))


def _print_network(network: Network, found: dict[str, list[Result]], epochs: int) -> None:
    print(f"\n{network.name}, {epochs} epochs: accuracy on {VAL_IMAGES} val images with its 95 % interval, and time")
    accuracy, seconds = {}, {}
    for side, results in found.items():
        best = [max(result.accuracies) for result in results]
        accuracy[side], seconds[side] = statistics.mean(best), median([result.seconds for result in results])
        low, high = wilson_interval(round(accuracy[side] * VAL_IMAGES), VAL_IMAGES)
        each = ", ".join(f"{100 * value:.1f}" for value in best)
        print(
            f"{side:20s} {100 * accuracy[side]:5.1f} %  ({100 * low:.1f} to {100 * high:.1f}; {each})  "
            f"{seconds[side]:6.1f} s",
            flush=True,
        )
    low, high = wilson_interval(round(accuracy[OURS] * VAL_IMAGES), VAL_IMAGES)
    behind = max(accuracy[side] for side in PEERS) - accuracy[OURS]
    print(
        f"ours is {100 * behind:+.1f} points behind the best peer (at most {100 * (high - low) / 2:.1f}), "
        f"{100 * (accuracy[OURS] - accuracy[FROZEN]):+.1f} above the frozen head, and "
        f"{seconds[FASTAI] / seconds[OURS]:.1f} x as fast as fastai (at least 1.5)",
        flush=True,
    )


if __name__ == "__main__":
    main()
