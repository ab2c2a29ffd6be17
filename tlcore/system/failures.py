"""Turn failures of the machine into errors with advice: a full or read-only disk, too little memory.

Such failures can come from any line of any library, so they are recognised here, once, for the command line, the worker
and the pages.
"""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tlcore.errors import OutOfMemory, StorageError, TlcoreError
from tlcore.system.home import home_dir, space
from tlcore.system.logs import failure_words, log_failure

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_MEMORY = re.compile(
    r"out of memory|could not create a primitive|can't allocate memory|cannot allocate memory|bad_alloc"
    r"|DataLoader worker .*(killed by signal|exited unexpectedly)",
    re.IGNORECASE,
)
_SHARED_MEMORY = re.compile(r"shared memory|shm|bus error", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?<![\w.<])/(?:[^\s/:'\"<>]+/)+([^\s/:'\"<>]*)")
_TORN_ARCHIVE = re.compile(r"unexpected pos \d+ vs \d+|PytorchStreamWriter")  # torch.save, after a short write


def as_user_error(failure: BaseException) -> TlcoreError | None:
    """The failure as an error that says what to do; None for anything else, which is a bug."""
    if isinstance(failure, TlcoreError):
        return failure
    for error in _chain(failure):
        if isinstance(error, OSError) and (told := _storage(error)) is not None:
            return told
    text = str(failure)
    if isinstance(failure, MemoryError) or (isinstance(failure, OSError) and failure.errno == errno.ENOMEM):
        return _memory(text)
    if isinstance(failure, RuntimeError) and _SHARED_MEMORY.search(text):
        return OutOfMemory(
            "Not enough shared memory (/dev/shm) for the processes that decode images. Give it more, as with Docker's "
            "--shm-size=1g, or use fewer of these workers: without any, none is needed.",
            cli="That is --workers 0.",
        )
    if isinstance(failure, RuntimeError) and _MEMORY.search(text):
        return _memory(text)
    if isinstance(failure, RuntimeError) and _TORN_ARCHIVE.search(text):
        return _no_space(home_dir())
    return None


def tell(failure: BaseException, what: str) -> str:
    """What the user is told of a failure of some work. Of a bug: what it is; to a visitor only its id in the log."""
    known = as_user_error(failure)
    if known is not None:
        return without_paths(str(known))
    if space().host is None:
        return f"{type(failure).__name__}: {failure}"
    return failure_words(log_failure(failure, what))


def without_paths(text: str) -> str:
    """The text as a visitor may see it: of a path of the server, the last part. On one's own machine: the text."""
    try:
        here = space()
    except TlcoreError:  # of no visitor: fail closed
        return _ABSOLUTE.sub(r"\1", text)
    if here.host is None:
        return text
    for folder in (here.home / "datasets", here.home / "runs", here.home, here.host):
        text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), "the dashboard's folder")
    return _ABSOLUTE.sub(r"\1", text)


def _chain(failure: BaseException) -> Iterator[BaseException]:
    """The failure and its causes: torch hides the disk's error behind its own error."""
    seen: set[int] = set()
    error: BaseException | None = failure
    while isinstance(error, OSError | RuntimeError) and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _storage(error: OSError) -> TlcoreError | None:
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else home_dir()
    if error.errno in _FULL:
        return _no_space(path.parent if error.filename else path)
    if error.errno == errno.EROFS:
        return StorageError(
            f"{path} cannot be written: the file system is read-only. Set TLCORE_HOME to another folder."
        )
    if error.errno in _REFUSED:
        return StorageError(
            f"{path} may not be read or written by this user: {error.strerror}. Change its permissions."
        )
    return None


def _no_space(folder: Path) -> TlcoreError:
    return StorageError(f"No space left in {folder}: free some, then resume. What was saved before is whole.")


def _memory(text: str) -> TlcoreError:
    where = " of the GPU" if re.search("cuda|mps", text, re.IGNORECASE) else ""
    return OutOfMemory(f"Not enough memory{where}: use a smaller batch, smaller images, or fewer workers.")
