"""The one way to start a Python process of ours: it finds this very package, and gives way to who started it.

`start` gives the process itself, `run` waits for what it prints, `start_detached` leaves it to outlive its starter.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from tlcore.errors import CommandFailed

PACKAGE = Path(__file__).resolve().parents[1]
NICENESS = 10
_ERROR = "error: "
"""What the command line writes before the message of a TlcoreError."""


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

    The streams are as `subprocess` takes them; `environment` is added to this process's. One that `gives_way` runs
    at a low priority; a `detached` one has a session of its own, so that Ctrl-C in the terminal is not meant for it.
    """
    search = filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")])
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(search)},
        start_new_session=detached,
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0) if detached else 0,  # the same on Windows
    )
    if gives_way:
        with suppress(psutil.Error):  # it may have ended already
            psutil.Process(process.pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", NICENESS))
    return process


def run(arguments: Sequence[str]) -> str:
    """What `python -m tlcore ARGUMENTS` prints on standard output.

    Raises CommandFailed with the message that it ended with.
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

    `ended` is called with the exit status, in a thread of this process, if this process lives to see it.
    """
    process = start(arguments, stdout=output, stderr=errors, detached=True)
    threading.Thread(target=lambda: ended(process.wait()), daemon=True).start()  # and no zombie stays
    return process.pid


def said_error(text: str) -> str:
    """The message of the TlcoreError that a command of ours ended with, from its standard error; empty: there is none.

    A traceback is a bug, and nothing to show: its last line is what is left of it.
    """
    if _ERROR in text:
        return text.rpartition(_ERROR)[2].strip()
    return text.strip().rpartition("\n")[2]


def _ended(status: int) -> str:
    return f"The process was ended by signal {-status}." if status < 0 else f"The process ended with status {status}."
