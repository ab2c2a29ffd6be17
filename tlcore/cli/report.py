"""Write the report of an epoch: one HTML file to hand over or to print.

What is missing for it is done first: the evaluation on the test split, and a look at every image of the dataset. The
last line on standard output is the path of the file, alone.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.runs.folder.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--out", metavar="FILE", help="file or folder; without it, here, named after run and epoch")
    parser.add_argument("--device", default="auto", help="for the evaluation: auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.delivery.export import file_name
    from tlcore.delivery.report import report_page
    from tlcore.errors import ConfigError
    from tlcore.runs.folder.run import find_run
    from tlcore.system.files import write_atomic
    from tlcore.system.paths import output_path

    found = find_run(arguments.run)
    epoch = found.chosen_epoch(arguments.epoch)
    path = output_path(arguments.out, file_name(found, epoch, "report"))
    _complete(found, epoch, arguments.device)
    content = report_page(found, epoch).encode()
    try:
        write_atomic(path, lambda file: file.write(content))
    except OSError as error:
        raise ConfigError(f"Cannot write {path}: {error.strerror}. Choose another --out.") from None
    print(path)
    return 0


def _complete(found: "Run", epoch: int, device: str) -> None:
    """Evaluate the epoch and scan the dataset, if that was not done. Without the images, the report says so."""
    from tlcore.cli.display import ProgressDisplay, note, show_scan
    from tlcore.data.health.kept_scans import has_scan
    from tlcore.errors import DataError
    from tlcore.evaluation.evaluate import evaluate_run
    from tlcore.evaluation.stored import load_stored
    from tlcore.runs.restore import reopen_dataset

    try:
        if epoch in load_stored(found).missing:
            with ProgressDisplay() as display:
                display.follow(evaluate_run(found, device))
        dataset, changed = reopen_dataset(found)
        if not changed and not has_scan(dataset):
            show_scan(dataset)
    except DataError as error:
        note(f"The report has no pictures and no findings: {error}")
