"""Upload an epoch to the Hugging Face Hub: model card, weights, and an ONNX file with its certificate.

The token is the one of `hf auth login`, or in the environment variable HF_TOKEN. The last line on standard output is
the address, alone.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--to", required=True, metavar="hf:USER/NAME", help="where to; made if it is not there")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--private", action="store_true", help="only you can see it")
    parser.add_argument("--dry-run", action="store_true", help="make the files and list them; upload nothing")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console, note
    from tlcore.delivery.hub import check_access, parse_target, upload
    from tlcore.delivery.hub_files import collect
    from tlcore.runs.folder.run import find_run
    from tlcore.words import count, size

    target = parse_target(arguments.to)
    found = find_run(arguments.run)
    epoch = found.chosen_epoch(arguments.epoch)
    if not arguments.dry_run:
        check_access()
    with ProgressDisplay() as display:
        files, missing = display.follow(collect(found, epoch))
    for sentence in missing:
        note(sentence)
    for name, content in files.items():
        console().print(f"{name}  {size(len(content))}", markup=False)
    if arguments.dry_run:
        note(f"Nothing was uploaded. Without --dry-run, {target} gets these {count(len(files), 'file')}.")
        return 0
    print(upload(files, target, f"Epoch {epoch} of run {found.name}", private=arguments.private))
    return 0
