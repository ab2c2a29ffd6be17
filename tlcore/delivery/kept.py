"""Exported models that pages offer as downloads, kept on the disk: making one takes a minute, and others may ask again.

At most `MAX_BYTES`, besides the newest: the least recently made ones are deleted first.
"""

from contextlib import suppress
from pathlib import Path

from tlcore.evaluation.answers import answers_version
from tlcore.evaluation.stored import checkpoint_stamp
from tlcore.runs.folder.run import Run
from tlcore.system.cache import DiskCache, digest_key, drop_oldest

MAX_BYTES = 2_000_000_000
_CACHE = DiskCache("exports", ".model")


def kept_key(run: Run, epoch: int, format_name: str) -> str:
    """Changes with whatever the file depends on: the checkpoint, and how the epoch answers."""
    stamps = repr((checkpoint_stamp(run, epoch), answers_version(run)))
    return digest_key(str(run.path), str(epoch), format_name, stamps)


def kept_path(key: str) -> Path:
    """Where the file of this key is, or will be."""
    return _CACHE.path(key)


def make_room() -> None:
    """Create the folder, and delete the oldest files beyond the limit."""
    folder = kept_path("0").parent
    with suppress(OSError):  # what writes there next says why it cannot
        folder.mkdir(parents=True, exist_ok=True)
    drop_oldest(folder, max_bytes=MAX_BYTES)
