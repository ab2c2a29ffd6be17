"""Start a command of ours as a process of its own that outlives its starter and gives way to it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil

import tlcore

NICENESS = 10


def spawn(
    arguments: Sequence[str], output: BinaryIO, errors: BinaryIO, ended: Callable[[int], object] = lambda status: None
) -> int:
    """Run `python -m tlcore ARGUMENTS` at a low priority, and return its process id at once.

    `ended` is called with the exit status, in a thread of this process, if this process lives to see it.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tlcore", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": _python_path()},
        start_new_session=True,  # Ctrl-C in the terminal of a dashboard is not meant for it
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),  # the same on Windows
    )
    with suppress(psutil.Error):  # it may have ended already
        psutil.Process(process.pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", NICENESS))
    threading.Thread(target=lambda: ended(process.wait()), daemon=True).start()  # and no zombie stays
    return process.pid


def _python_path() -> str:
    """Where the process finds this very tlcore, whatever folder the dashboard was started in."""
    here = str(Path(tlcore.__file__).resolve().parents[1])
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
