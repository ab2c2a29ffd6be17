"""Write an epoch's weights, a model for other programs, code that uses it, or a table to a file.

A file that answers by itself, such as ONNX, is run on every image of the report split before it is written. If it does
not answer as the run does, it is not written. Its certificate is printed, and written beside it as
`FILE.certificate.json`. The last line on standard output is the path of the file, alone.
"""

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import follow, print_line
from tlcore.system.paths import output_path

if TYPE_CHECKING:
    from tlcore.delivery.certified import Exported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from tlcore.delivery.export import FORMATS

    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    formats = "; ".join(f"{name}: {entry.words}" for name, entry in FORMATS.items())
    parser.add_argument("--format", default="pth", help=f"{formats} (default: pth)")
    parser.add_argument(
        "--with-preprocessing", action="store_true", help="onnx: the file takes RGB images of any size, not tensors"
    )
    parser.add_argument("--int8", action="store_true", help="onnx: whole numbers of 8 bits, a quarter of the size")
    parser.add_argument("--out", metavar="FILE", help="file or folder; without it, here, named after run and epoch")
    parser.add_argument("--json", action="store_true", help="progress, then the result, as one line of JSON each")
    parser.add_argument("--config", help=argparse.SUPPRESS)  # every command that a page starts gets one


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console
    from tlcore.delivery.export import export_certified, file_name, find_variant
    from tlcore.runs.folder.run import find_run

    name = find_variant(arguments.format, preprocessing=arguments.with_preprocessing, int8=arguments.int8)
    found = find_run(arguments.run)
    epoch = found.chosen_epoch(arguments.epoch)
    path = output_path(arguments.out, file_name(found, epoch, name))
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stop from outside leaves nothing behind
    try:
        work = export_certified(found, epoch, name)
        if arguments.json:
            exported = follow(work)
        else:
            with ProgressDisplay() as display:
                exported = display.follow(work)
        _save(exported, path)
    finally:
        signal.signal(signal.SIGTERM, before)
    certificate = exported.certificate
    if arguments.json:
        print_line(file=str(path), certificate=None if certificate is None else certificate.model_dump(mode="json"))
        return 0
    for line in [] if certificate is None else certificate.lines():
        console().print(line, markup=False)
    print(path)
    return 0


def _save(exported: "Exported", path: Path) -> None:
    from tlcore.delivery.certified import save_exported
    from tlcore.errors import ConfigError

    try:
        save_exported(exported, path)
    except OSError as error:
        raise ConfigError(f"Cannot write {path}: {error.strerror}. Choose another --out.") from None
