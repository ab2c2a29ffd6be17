"""Features on disk, one row per image, so that an image is computed once whatever splits, folds and edits it is in.

Rows that can stand beside each other (same network, transform, engine, ...) are of one *family*. A family is some
files, `FAMILY-DIGEST.pt`; each has the rows that one computation added. What a family and the key of a row depend on
is known to `features`, not here.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from tlcore.errors import ConfigError
from tlcore.system.cache import DiskCache

DEFAULT_CACHE_GB = 4.0
KEY_BYTES = 16
SMALL_BYTES = 16 << 20
"""Files up to this size are joined, so that many small additions to a family do not become many files."""
_FILE_BYTES = 4 << 10
_LISTINGS = 3


@dataclass(frozen=True, eq=False)
class Rows:
    """Some images' features, or the reason why an image has none, by the key of the row."""

    keys: tuple[bytes, ...]
    values_VND: Tensor
    """Shape: views x `keys` x feature shape."""
    unreadable: Mapping[bytes, str] = field(default_factory=dict)
    """Key -> why the image cannot be used."""
    engine: str = ""
    """The engine that computed them, in words."""

    @property
    def file_bytes(self) -> int:
        """Size of a file with these rows, roughly."""
        return self.values_VND.nbytes + KEY_BYTES * len(self.keys) + _FILE_BYTES


def pick_rows(parts: Sequence[Rows], keys: Sequence[bytes]) -> Rows:
    """The rows of these keys from several parts, in the order of `keys`; a key can be there twice, or have no row."""
    if len(parts) == 1 and parts[0].keys == tuple(keys):
        return parts[0]
    wanted = set(keys)
    place: dict[bytes, tuple[int, int]] = {}  # key -> number of the part, and the row in it
    unreadable: dict[bytes, str] = {}
    for number, rows in enumerate(parts):
        place |= {key: (number, row) for row, key in enumerate(rows.keys) if key in wanted}
        unreadable |= {key: reason for key, reason in rows.unreadable.items() if key in wanted}
    found = tuple(key for key in keys if key in place)
    values_VND = _gather(parts, [place[key] for key in found])
    only_unreadable = {key: reason for key, reason in unreadable.items() if key not in place}
    return Rows(found, values_VND, only_unreadable, next((rows.engine for rows in parts if rows.engine), ""))


def join_rows(rows: Rows, other: Rows) -> Rows:
    """Both together; where both have a row, that of the first."""
    known = set(rows.keys)
    new = [position for position, key in enumerate(other.keys) if key not in known]
    if not new or not rows.keys:
        values_VND = rows.values_VND if rows.keys else other.values_VND
    else:
        values_VND = torch.cat([rows.values_VND, other.values_VND[:, new]], dim=1)
    keys = (*rows.keys, *(other.keys[position] for position in new))
    return Rows(keys, values_VND, {**other.unreadable, **rows.unreadable}, rows.engine or other.engine)


def load_rows(family: str, keys: Sequence[bytes]) -> Rows | None:
    """The rows of this family that are kept and wanted, as from `pick_rows`; None if there is not one."""
    rows = pick_rows(_load_all(family), keys)
    return rows if rows.keys or rows.unreadable else None


