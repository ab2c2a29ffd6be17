"""Show the images of a dataset that are most like some of them, by the features of a network or of a trained run."""

import argparse
import json
from typing import TYPE_CHECKING

from tlcore.cli.options import add_config_options, add_download_option, config_from

if TYPE_CHECKING:
    from tlcore.training.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="paths inside the dataset, such as train/ants/1.jpg")
    parser.add_argument("--run", metavar="RUN", help="the network and the dataset of a run, instead of --data")
    parser.add_argument("--epoch", type=int, help="the epoch of a fine-tuned run (default: the best on val)")
    parser.add_argument("--count", type=int, default=8, help="neighbours per image (default: 8)")
    parser.add_argument("--json", action="store_true", help="progress, then the neighbours, as one line of JSON each")
    add_config_options(parser, without=("strategy", "cached_views", "mix", "report_every", "optimizer", "schedule"))
    add_download_option(parser)
    parser.set_defaults(augment=None)


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, print_table
    from tlcore.errors import ConfigError
    from tlcore.evaluation.likeness import keep_likeness, load_likeness
    from tlcore.system.drive import drive

    plan = _plan(arguments)
    samples = {sample.id: sample for sample in plan.dataset.samples}
    for name in arguments.images:
        if name not in samples:
            raise ConfigError(f"{plan.dataset.name} has no image {name!r}. Give its path inside the dataset.")
    if arguments.json:
        key = drive(
            keep_likeness(plan), lambda event: _print_line(phase=event.phase, done=event.done, total=event.total)
        )
    else:
        with ProgressDisplay() as display:
            key = display.follow(keep_likeness(plan))
    likeness = load_likeness(key)
    if likeness is None:
        raise ConfigError("The features could not be kept: the disk may be full. Free some space.")
    found = likeness.most_like(arguments.images, max(1, arguments.count))
    rows = [
        {"id": other.id, "label": plan.dataset.classes[samples[other.id].target], "split": samples[other.id].split}
        | {"similarity": round(other.similarity, 4)}
        for others in found
        for other in others
    ]
    if arguments.json:
        sizes = [len(others) for others in found]
        lists = [rows[sum(sizes[:index]) :][:size] for index, size in enumerate(sizes)]
        _print_line(likeness=key, neighbours=dict(zip(arguments.images, lists, strict=True)))
        return 0
    for name, others in zip(arguments.images, found, strict=True):
        label = plan.dataset.classes[samples[name].target]
        shown, rows = rows[: len(others)], rows[len(others) :]
        cells = [(row["id"], row["label"], row["split"], f"{row['similarity']:.3f}") for row in shown]
        print_table(f"Most like {name} ({label})", ["image", "label", "split", "similarity"], cells, left=3)
    return 0


def _plan(arguments: argparse.Namespace) -> "Plan":
    from tlcore.cli.train import build_plan

    if not arguments.run:
        config = config_from(arguments)
        return build_plan(arguments, config, config.device)
    from tlcore.delivery.export import chosen_epoch
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.restore import reopen_dataset, restore_plan

    trained = find_run(arguments.run)
    dataset, _ = reopen_dataset(trained)
    frozen = trained.config.strategy.name == "feature_extraction"
    epoch = None if frozen else arguments.epoch if arguments.epoch is not None else chosen_epoch(trained)
    return restore_plan(trained, dataset, epoch)


def _print_line(**content: object) -> None:
    print(json.dumps(content), flush=True)
