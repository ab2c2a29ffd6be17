"""End the work of a visitor, and then delete the visitor's space as a whole, as `house` does it."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tlcore.errors import RunBusy, StorageError
from tlcore.hosting.limits.house import remove_space
from tlcore.hosting.spaces.visitors import space_of
from tlcore.runs.folder.run import list_runs
from tlcore.runs.work import jobs
from tlcore.runs.work.probes import Probe
from tlcore.system.home import cache_dir, in_space, is_mine

ENDING_S = 60.0
_POLL_S = 0.1


def delete_space(visitor: str, ending_s: float = ENDING_S) -> None:
    """Delete all that a visitor has: first waiting work and work under way, then the links and all files at once.

    What the visitor used today is kept elsewhere, and is not given back. Raises RunBusy if work does not end in time:
    all files are there then; and StorageError if the disk refuses.
    """
    here = space_of(visitor)
    end_work(visitor, ending_s)
    try:
        remove_space(here)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"The space cannot be deleted: {error.strerror}. Try again later.") from None


def end_work(visitor: str, ending_s: float = ENDING_S) -> None:
    """Take waiting work of a visitor out of the queue, and end what is under way. Raises RunBusy if it goes on."""
    until = time.monotonic() + ending_s
    asked: set[Path] = set()
    with in_space(space_of(visitor)):
        while live := _live():
            for folder, end in live.items():
                if folder not in asked:
                    end()
                    asked.add(folder)
            if time.monotonic() > until:
                raise RunBusy("Work is still under way. It has been asked to end. Try again in a minute.")
            time.sleep(_POLL_S)


def _live() -> dict[Path, Callable[[], None]]:
    """Folders of the work of the current space that waits or is under way, each with what ends it."""
    runs = (run for run in list_runs() if is_mine(run.path) and run.status().is_live)
    probes = (probe for folder in (cache_dir() / "probes").glob("*") if (probe := Probe(folder)).is_live)
    return {run.path: partial(jobs.stop, run, now=True) for run in runs} | {each.folder: each.cancel for each in probes}
