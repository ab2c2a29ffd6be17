"""Train a model on a dataset, saving and validating every epoch.

The last line on standard output is the path of the run folder, alone.
"""

import argparse

from tlcore.cli.options import add_config_options, config_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from tlcore.transforms import AUGMENTATIONS

    add_config_options(parser)
    parser.add_argument("--augment", choices=["none", *AUGMENTATIONS], help="training transform, by name")
    parser.add_argument("--download", action="store_true", help="fetch a torchvision dataset that is not on disk")
    parser.add_argument("--dry-run", action="store_true", help="print what would happen, and stop")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    # torch takes a second to import: wrong options are answered before
    from tlcore.cli.session import run_session, start_processes
    from tlcore.cli.summary import show_plan
    from tlcore.data.catalog import fingerprint, open_dataset
    from tlcore.models.zoo import eval_transform, find_architecture
    from tlcore.runs.folder import create_run
    from tlcore.training.plan import augmented, plan_run

    processes, device = start_processes(config.device)
    dataset = open_dataset(config.data, download=arguments.download)
    if arguments.augment:
        evaluation = config.eval_transform or eval_transform(
            find_architecture(config.model.backbone), config.model.weights
        )
        name = None if arguments.augment == "none" else arguments.augment
        config = config.model_copy(update={"train_transform": augmented(evaluation, name)})
    plan = plan_run(config, dataset, device=device)
    if processes.is_main:
        show_plan(plan, dry_run=arguments.dry_run)
    if arguments.dry_run:
        return 0
    run = processes.share(
        create_run(plan.config, dataset, fingerprint(dataset), {"device": plan.choice.reason})
        if processes.is_main
        else None
    )
    return run_session(run, plan, processes)
