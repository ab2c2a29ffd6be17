"""End the work of a visitor, and delete the visitor's space as a whole."""

import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from tlcore.errors import RunBusy
from tlcore.hosting.links import all_links, take_back
from tlcore.hosting.visitors import space_of
from tlcore.runs.folder.run import list_runs
from tlcore.runs.work import jobs
from tlcore.runs.work.probes import Probe
from tlcore.system.home import SPACES, as_host, cache_dir, host_dir, in_space, is_mine

ENDING_S = 60.0
_POLL_S = 0.1
_REMAINS = ".gone-"


def remove_space(visitor: str, ending_s: float = ENDING_S) -> None:
    """Delete all that a visitor has: the links that are out, waiting work and work under way, then all files at once.

    What the visitor used today is kept elsewhere, and is not given back. Raises RunBusy if work does not end in time:
    all files are there then.
    """
    home = space_of(visitor).home
    with as_host():
        for number, link in all_links().items():
            if link.owner == visitor:
                take_back(number)
    end_work(visitor, ending_s)
    with suppress(FileNotFoundError):
        home.rename(home.with_name(f"{_REMAINS}{visitor}-{secrets.token_hex(4)}"))
    for remains in (host_dir() / SPACES).glob(f"{_REMAINS}*"):  # also of a call that did not finish
        shutil.rmtree(remains, ignore_errors=True)


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
