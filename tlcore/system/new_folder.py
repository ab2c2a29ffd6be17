"""Fill a new folder, which appears under its name only when it is complete; and put files into it as hard links."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlcore.errors import StorageError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder to fill, which becomes `folder` at the end of the block.

    Raises StorageError if there is something in `folder`, or if it cannot be written. Then, or after any other error in
    the block, nothing is left behind.
    """
    check_free(folder)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=parent, ignore_cleanup_errors=True) as name:
            made = Path(name) / "made"
            made.mkdir()
            yield made
            if folder.exists():
                folder.rmdir()  # it was empty; this fails if it is no longer
            made.rename(folder)
    except (OSError, shutil.Error) as error:
        raise StorageError(f"Cannot write {folder}: {getattr(error, 'strerror', None) or error}.") from None


def check_free(folder: Path) -> None:
    """Raises StorageError unless the folder is empty or does not exist."""
    try:
        filled = os.path.lexists(folder) and (not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()))
    except OSError as error:
        raise StorageError(f"Cannot read {folder}: {error.strerror}.") from None
    if filled:
        raise StorageError(f"{folder} is there already and is not empty: nothing is overwritten. Give a new folder.")


def link_or_copy(file: Path, place: Path, *, copy: bool = False) -> bool:
    """Put a file at `place`, in an existing folder: a hard link to it, or with `copy` a copy; returns whether it is a
    link.

    It is a copy as well where the file system has no hard links. A symbolic link stands for its file. Raises OSError.
    """
    if not copy and _link(file, place):
        return True
    shutil.copyfile(file, place)
    return False


def _link(file: Path, place: Path) -> bool:
    try:
        os.link(os.path.realpath(file), place)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or a file system without hard links
        return False
    return True
