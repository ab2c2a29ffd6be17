"""Place every image in the plane by its features, and write the places as a table.

Images that look alike to the network lie near each other.
"""

import argparse
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import follow, print_line
from tlcore.cli.options import config_from
from tlcore.cli.train import add_network_options, open_data

if TYPE_CHECKING:
    from tlcore.data.dataset import Dataset
    from tlcore.evaluation.kept_layouts import PlacedImages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network_options(parser)
    parser.add_argument("--layout", choices=["pca", "umap"], default="pca", help="umap needs umap-learn (default: pca)")
    parser.add_argument("--out", metavar="FILE", help="CSV file to write: id, split, class, x, y")
    parser.add_argument("--json", action="store_true", help="progress, then the layout's key, as one line of JSON each")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    from tlcore.cli.display import ProgressDisplay, console, note
    from tlcore.evaluation.image_map import map_images
    from tlcore.words import count

    dataset, resolved = open_data(arguments, config, draws=True)
    work = map_images(resolved, dataset, arguments.layout)
    if arguments.json:
        found = follow(work)
        print_line(layout=found.key)
        return 0
    with ProgressDisplay() as display:
        placed = display.follow(work).placed
    if placed.skipped:
        note(f"{count(len(placed.skipped), 'image')} cannot be read and have no place.")
    if placed.variance:
        first, second = placed.variance
        console().print(f"The two axes hold {first:.0%} and {second:.0%} of the variance of the features.")
    if arguments.out:
        _write(arguments.out, dataset, placed)
        print(arguments.out, flush=True)
    else:
        note("Nothing is written without --out FILE.")
    return 0


def _write(path: str, dataset: "Dataset", placed: "PlacedImages") -> None:
    from tlcore.data.formats.cells import escape_table
    from tlcore.evaluation.kept_layouts import map_table
    from tlcore.system.files import write_atomic
    from tlcore.system.paths import given_path

    text = escape_table(map_table(dataset, placed)).to_csv(index=False)
    write_atomic(given_path(path), lambda file: file.write(text.encode("utf-8", "surrogateescape")))
