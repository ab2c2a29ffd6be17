"""One writer per run folder: an operating system lock, which is released when its process ends.

It also works between containers and machines that share the home, if their file system supports that. The lock file
stays in the folder and is empty; `writer.json` names the holder, only for the error message.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel

from tlcore.errors import RecordError, RunBusy
from tlcore.runs.folder.layout import LOCK_FILE, WRITER_FILE
from tlcore.runs.folder.writing import check_there, write_json_in
from tlcore.system.home import check_writable
from tlcore.system.liveness import place
from tlcore.system.records import read_record

WAIT_S = 1.0
"""How long to wait for a lock, because `is_held` also takes it for a moment."""


class _Writer(BaseModel):
    pid: int
    place: str


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Lock the run folder. Locking it twice in one process is refused as well.

    Raises RunBusy if the lock is held already, RunNotFound if there is no such folder, NotAllowed if it is the run of
    somebody else.
    """
    check_there(folder)  # filelock would create it
    check_writable(folder)
    lock = _lock(folder)
    try:
        lock.acquire(timeout=WAIT_S)
    except Timeout:
        raise RunBusy(
            f"Run {folder.name} is being trained by {_holder(folder)}. Wait for it, or stop it first."
        ) from None
    try:
        with suppress(OSError):  # it is only for the message
            write_json_in(folder, folder / WRITER_FILE, _Writer(pid=os.getpid(), place=place()).model_dump())
        yield
    finally:
        (folder / WRITER_FILE).unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path) -> bool | None:
    """Whether some process writes the run; None if that cannot be found out, as in a read-only folder."""
    lock = _lock(folder)
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:
        return None
    lock.release()
    return False


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / LOCK_FILE, thread_local=False)


def _holder(folder: Path) -> str:
    try:
        writer = read_record(folder / WRITER_FILE, _Writer, "the record of a writer")
    except (FileNotFoundError, RecordError):
        return "another process"
    if writer.place == place():
        return f"process {writer.pid}"
    return f"process {writer.pid} of another machine or container ({writer.place.partition(' ')[0]})"
