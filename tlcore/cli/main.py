"""The entry point of the command line: it picks the command and shows its errors.

Exit status: 0 done, 1 an error that the message explains, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tlcore import __version__
from tlcore.cli import (
    audit,
    calibrate,
    check_labels,
    clean,
    device,
    dispatch,
    edits,
    evaluate,
    export,
    find_lr,
    gate,
    image_map,
    import_epoch,
    neighbours,
    predict,
    push,
    race,
    recipes,
    report,
    resume,
    runs,
    serve,
    train,
    worker,
    worth,
    zoo,
)
from tlcore.system.failures import as_user_error, tell
from tlcore.system.home import HOST
from tlcore.system.logs import log_work

COMMANDS = {
    "train": train,
    "runs": runs,
    "evaluate": evaluate,
    "calibrate": calibrate,
    "resume": resume,
    "predict": predict,
    "export": export,
    "gate": gate,
    "serve": serve,
    "report": report,
    "push": push,
    "import": import_epoch,
    "zoo": zoo,
    "recipes": recipes,
    "find-lr": find_lr,
    "race": race,
    "worker": worker,
    "dispatch": dispatch,
    "device": device,
    "audit": audit,
    "check-labels": check_labels,
    "neighbours": neighbours,
    "map": image_map,
    "worth": worth,
    "clean": clean,
    "edits": edits,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if os.environ.get(HOST):  # this process works for a visitor of a hosted dashboard
            from tlcore.hosting.limits.quotas import limit_spaces

            limit_spaces()
            log_work()
        status: int = arguments.command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        known = as_user_error(error)
        if known is None and not os.environ.get(HOST):  # a bug: the traceback shows where
            raise
        # JSON is for programs, such as the dashboard
        hint = "" if known is None or getattr(arguments, "json", False) else known.cli
        print(f"error: {tell(error, 'work failed')}{hint and f' {hint}'}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tlcore" if Path(sys.argv[0]).stem == "tlcore" else "python -m tlcore",
        description="Teach a pretrained image classifier a new task, and see how well it went.",
    )
    parser.add_argument("--version", action="version", version=f"tlcore {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(command=module.run)
    return parser
