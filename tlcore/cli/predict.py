"""Name the most likely classes of images.

Images that cannot be read are reported and make the exit status 1; the others are predicted all the same.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="image file")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--top", type=int, default=3, help="classes to name per image (default: 3)")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import note, percent
    from tlcore.errors import UnreadableImage
    from tlcore.evaluation.predict import load_predictor
    from tlcore.runs.folder import find_run

    predictor = load_predictor(find_run(arguments.run), arguments.epoch, arguments.device)
    note(predictor.title)
    status = 0
    for name in arguments.images:
        try:
            ranking = predictor.predict(Path(name))[: max(arguments.top, 1)]
        except UnreadableImage as error:
            note(f"{name}: {error}")
            status = 1
        else:
            print(f"{name}: " + ", ".join(f"{label} {percent(probability)}" for label, probability in ranking))
    return status
