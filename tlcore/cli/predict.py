"""Name the most likely classes of images, by a run, or by a network as it was pretrained on ImageNet.

A folder, a zip or a list is predicted as a whole by a run (`predict_many`), and so are images with an option that only
that has; other images are predicted one by one. Images that cannot be read are reported and make the exit status 1; all
others are still predicted.
"""

import argparse
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.cli import predict_many
from tlcore.config import ModelConfig
from tlcore.errors import ConfigError

if TYPE_CHECKING:
    from tlcore.evaluation.predict import Predictor

PRETRAINED = "imagenet"
DEFAULT = ModelConfig().backbone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        metavar="RUN",
        help=f"name or beginning of one, path, `latest`, or `{PRETRAINED}`: 1,000 classes",
    )
    parser.add_argument(
        "images",
        metavar="INPUT",
        nargs="+",
        help="image files; or a folder with images in it or below, a zip of one, or a text file of paths, `-` for "
        "standard input",
    )
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument(
        "--backbone", help=f"with `{PRETRAINED}`: architecture, see `zoo`, or timm:NAME (default: {DEFAULT})"
    )
    parser.add_argument(
        "--weights", help=f"with `{PRETRAINED}`: imagenet, pretrained (timm), or a file (default: the usual ones)"
    )
    parser.add_argument("--recipe", help=f"with `{PRETRAINED}`: network, weights and transform of a recipe")
    parser.add_argument("--top", type=int, default=3, help="classes to name per image (default: 3)")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    predict_many.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    from tlcore.evaluation.predict import load_predictor
    from tlcore.runs.folder.run import find_run

    as_a_whole = predict_many.has_options(arguments)
    if arguments.run == PRETRAINED:
        if as_a_whole:
            raise ConfigError(
                f"`{PRETRAINED}` predicts images one by one: --out, --sort-into, --jsonl and --json are for a run."
            )
        predictor = _pretrained(arguments)
    elif as_a_whole or predict_many.is_whole(arguments.images):
        return predict_many.run(arguments)
    else:
        predictor = load_predictor(find_run(arguments.run), arguments.epoch, arguments.device)
    return print_predictions(predictor, map(Path, arguments.images), arguments.top)


def _pretrained(arguments: argparse.Namespace) -> "Predictor":
    """The network that the options name; what they leave open is that of the recipe, if one is given."""
    from tlcore.evaluation.predict import imagenet_predictor
    from tlcore.recipes.saved import find_recipe

    if arguments.recipe is None:
        backbone, weights = arguments.backbone or DEFAULT, arguments.weights
        return imagenet_predictor(backbone, weights, arguments.device)
    config = find_recipe(arguments.recipe).config
    backbone = arguments.backbone or config.model.backbone
    weights = arguments.weights or config.model.weights
    own = backbone == config.model.backbone  # the transform of a recipe is for its own network
    return imagenet_predictor(backbone, weights, arguments.device, config.eval_transform if own else None)


def print_predictions(predictor: "Predictor", paths: Iterable[Path], top: int) -> int:
    """Print one line per image; returns the exit status."""
    from tlcore.cli.display import note
    from tlcore.errors import UnreadableImage

    note(predictor.title)
    listed = [(given, _images_at(given)) for given in paths]
    predictor = replace(predictor, images=sum(len(found) for _, found in listed))
    status = 0
    for given, found in listed:
        if not found:
            note(f"{given}: there are no images in this folder")
            status = 1
        for path in found:
            try:
                answer = predictor.answer(path)
            except UnreadableImage as error:
                note(f"{path}: {error}")
                status = 1
            else:
                ranking = answer.ranking[: max(top, 1)]
                print(f"{path}: {predict_many.answer_in_words(ranking, sure=answer.sure, far=answer.far)}")
    if predictor.engine:
        note(f"Computed by {predictor.engine}.")
    return status


def _images_at(path: Path) -> list[Path]:
    """The images in a folder and its subfolders, by name, without hidden ones. Prints the number of other files."""
    from tlcore.cli.display import note
    from tlcore.data.formats.tree import list_tree
    from tlcore.words import count

    if not os.path.isdir(path):
        return [path]
    tree = list_tree(path)
    if others := list(tree.others_below()):
        note(f"{path}: {count(len(others), 'file')} left out, no images, like {others[0]}")
    if links := list(tree.not_followed_below()):
        note(f"{path}: {count(len(links), 'link')} not followed, to folders that are read already, like {links[0]}")
    return [path / name for name in tree.images_below()]
