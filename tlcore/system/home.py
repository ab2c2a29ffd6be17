"""Spaces: whose files this code reads and writes. Every path below the project's folder comes from here.

On one's own machine there is one space, whose home is `TLCORE_HOME`, by default `~/.tlcore`. On a hosted dashboard each
visitor has a space with a home of its own, below `spaces` in the home of the host. The host's datasets, runs, recipes,
transforms and caches are read by all; nobody but the host writes there.

The space is that of the innermost `in_space`, else the one that `find_space_with` finds (the dashboard: by the visitor
of the session), else the one in the environment, which a process has from the process that started it. So a call that
touches the home cannot forget to ask for the space, and code without a visitor on a hosted dashboard fails.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import NotAllowed

HOME, HOST, GRANTED = "TLCORE_HOME", "TLCORE_HOST", "TLCORE_GRANTED"
SPACES = "spaces"
"""The folder in the home of the host with the homes of all visitors."""
_SHARED = ("datasets", "runs", "recipes", "transforms", "cache", "edits")
"""The folders of the host that everybody may read."""
OF_THE_MACHINE = ("queue", "usage", "shares")
"""The folders of the host that work in a visitor's space writes to."""


@dataclass(frozen=True)
class Space:
    home: Path
    """The folder for all written files."""
    host: Path | None = None
    """The home of the host, if this is the space of a visitor."""
    granted: tuple[Path, ...] = ()
    """Runs and datasets of other visitors that this one has links to: to read, not to change."""

    @property
    def homes(self) -> tuple[Path, ...]:
        """The homes to look for things in: first the own one, then that of the host."""
        return (self.home,) if self.host is None else (self.home, self.host)

    def environment(self) -> dict[str, str]:
        """Environment variables for a process that works in this space."""
        return {
            HOME: str(self.home),
            HOST: str(self.host or ""),
            GRANTED: os.pathsep.join(map(str, self.granted)),
        }


_entered: ContextVar[Space | None] = ContextVar("space", default=None)
_finders: list[Callable[[], Space | None]] = []


def space() -> Space:
    """The current space. Raises NotAllowed on a hosted dashboard outside a visitor's session."""
    if (entered := _entered.get()) is not None:
        return entered
    for find in _finders:
        if (found := find()) is not None:
            return found
    return _from_environment()


def find_space_with(find: Callable[[], Space | None]) -> None:
    """Ask this function for the space from now on. None: the one in the environment."""
    if find not in _finders:
        _finders.append(find)


@contextmanager
def in_space(inner: Space) -> Iterator[None]:
    """Work in this space. A new thread does not inherit it."""
    token = _entered.set(inner)
    try:
        yield
    finally:
        _entered.reset(token)


@contextmanager
def as_host() -> Iterator[None]:
    """Work for the machine itself, as the host: what is done once for all visitors."""
    with in_space(Space(host_dir())):
        yield


def stay_in(inner: Space) -> None:
    """From now on this thread works in this space. Call it first in a new thread."""
    _entered.set(inner)


def home_dir() -> Path:
    """The folder for all written files of the current space."""
    return space().home


def host_dir() -> Path:
    """The folder for what the machine has once for all spaces, such as the queue. Needs no visitor."""
    here = _entered.get() or _from_environment()
    return here.host or here.home


def runs_dir() -> Path:
    return home_dir() / "runs"


def cache_dir() -> Path:
    """The folder for data that can be computed again; deleting it only costs time."""
    return home_dir() / "cache"


def datasets_dir() -> Path:
    return home_dir() / "datasets"


def edits_dir() -> Path:
    """The folder for the edits of datasets, one log per dataset."""
    return home_dir() / "edits"


def edits_dirs() -> list[Path]:
    """Where edits may be read: one's own, those of the host, and those of who granted a dataset."""
    here = space()
    owners = (path.parent.parent for path in here.granted if path.parent.name == "datasets")
    return [home / "edits" for home in (*here.homes, *owners)]


def shared_data() -> list[Path]:
    """The folders of datasets that TLCORE_DATA names: to be read by all."""
    parts = os.environ.get("TLCORE_DATA", "").split(os.pathsep)
    return [Path(os.path.expanduser(part)).absolute() for part in parts if part]


def is_mine(path: Path | str) -> bool:
    """Whether a path is in the home of the current space, so that it may be changed. On one's own machine: always."""
    here = space()
    return here.host is None or _is_in(path, (here.home,))


def is_granted(path: Path | str) -> bool:
    """Whether a path belongs to somebody who has shared it with this space by a link."""
    granted = space().granted
    return bool(granted) and _is_in(path, granted)


def check_readable(path: Path | str) -> None:
    """Call with each path that comes from outside before it is opened.

    Raises NotAllowed if a visitor's space cannot read it, whether or not anything is there. Not on one's own machine.
    """
    here = space()
    if here.host is None:
        return
    shared = (here.host / name for name in _SHARED)
    if not _is_in(path, (here.home, *shared, *shared_data(), *here.granted)):
        raise NotAllowed("A shared dashboard reads the datasets and runs of its own lists only. Choose one of these.")


def check_writable(path: Path | str) -> None:
    """Raises NotAllowed if a visitor's space cannot write to this path. Every atomic write asks it."""
    here = space()
    if here.host is not None and not _is_in(path, (here.home, *(here.host / name for name in OF_THE_MACHINE))):
        raise NotAllowed(f"{Path(path).name} is not yours: it can be looked at, and not changed.")


def _from_environment() -> Space:
    """Read at each call, so that tests can change it."""
    home = Path(os.environ.get(HOME) or Path.home() / ".tlcore").expanduser().absolute()
    host = os.environ.get(HOST)
    granted = filter(None, os.environ.get(GRANTED, "").split(os.pathsep))
    return Space(home, Path(host) if host else None, tuple(map(Path, granted)))


def _is_in(path: Path | str, folders: tuple[Path, ...]) -> bool:
    """Whether a path is one of these folders or in one, with all links followed."""
    try:
        real = os.path.realpath(path)
    except ValueError:  # a zero byte: no such path can exist
        return False
    return any(Path(real).is_relative_to(os.path.realpath(folder)) for folder in folders)
