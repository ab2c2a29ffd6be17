"""The one way to start Python processes of this project: they find this same package, and can run at low priority.

`start` returns the process, `run` waits for its output, `start_detached` lets it outlive the process that started it.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from tlcore.errors import CommandFailed
from tlcore.system.home import space
from tlcore.system.threads import start_thread

PACKAGE = Path(__file__).resolve().parents[1]
NICENESS = 10
_ERROR = "error: "
"""The command line's prefix for the message of a TlcoreError."""


def start(
    arguments: Sequence[str],
    *,
    module: str = PACKAGE.name,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    gives_way: bool = True,
    detached: bool = False,
) -> "subprocess.Popen[bytes]":
    """Run `python -m MODULE ARGUMENTS` and return its process at once.

    The streams are arguments of `subprocess`; `environment` is added to that of this process and of its space. With
    `gives_way` it runs at low priority; with `detached` it has its own session, so that Ctrl-C in the terminal does not
    reach it.
    """
    search = filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")])
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **space().environment(), **(environment or {}), "PYTHONPATH": os.pathsep.join(search)},
        start_new_session=detached,
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0) if detached else 0,  # the same on Windows
    )
    if gives_way:
        with suppress(psutil.Error):  # it may already have ended
            psutil.Process(process.pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", NICENESS))
    return process


def run(arguments: Sequence[str]) -> str:
    """The standard output of `python -m tlcore ARGUMENTS`.

    Raises CommandFailed with the command's error message.
    """
    with start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate()
    if process.returncode != 0:
        raise CommandFailed(said_error(errors.decode(errors="replace")) or _ended(process.returncode))
    return output.decode(errors="replace")


def start_detached(
    arguments: Sequence[str],
    output: IO[bytes],
    errors: IO[bytes],
    ended: Callable[[int], object] = lambda status: None,
) -> int:
    """Run `python -m tlcore ARGUMENTS` so that it outlives this process, and return its process id at once.

    `ended` is called with the exit status, in a thread of this process, if this process still runs then.
    """
    process = start(arguments, stdout=output, stderr=errors, detached=True)
    start_thread(lambda: ended(process.wait()))  # waiting also leaves no zombie
    return process.pid


def said_error(text: str) -> str:
    """The message of the TlcoreError with which a command ended, from its standard error; empty if there is none.

    A traceback is a bug and is not shown; only its last line is used.
    """
    if _ERROR in text:
        return text.rpartition(_ERROR)[2].strip()
    return text.strip().rpartition("\n")[2]


def _ended(status: int) -> str:
    return f"The process was ended by signal {-status}." if status < 0 else f"The process ended with status {status}."
