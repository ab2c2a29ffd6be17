"""Train a model on a dataset, saving and validating every epoch.

The last line on standard output is the path of the run folder, alone.
"""

import argparse
import os
from typing import TYPE_CHECKING

from tlcore.cli.options import add_config_options, add_download_option, config_from, fitted_recipe
from tlcore.config import ResolvedConfig, RunConfig
from tlcore.errors import DatasetNotFound
from tlcore.recipes.recipe import RUN_INFO_KEY
from tlcore.recipes.saved import find_recipe
from tlcore.system.paths import given_path

if TYPE_CHECKING:
    from tlcore.data.dataset import Dataset
    from tlcore.recipes.recipe import Recipe
    from tlcore.training.checkpoint import Checkpoint
    from tlcore.training.plan import Plan

TOP_OF_RECIPE = 5  # classes that a recipe prints per image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_options(parser)
    parser.add_argument(
        "--continue-from",
        metavar="FILE",
        help="training checkpoint: model_state_dict and, if it has them, optimizer_state_dict, epoch, loss",
    )
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        metavar="TRACKER",
        help="follow the run in tensorboard (in its folder), mlflow or wandb; may be given several times",
    )
    parser.add_argument("--no-evaluation", action="store_true", help="do not look at the test split afterwards")
    parser.add_argument("--dry-run", action="store_true", help="print what would happen, and stop")
    parser.add_argument("--json", action="store_true", help="with --dry-run: the projection alone, as one line of JSON")


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """The options for the model and the data."""
    from tlcore.transforms.presets import AUGMENTATIONS

    add_config_options(parser)
    parser.add_argument("--augment", choices=["none", *AUGMENTATIONS], help="training transform, by name")
    add_download_option(parser)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """The options for the data and the network, for a command that trains at most a classifier of its own."""
    add_config_options(parser, without=("strategy", "cached_views", "mix", "report_every", "optimizer", "schedule"))
    add_download_option(parser)
    parser.set_defaults(augment=None)


def run(arguments: argparse.Namespace) -> int:
    if arguments.recipe and (recipe := find_recipe(arguments.recipe)).task == "predict":
        return _predict(recipe, arguments)
    config = config_from(arguments)
    if arguments.track:
        from tlcore.runs.tracking.kinds import check_trackers

        check_trackers(arguments.track)
    # torch takes a second to import: wrong options are reported before that
    from tlcore.cli.session import run_session, start_processes
    from tlcore.cli.summary import print_projection, show_plan
    from tlcore.data.catalog import fingerprint
    from tlcore.runs.folder.run import create_run
    from tlcore.runs.tracking.follow import track

    processes, device = start_processes(config.device)
    plan, start = _plan(arguments, config, device, draws=processes.is_main)
    if arguments.dry_run and arguments.json:
        print_projection(plan)
        return 0
    if processes.is_main:
        show_plan(plan, dry_run=arguments.dry_run)
    if arguments.dry_run:
        return 0
    facts = {"device": plan.choice.reason}
    if arguments.recipe:
        facts[RUN_INFO_KEY] = find_recipe(arguments.recipe).name
    run = processes.broadcast(
        create_run(plan.config, plan.dataset, fingerprint(plan.dataset), facts) if processes.is_main else None
    )
    if processes.is_main:
        track(run, arguments.track)
    return run_session(run, plan, processes, start, evaluate=not arguments.no_evaluation)


def _plan(
    arguments: argparse.Namespace, config: RunConfig, device: str, *, draws: bool
) -> "tuple[Plan, Checkpoint | None]":
    """The plan, and the checkpoint of another training that it continues from, if any."""
    if not arguments.continue_from:
        return build_plan(arguments, config, device, draws=draws), None
    from tlcore.training.foreign import plan_from_file

    dataset, resolved = open_data(arguments, config, draws=draws)
    return plan_from_file(resolved, dataset, given_path(arguments.continue_from), device)


def _predict(recipe: "Recipe", arguments: argparse.Namespace) -> int:
    """Run a recipe that trains nothing: predict the classes of the photographs in --data."""
    from tlcore.cli.predict import print_predictions
    from tlcore.evaluation.predict import imagenet_predictor

    config = fitted_recipe(recipe, arguments)
    path = given_path(config.data.source)
    if not os.path.exists(path):
        raise DatasetNotFound(f"There is nothing at {path.absolute()}. Give an image, or a folder of images.")
    device = arguments.config_device or config.device
    predictor = imagenet_predictor(config.model.backbone, config.model.weights, device, config.eval_transform)
    return print_predictions(predictor, [path], TOP_OF_RECIPE)


def build_plan(arguments: argparse.Namespace, config: RunConfig, device: str, *, draws: bool = True) -> "Plan":
    """Open the data and the weights that the options name. `draws`: this process makes the demo dataset if needed."""
    from tlcore.training.plan import plan_run

    dataset, resolved = open_data(arguments, config, draws=draws)
    return plan_run(resolved, dataset, device=device)


def open_data(arguments: argparse.Namespace, config: RunConfig, *, draws: bool) -> "tuple[Dataset, ResolvedConfig]":
    """The data and the resolved configuration, with the training transform that was requested by name."""
    from tlcore.cli.display import show_steps
    from tlcore.data.catalog import look_for_groups, open_dataset
    from tlcore.data.formats.demo import NAME as DEMO, draw_demo
    from tlcore.training.resolve import resolve
    from tlcore.training.views import VALIDATION, Views, training_transform

    if draws and config.data.source.lower() == DEMO:
        show_steps("Drawing the demo dataset, once", draw_demo())
    resolved = resolve(config)
    if draws:
        show_steps("Looking for similar images", look_for_groups(resolved.data, arguments.download))
    dataset = open_dataset(resolved.data, download=arguments.download)
    if arguments.augment:
        views = VALIDATION if arguments.augment == "none" else Views("preset", arguments.augment)
        transform = training_transform(views, resolved.eval_transform)
        resolved = resolved.model_copy(update={"train_transform": transform})
    return dataset, resolved
