"""Add weights that were saved elsewhere to a run, as an epoch that is compared with the others.

Standard output first has what the user should know about the file, one sentence per line. The last line is the number
of the epoch, alone.
"""

import argparse

from tlcore.system.paths import given_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    from tlcore.models.file_endings import WEIGHTS_ENDINGS

    endings = ", ".join(WEIGHTS_ENDINGS)
    parser.add_argument("file", metavar="FILE", help=f"state_dict of the whole network, or a checkpoint: {endings}")
    parser.add_argument("--epoch", type=int, help="a number above those that the run plans; without it the next")
    parser.add_argument("--name", help="what to call the file; without it as it is called")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console, note
    from tlcore.evaluation.imported import import_epoch
    from tlcore.runs.folder.run import find_run
    from tlcore.words import percent

    found, file = find_run(arguments.run), given_path(arguments.file)
    with ProgressDisplay() as display:
        epoch = display.follow(import_epoch(found, file, arguments.epoch, arguments.device, arguments.name, tell=print))
    accuracy = next((record.val_accuracy for record in found.history() if record.epoch == epoch), None)
    console().print(f"{file.name} is epoch {epoch} of run {found.name}: {percent(accuracy)} on val.", markup=False)
    images = "On images that chose nothing" if found.report_split == "test" else "On the images of val"
    note(f"{images}, beside the others: python -m tlcore evaluate {found.name}")
    print(epoch)
    return 0
