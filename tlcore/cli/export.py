"""Write an epoch's weights, code that uses them, or a table to a file.

The last line on standard output is the path of the file, alone.
"""

import argparse
import os

from tlcore.system.paths import given_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from tlcore.delivery.export import FORMATS

    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    formats = "; ".join(f"{name}: {entry.words}" for name, entry in FORMATS.items())
    parser.add_argument("--format", default="pth", help=f"{formats} (default: pth)")
    parser.add_argument("--out", metavar="FILE", help="file or folder; without it, here, named after run and epoch")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.delivery.export import chosen_epoch, file_name, find_format
    from tlcore.errors import ConfigError
    from tlcore.runs.folder.run import find_run
    from tlcore.system.files import write_atomic

    entry = find_format(arguments.format)
    found = find_run(arguments.run)
    epoch = chosen_epoch(found) if arguments.epoch is None else arguments.epoch
    content = entry.build(found, epoch)
    path = given_path(arguments.out or ".").absolute()
    if os.path.isdir(path):
        path /= file_name(found, epoch, arguments.format)
    if not os.path.isdir(path.parent):
        raise ConfigError(f"There is no folder {path.parent} to write into. Make it, or choose another --out.")
    try:
        write_atomic(path, lambda file: file.write(content))
    except OSError as error:
        raise ConfigError(f"Cannot write {path}: {error.strerror}. Choose another --out.") from None
    print(path)
    return 0
