"""Atomic writing: a file appears under its name only after it is written completely."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tlcore.system.allowance import check_growth
from tlcore.system.home import check_writable


def write_atomic(
    path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True, make_folder: bool = True
) -> None:
    """Call `write(file)` on a temporary file beside `path`, then rename it to `path`.

    `durable` waits until the data is on the disk, so that it survives a power failure; data that can be computed again
    does not need that. If `write` raises, `path` is unchanged and nothing is left behind. `make_folder` creates the
    parent folder if needed. An OSError always names `path`, even if the system does not say which file it was. Raises
    NotAllowed if `path` is in the space of somebody else, or the space of a visitor is full.
    """
    check_writable(path)
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            check_growth(path, os.fstat(file.fileno()).st_size)
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_UMASK)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise
    if durable:
        _sync_folder(path.parent)


def write_json(path: Path, data: Any, *, durable: bool = True) -> None:
    """Write `data` as indented JSON in UTF-8, atomically."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomic(path, lambda file: file.write(text.encode()), durable=durable)


def _read_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


_UMASK = _read_umask()  # mkstemp makes files that only the owner can read; the result gets the usual permissions


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder for syncing, and a rename does not need it there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
