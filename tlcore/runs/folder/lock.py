"""One writer per run folder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tlcore.errors import RunBusy
from tlcore.runs.folder.status import is_alive

FILE = "writer.lock"


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the run folder; a lock left behind by a process that is gone does not count.

    Raises RunBusy where a living process holds it.
    """
    path = folder / FILE
    while not _take(path):
        owner = _owner(path)
        if owner is not None and is_alive(*owner):
            raise RunBusy(f"Run {folder.name} is being trained by process {owner[0]}. Wait for it, or stop it first.")
        path.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        json.dump([os.getpid(), psutil.Process().create_time()], file)
    return True


def _owner(path: Path) -> tuple[int, float] | None:
    try:
        pid, started = json.loads(path.read_text())
        return int(pid), float(started)
    except (OSError, ValueError, TypeError):
        return None