def missing_keys(family: str, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that have no row in this family. No values are read."""
    missing = set(keys)
    for rows in _load_all(family):
        missing.difference_update(rows.keys, rows.unreadable)
    return missing


def save_rows(family: str, rows: Rows) -> None:
    """Add rows to a family. A failure, as on a full disk, costs only time later.

    A small file takes in the other small ones that have no more bytes than it has, which are then deleted. So their
    number grows with the logarithm of the number of additions. Several processes can do this at once: a row can then be
    there twice, with the same values.
    """
    joined, replaced = rows, list[Path]()
    for path, size in _small_files(family):
        other = _cache().load(path.stem, _read) if size <= joined.file_bytes else None
        if other is not None:
            joined, replaced = join_rows(joined, other), [*replaced, path]
    key = f"{family}-{hashlib.blake2b(b''.join((*joined.keys, *joined.unreadable)), digest_size=16).hexdigest()}"
    content = {
        "keys": _pack(joined.keys),
        "values": joined.values_VND,
        "unreadable": _pack(tuple(joined.unreadable)),
        "reasons": list(joined.unreadable.values()),
        "engine": joined.engine,
    }
    _cache().save(key, lambda file: torch.save(content, file))
    if _cache().has(key):
        for path in replaced:
            if path.stem != key:
                _cache().drop(path.stem)


def cache_limit_bytes() -> int:
    """Size limit of the feature cache: `TLCORE_CACHE_GB`, by default 4. Raises ConfigError if it is not a number."""
    text = os.environ.get("TLCORE_CACHE_GB", str(DEFAULT_CACHE_GB))
    try:
        return int(float(text) * 1e9)
    except ValueError:
        raise ConfigError(f"TLCORE_CACHE_GB is a number of gigabytes, not {text!r}.") from None


def _cache() -> DiskCache:
    return DiskCache("features", ".pt", max_bytes=cache_limit_bytes())


def _load_all(family: str) -> list[Rows]:
    """Every file of the family. Its values are mapped, not read, until they are used."""
    loaded: list[Rows | None] = []
    for _ in range(_LISTINGS):  # a file that went away since the listing may be part of a new one now
        loaded = [_cache().load(path.stem, _read) for path in _cache().entries(f"{family}-")]
        if all(rows is not None for rows in loaded):
            break
    files = [rows for rows in loaded if rows is not None]
    return [rows for rows in files if _stand_together(rows, files[0])]


def _stand_together(rows: Rows, first: Rows) -> bool:
    """Always true for files that were written here; a file that was put there by hand is not used."""
    shapes = [(len(values), values.shape[2:], values.dtype) for values in (rows.values_VND, first.values_VND)]
    return not rows.keys or not first.keys or shapes[0] == shapes[1]


def _read(path: Path) -> Rows:
    """Raises ValueError if the parts do not fit together."""
    content = torch.load(path, weights_only=True, mmap=True)
    keys, unreadable = _unpack(content["keys"]), _unpack(content["unreadable"])
    reasons = zip(unreadable, content["reasons"], strict=True)
    rows = Rows(keys, content["values"], dict(reasons), content["engine"])
    if rows.values_VND.ndim < 2 or rows.values_VND.shape[1] != len(keys):
        raise ValueError(f"{path} has {len(keys)} keys for values of shape {tuple(rows.values_VND.shape)}")
    return rows


def _gather(parts: Sequence[Rows], places: Sequence[tuple[int, int]]) -> Tensor:
    """The values at these (part, row), in order, as a new tensor."""
    like = next((rows.values_VND for rows in parts if rows.keys), torch.empty(0, 0))
    values_VND = like.new_empty((like.shape[0], len(places), *like.shape[2:]))
    for number, rows in enumerate(parts):
        of_part = [(target, row) for target, (other, row) in enumerate(places) if other == number]
        if of_part:
            targets, sources = torch.tensor(of_part).T
            for view, values_ND in enumerate(rows.values_VND):
                values_VND[view][targets] = values_ND[sources]
    return values_VND


def _small_files(family: str) -> list[tuple[Path, int]]:
    """The small files of a family with their sizes in bytes, the smallest first."""
    sizes = []
    for path in _cache().entries(f"{family}-"):
        try:
            sizes.append((path, path.stat().st_size))
        except OSError:  # another process has just deleted it
            continue
    return sorted(((path, size) for path, size in sizes if size <= SMALL_BYTES), key=lambda entry: entry[1])


def _pack(keys: Sequence[bytes]) -> Tensor:
    return torch.frombuffer(bytearray(b"".join(keys)), dtype=torch.uint8) if keys else torch.empty(0, dtype=torch.uint8)


def _unpack(packed: Tensor) -> tuple[bytes, ...]:
    content = packed.numpy().tobytes()
    return tuple(content[start : start + KEY_BYTES] for start in range(0, len(content), KEY_BYTES))
