"""Show the images of a dataset that are most like some of them, by the features of a network or of a trained run."""

import argparse
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import follow, print_line
from tlcore.cli.options import config_from
from tlcore.cli.train import add_network_options, build_plan

if TYPE_CHECKING:
    from tlcore.evaluation.neighbours import Neighbour
    from tlcore.training.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="paths inside the dataset, such as train/ants/1.jpg")
    parser.add_argument("--run", metavar="RUN", help="the network and the dataset of a run, instead of --data")
    parser.add_argument("--epoch", type=int, help="the epoch of a fine-tuned run (default: the best on val)")
    parser.add_argument("--count", type=int, default=8, help="neighbours per image (default: 8)")
    parser.add_argument("--json", action="store_true", help="progress, then the neighbours, as one line of JSON each")
    add_network_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, print_table
    from tlcore.errors import ConfigError
    from tlcore.evaluation.likeness import keep_likeness, load_likeness

    plan = _plan(arguments)
    samples = {sample.id: sample for sample in plan.dataset.samples}
    for name in arguments.images:
        if name not in samples:
            raise ConfigError(f"{plan.dataset.name} has no image {name!r}. Give its path inside the dataset.")
    work = keep_likeness(plan)
    if arguments.json:
        key = follow(work)
    else:
        with ProgressDisplay() as display:
            key = display.follow(work)
    likeness = load_likeness(key)
    if likeness is None:
        raise ConfigError("The features could not be kept: the disk may be full. Free some space.")

    def row(other: "Neighbour") -> dict[str, object]:
        sample = samples[other.id]
        label = plan.dataset.classes[sample.target]
        return {"id": other.id, "label": label, "split": sample.split, "similarity": round(other.similarity, 4)}

    found = likeness.most_like(arguments.images, max(1, arguments.count))
    rows = {name: [row(other) for other in others] for name, others in zip(arguments.images, found, strict=True)}
    if arguments.json:
        print_line(likeness=key, neighbours=rows)
        return 0
    for name, listed in rows.items():
        label = plan.dataset.classes[samples[name].target]
        cells = [(cell["id"], cell["label"], cell["split"], f"{cell['similarity']:.3f}") for cell in listed]
        print_table(f"Most like {name} ({label})", ["image", "label", "split", "similarity"], cells, left=3)
    return 0


def _plan(arguments: argparse.Namespace) -> "Plan":
    if not arguments.run:
        config = config_from(arguments)
        return build_plan(arguments, config, config.device)
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.restore import reopen_dataset, restore_plan

    trained = find_run(arguments.run)
    dataset, _ = reopen_dataset(trained)
    frozen = trained.config.strategy.name == "feature_extraction"
    epoch = None if frozen else trained.chosen_epoch(arguments.epoch)
    return restore_plan(trained, dataset, epoch)
