"""A digest of the content of each file, with an index so that a file is read again only after it changed.

An entry is valid while size, mtime, ctime and inode are unchanged: even if size and mtime are restored after an edit,
ctime changes. A file that was modified less than 2 s before it is read is not indexed, because a second write could
leave the same times ("racily clean", as in git's index).
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tlcore.system.cache import DiskCache, digest_key
from tlcore.system.threads import pool_of

DIGEST_BYTES = 16
MISSING = "0" * (2 * DIGEST_BYTES)
"""In place of the digest of a file that is missing or cannot be read."""

_CACHE = DiskCache("digests", ".json", max_entries=100)  # one entry per dataset folder
_VERSION = 1
RACY_NS = 2_000_000_000
"""A file that was changed later than this ago may be changed again without a new time."""
_CHUNK_BYTES = 1 << 20
_BLOCK_FILES = 32
_MOST_READ = 3  # a dataset's folder, that of what edits add to it, and one to predict; 60,000 files take 20 MB

_Stamp = tuple[int, int, int, int]  # size, mtime_ns, ctime_ns, inode
_Index = dict[str, tuple[_Stamp, str]]
_READ: dict[str, tuple[_Stamp, _Index]] = {}
"""The indexes that were read last, by their paths; only to save time."""


def file_digests(root: Path, names: Sequence[str]) -> list[str]:
    """Content digest in hex per file, by path relative to `root`; MISSING if a file cannot be read.

    Known files cost one stat each. The index is under `cache_dir()`; if it is damaged or not writable, this only takes
    longer.
    """
    key = digest_key(os.path.realpath(root))
    index = _known(key)
    digests: dict[str, str] = {}
    unknown: list[str] = []
    prefix = os.path.join(root, "")  # joined once: 60,000 files take 0.2 s; joining would be half of it
    for name in dict.fromkeys(names):
        stamp = _stamp(path_of(root, prefix, name))
        known = index.get(name)
        if stamp is None:
            digests[name] = MISSING
        elif known is not None and known[0] == stamp:
            digests[name] = known[1]
        else:
            unknown.append(name)
    fresh: _Index = {}
    for name, (stamp, digest) in zip(unknown, _read_all(root, unknown), strict=True):
        digests[name] = digest
        if stamp is not None:
            fresh[name] = (stamp, digest)
    if fresh:
        _save_index(key, index | fresh)
    return [digests[name] for name in names]


def path_of(root: Path, prefix: str, name: str) -> str:
    """`os.path.join(root, name)`, where `prefix` is the root with its separator. A list can name absolute paths."""
    return prefix + name if name[:1].isalnum() and name[1:2] != ":" else os.path.join(root, name)


def _known(key: str) -> _Index:
    """The index, which is not to be changed. It is read again only after another process has read or written it."""
    path = _CACHE.found(key)
    stamp = _stamp(str(path))
    if stamp is not None and (kept := _READ.get(str(path))) is not None and kept[0] == stamp:
        return kept[1]
    index = _CACHE.load(key, _load_index) or {}
    stamp = _stamp(str(path))  # loading changes the times
    _READ.pop(str(path), None)
    if stamp is not None:
        _READ[str(path)] = stamp, index
    for oldest in list(_READ)[:-_MOST_READ]:
        _READ.pop(oldest, None)
    return index


def _read_all(root: Path, names: Sequence[str]) -> Iterator[tuple[_Stamp | None, str]]:
    """`_read` each file: in threads, because hashing releases the GIL, and in blocks, because small files are many."""
    blocks = [names[start : start + _BLOCK_FILES] for start in range(0, len(names), _BLOCK_FILES)]
    with pool_of(min(8, os.cpu_count() or 1)) as pool:
        for results in pool.map(lambda block: [_read(os.path.join(root, name)) for name in block], blocks):
            yield from results


def _stamp(path: str) -> _Stamp | None:
    """None if the path is not a regular file: missing, a folder, a pipe."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return _stamp_of(status) if stat.S_ISREG(status.st_mode) else None


def _stamp_of(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _read(path: str) -> tuple[_Stamp | None, str]:
    """The digest and the stamp to store it under; no stamp if a later change could stay unnoticed."""
    started_ns = time.time_ns()
    try:
        with open(path, "rb") as file:
            before = _stamp_of(os.fstat(file.fileno()))
            digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
            after = _stamp_of(os.fstat(file.fileno()))
    except (OSError, ValueError):
        return None, MISSING
    _, mtime_ns, ctime_ns, _ = before
    settled = before == after and max(mtime_ns, ctime_ns) < started_ns - RACY_NS
    return before if settled else None, digest.hexdigest()


def _load_index(path: Path) -> _Index:
    """The content of the index; empty if it has another version."""
    # Not read as a record: inode numbers can exceed the 63 bits of one, and whatever fails here drops the index
    data = json.loads(path.read_bytes())
    return {name: _entry(*values) for name, values in data["files"].items()} if data["version"] == _VERSION else {}


def _entry(size: int, mtime_ns: int, ctime_ns: int, inode: int, digest: str) -> tuple[_Stamp, str]:
    if len(bytes.fromhex(digest)) != DIGEST_BYTES:
        raise ValueError(digest)
    return (size, mtime_ns, ctime_ns, inode), digest


def _save_index(key: str, index: _Index) -> None:
    # With two writers at once the later one wins, and the other's files are read again next time.
    data = {"version": _VERSION, "files": {name: [*stamp, digest] for name, (stamp, digest) in index.items()}}
    _CACHE.save(key, lambda file: file.write(json.dumps(data).encode()))
