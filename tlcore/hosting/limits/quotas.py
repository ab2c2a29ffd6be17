"""The answer of the host to what a visitor wants to store: room for it, or NotAllowed with the limit and what is used.

Caches make way: a visitor's own for what the visitor stores, those of all for the share of the disk.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tlcore.errors import NotAllowed
from tlcore.hosting.limits.disk import FULL, free_caches, used_bytes
from tlcore.hosting.limits.measure import Contents, measure
from tlcore.hosting.settings import HostSettings, host_settings
from tlcore.hosting.spaces.visitors import list_spaces
from tlcore.system.allowance import Wish, answer_with
from tlcore.system.home import Space, host_dir
from tlcore.words import count, seconds, size

SMALL_BYTES = 64 << 10
"""Files up to this size, such as the state of a run, may take a bit more than the limit."""
_BIT = 1.05
_MEASURED_S = 10.0
_FORGOTTEN_S = 600.0  # the whole home was measured since
_AT_ONCE = 0.1  # of its bytes, that a space makes free in its caches, so that it does not have to do it for each file


class _Ledger:
    """What this process has promised, and what it has seen growing since the last measurement."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.promised: dict[Path, list[Wish]] = defaultdict(list)
        self.measured: dict[Path, tuple[float, Contents]] = {}
        self.grown: list[tuple[float, int]] = []

    def grow(self, home: Path, kept: int = 0, cached: int = 0) -> None:
        now = time.time()
        self.grown = [entry for entry in self.grown if now - entry[0] < _FORGOTTEN_S] + [(now, kept + cached)]
        if home in self.measured:
            measured, had = self.measured[home]
            now_has = replace(had, kept_bytes=had.kept_bytes + kept, cache_bytes=had.cache_bytes + cached)
            self.measured[home] = measured, now_has

    def contents(self, home: Path, within_s: float) -> Contents:
        now = time.time()
        known = self.measured.get(home)
        if known is None or not 0 <= now - known[0] < within_s:
            known = now, measure(home)
            self.measured = {other: value for other, value in self.measured.items() if now - value[0] < _MEASURED_S}
            self.measured[home] = known
        return known[1]


_LEDGER = _Ledger()


def limit_spaces() -> None:
    """From now on, nothing is stored in the space of a visitor by this process that is more than the host allows."""
    answer_with(room_for, check_growth)


@contextmanager
def room_for(space: Space, wish: Wish) -> Iterator[None]:
    """Keep room for a wish inside of the context. Raises NotAllowed before it, if it is too much."""
    settings = host_settings()
    check_files(wish, settings)
    with _LEDGER.lock:
        others = _LEDGER.promised[space.home]
        _check_space(space.home, wish, others, settings)
        check_disk(sum(w.size_bytes for promised in _LEDGER.promised.values() for w in promised) + wish.size_bytes)
        others.append(wish)
    try:
        yield
    finally:
        with _LEDGER.lock:
            others.remove(wish)
            _LEDGER.measured.pop(space.home, None)
            _LEDGER.grow(space.home, wish.size_bytes)


def check_growth(space: Space, path: Path, size_bytes: int) -> None:
    """Raises NotAllowed if a file that was written beside this path, with this size, must not stay.

    The space is known as it was 10 s ago at most, and measured again before anything is refused.
    """
    settings = host_settings()
    limit = int(settings.bytes_per_visitor * (_BIT if size_bytes <= SMALL_BYTES else 1))
    in_cache = path.is_relative_to(space.home / "cache")
    with _LEDGER.lock:
        if _LEDGER.contents(space.home, _MEASURED_S).all_bytes + size_bytes > limit:
            contents = _LEDGER.contents(space.home, 0)  # with the new file
            others = contents.kept_bytes - (0 if in_cache else size_bytes)
            if others + size_bytes > limit:
                raise _no_bytes(others, size_bytes, settings)
            if contents.all_bytes > limit:
                free_caches([space.home], contents.all_bytes - limit + int(_AT_ONCE * limit))
                _LEDGER.measured.pop(space.home, None)
        check_disk(size_bytes, written=True)
        _LEDGER.grow(space.home, **{"cached" if in_cache else "kept": size_bytes})


