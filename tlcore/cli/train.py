"""Train a model on a dataset, saving and validating every epoch.

The last line on standard output is the path of the run folder, alone.
"""

import argparse
from typing import TYPE_CHECKING

from tlcore.cli.options import add_config_options, config_from
from tlcore.config import RunConfig

if TYPE_CHECKING:
    from tlcore.training.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what would happen, and stop")
    parser.add_argument("--json", action="store_true", help="with --dry-run: the projection alone, as one line of JSON")


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what is trained on what."""
    from tlcore.transforms import AUGMENTATIONS

    add_config_options(parser)
    parser.add_argument("--augment", choices=["none", *AUGMENTATIONS], help="training transform, by name")
    parser.add_argument("--download", action="store_true", help="fetch a torchvision dataset that is not on disk")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    # torch takes a second to import: wrong options are answered before
    from tlcore.cli.session import run_session, start_processes
    from tlcore.cli.summary import print_projection, show_plan
    from tlcore.data.catalog import fingerprint
    from tlcore.runs.folder import create_run

    processes, device = start_processes(config.device)
    plan = build_plan(arguments, config, device, draws=processes.is_main)
    if arguments.dry_run and arguments.json:
        print_projection(plan)
        return 0
    if processes.is_main:
        show_plan(plan, dry_run=arguments.dry_run)
    if arguments.dry_run:
        return 0
    run = processes.share(
        create_run(plan.config, plan.dataset, fingerprint(plan.dataset), {"device": plan.choice.reason})
        if processes.is_main
        else None
    )
    return run_session(run, plan, processes)


def build_plan(arguments: argparse.Namespace, config: RunConfig, device: str, *, draws: bool = True) -> "Plan":
    """Open the data and the weights that the options name. `draws`: this process makes the demo dataset if need be."""
    from tlcore.cli.display import show_steps
    from tlcore.data.catalog import open_dataset
    from tlcore.data.demo import NAME as DEMO, draw_demo
    from tlcore.models.zoo import eval_transform, find_architecture
    from tlcore.training.plan import augmented, plan_run

    if draws and config.data.source.lower() == DEMO:
        show_steps("Drawing the demo dataset, once", draw_demo())
    dataset = open_dataset(config.data, download=arguments.download)
    if arguments.augment:
        evaluation = config.eval_transform or eval_transform(
            find_architecture(config.model.backbone), config.model.weights
        )
        name = None if arguments.augment == "none" else arguments.augment
        config = config.model_copy(update={"train_transform": augmented(evaluation, name)})
    return plan_run(config, dataset, device=device)
