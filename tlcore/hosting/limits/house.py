"""The housekeeping of a host, once a minute: spaces that nobody uses, caches that fill the disk, what was left behind.

A space that holds work which waits or runs stays. A link that its visitor gave out does not keep it: the link ends with
the space.
"""

import logging
import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tlcore.data.intake.building import remove_stale_drafts
from tlcore.data.intake.upload import remove_stale_uploads
from tlcore.hosting.limits.disk import NEARLY_FULL, free_caches, measure_all
from tlcore.hosting.limits.measure import Contents
from tlcore.hosting.limits.usage import forget_old_usage
from tlcore.hosting.settings import HostSettings, host_settings
from tlcore.hosting.spaces.links import all_links, take_back
from tlcore.hosting.spaces.visitors import LAST_VISIT, last_visit, list_spaces
from tlcore.runs.folder.run import list_runs
from tlcore.runs.work.jobs import DELETED
from tlcore.runs.work.probes import any_live_probe
from tlcore.system.home import SPACES, Space, as_host, host_dir, in_space, is_mine, runs_dir

ABANDONED_S = 3600.0
"""A file that was being written and has not changed for so long belongs to a process that is gone."""
DRAFT_S = 24 * 3600.0
"""A dataset that is being built and got nothing for so long is given up."""
_REMOVED = ".deleted-"
log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """What the housekeeping has found and done."""

    used_bytes: int
    """Bytes of all homes, after it."""
    spaces: int
    expired: tuple[str, ...]
    """The visitors whose spaces were removed."""
    freed_bytes: int
    """Bytes of caches that were deleted."""


def keep_house(settings: HostSettings) -> Kept:
    """Do what is due. With 40 spaces of 1,000 files each it takes 0.2 s of a core, nearly all of it to measure

    What fails in one space, as with a disk that cannot be read, is logged, and done the next time.
    """
    with as_host():
        expired = tuple(
            space.home.name for space in list(list_spaces()) if _is_over(space, settings) and _remove(space)
        )
        for space in (Space(host_dir()), *list_spaces()):
            _tidy(space)
        _drop_removed()
        forget_old_usage()
        found = measure_all()
        _drop_temporary(found)
        freed = _bound_caches(found, settings)
        total = sum(contents.all_bytes for contents in found.values()) - freed
        over = total - int(NEARLY_FULL * settings.disk_bytes)
        if over > 0:
            freed += (more := free_caches(found, over))
            total -= more
        if freed:
            measure_all()  # for what is asked until the next time
    return Kept(total, len(found) - 1, expired, freed)


def expires_at(space: Space, settings: HostSettings | None = None) -> float:
    """When the space of a visitor is removed if nobody visits it until then, in seconds since 1970."""
    used = last_visit(space)
    if not used:
        with suppress(OSError):
            used = space.home.stat().st_mtime
    return (used or time.time()) + (settings or host_settings()).expiry_hours * 3600


def remove_space(space: Space) -> None:
    """Delete the space of a visitor with all that is in it, and the links to it. What was used today stays counted.

    Raises OSError if the disk refuses.
    """
    aside = _set_aside(space)
    _take_back_links(space)
    shutil.rmtree(aside, ignore_errors=True)


def _is_over(space: Space, settings: HostSettings) -> bool:
    try:
        return time.time() >= expires_at(space, settings) and not _has_work(space)
    except Exception:  # this space must not stop the care of the others
        log.exception("It is not known whether the space %s has expired", space.home.name)
        return False


def _remove(space: Space) -> bool:
    try:
        seen = last_visit(space)
        aside = _set_aside(space)
        if _visited(aside) > seen and not space.home.exists():  # the visitor came back at this moment
            aside.rename(space.home)
            return False
    except OSError as error:
        log.error("The space %s could not be removed: %s", space.home.name, error)
        return False
    _take_back_links(space)
    shutil.rmtree(aside, ignore_errors=True)
    log.info("The space %s has expired", space.home.name)
    return True


def _set_aside(space: Space) -> Path:
    """After this, nobody finds a partly deleted space."""
    aside = space.home.with_name(f"{_REMOVED}{space.home.name}-{uuid.uuid4().hex}")
    space.home.rename(aside)
    return aside


def _take_back_links(space: Space) -> None:
    with as_host():
        for number, link in all_links().items():
            if link.owner == space.home.name:
                take_back(number)


def _visited(home: Path) -> float:
    with suppress(OSError):
        return (home / LAST_VISIT).stat().st_mtime
    return 0.0


def _has_work(space: Space) -> bool:
    """Whether a run, an evaluation or a probe of it waits or is under way."""
    with in_space(space):
        return any(is_mine(run.path) and run.status().is_live for run in list_runs()) or any_live_probe()


def _tidy(space: Space) -> None:
    """Remove what was begun in a space and given up."""
    with in_space(space):
        try:
            remove_stale_uploads()
            remove_stale_drafts(DRAFT_S)
            for folder in runs_dir().glob(f"{DELETED}*"):
                shutil.rmtree(folder, ignore_errors=True)
        except Exception:  # this space must not stop the care of the others
            log.exception("The space %s could not be tidied", space.home.name)


def _drop_removed() -> None:
    """The remains of spaces whose removal did not end."""
    for folder in (host_dir() / SPACES).glob(f"{_REMOVED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _drop_temporary(found: dict[Path, Contents]) -> None:
    now = time.time()
    for contents in found.values():
        for changed, path in contents.temporary:
            if now - changed > ABANDONED_S:
                with suppress(OSError):
                    path.unlink()


def _bound_caches(found: dict[Path, Contents], settings: HostSettings) -> int:
    """A visitor's caches take no more than what the visitor has left. Returns how many bytes were deleted."""
    freed = 0
    for home, contents in found.items():
        over = contents.all_bytes - settings.bytes_per_visitor
        if home != host_dir() and over > 0 and contents.cache_bytes:
            freed += free_caches([home], over)
    return freed