def check_files(wish: Wish, settings: HostSettings) -> None:
    """Raises NotAllowed for more or larger files than are taken in one go."""
    if wish.files > settings.uploads_at_once:
        raise NotAllowed(
            f"At most {count(settings.uploads_at_once, 'file')} are taken in one go on this shared dashboard, and "
            f"these are {wish.files:,}. Give them in parts."
        )
    if wish.largest_bytes > settings.bytes_per_upload:
        raise NotAllowed(
            f"A file may have {size(settings.bytes_per_upload)} on this shared dashboard, and this one has "
            f"{size(wish.largest_bytes)}. Take a smaller one, or divide it."
        )


def check_disk(size_bytes: int, *, written: bool = False) -> None:
    """Raises NotAllowed if so many bytes have no place in the host's share of the disk, even without all caches.

    `written`: they are on the disk already.
    """
    settings = host_settings()
    limit = int(settings.disk_bytes * (1.0 if size_bytes <= SMALL_BYTES else FULL))
    if _over(limit, size_bytes) <= 0:
        return
    size_bytes = 0 if written else size_bytes
    if (over := _over(limit, size_bytes, exactly=True)) <= 0:
        return
    free_caches([host_dir(), *(space.home for space in list_spaces())], over)
    if _over(limit, size_bytes, exactly=True) > 0:
        raise NotAllowed(
            f"The disk of this shared dashboard is full: {size(settings.disk_bytes)} are for all visitors together. "
            "Nothing can be stored until somebody deletes something, or a space expires that nobody has used for "
            f"{seconds(settings.expiry_hours * 3600)}. Try again later."
        )


def _over(limit: int, size_bytes: int, *, exactly: bool = False) -> int:
    """By how many bytes the limit would be passed; not more than 0 if it would not."""
    total, measured = used_bytes(limit, exactly=exactly)
    grown = sum(by for at, by in _LEDGER.grown if at > measured)
    return total + grown + size_bytes - limit


def _check_space(home: Path, wish: Wish, others: list[Wish], settings: HostSettings) -> None:
    if not wish.size_bytes and not wish.images and not wish.runs:
        return
    contents = _LEDGER.contents(home, 0)
    runs = contents.runs + sum(other.runs for other in others)
    if wish.runs and runs + wish.runs > settings.runs_per_visitor:
        raise NotAllowed(
            f"You can have {count(settings.runs_per_visitor, 'run')} on this shared dashboard. You have {runs:,}, and "
            f"this is {wish.runs:,} more. Delete runs that you do not need."
        )
    images = contents.images + sum(other.images for other in others)
    if wish.images and images + wish.images > settings.images_per_visitor:
        raise NotAllowed(
            f"You can have {count(settings.images_per_visitor, 'image')} on this shared dashboard. You have "
            f"{images:,}, so there is no room for {wish.images:,} more. Delete a dataset or photographs that you do "
            "not need."
        )
    used = contents.kept_bytes + sum(other.size_bytes for other in others)
    if used + wish.size_bytes > settings.bytes_per_visitor:
        raise _no_bytes(used, wish.size_bytes, settings)
    over = used + wish.size_bytes + contents.cache_bytes - settings.bytes_per_visitor
    if over > 0:
        free_caches([home], over)


def _no_bytes(used: int, wanted: int, settings: HostSettings) -> NotAllowed:
    return NotAllowed(
        f"You have {size(settings.bytes_per_visitor)} on this shared dashboard. {size(used)} are used, and this takes "
        f"{size(wanted)} more. Delete datasets, photographs or runs that you do not need."
    )
