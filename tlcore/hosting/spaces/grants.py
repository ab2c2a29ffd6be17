"""What others let a visitor see: runs and datasets that the visitor has opened by a link. To read, not to change.

A link has a token that nobody can guess. The host keeps only its SHA-256, which is the link's number, with what it
opens, in `shares/`; the visitor's space keeps the numbers of the links that were opened. Both are looked at each time,
so that a link that was taken back opens nothing from then on.
"""

import functools
import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tlcore.errors import RecordError
from tlcore.system.files import write_json
from tlcore.system.home import SPACES, Space, host_dir
from tlcore.system.records import read_record

OPENED_FILE = "opened-links.json"
"""The list in the space of a visitor."""
MOST_OPENED = 50
"""Links that a visitor has opened. The oldest make way for new ones."""
MARKED = ".shared-"
"""Begins the name of an empty file in each folder that a link opens. Without it the link does not open the folder: it
could be another one of the same name by now."""
_MAX_TOKEN = 200

Name = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00]*$", max_length=255)]


class Link(BaseModel):
    """What a link opens."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["run", "dataset"]
    owner: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    run: Name = ""
    """Name of the run's folder; empty for a link to a dataset."""
    dataset: Name = ""
    """Name of the dataset's folder; empty if it is not the owner's."""
    created: Annotated[float, Field(ge=0, lt=1e11)]
    """Time in seconds since 1970."""

    @property
    def name(self) -> str:
        return self.run or self.dataset

    @property
    def folders(self) -> tuple[Path, ...]:
        """What it opens, whether or not it is there."""
        home = host_dir() / SPACES / self.owner
        parts = (("runs", self.run), ("datasets", self.dataset))
        return tuple(home / place / name for place, name in parts if name not in ("", ".", ".."))


def shares_dir() -> Path:
    return host_dir() / "shares"


def number_of(token: str) -> str:
    """The number of the link with this token."""
    return hashlib.sha256(token[:_MAX_TOKEN].encode(errors="replace")).hexdigest()


def find_link(number: str) -> Link | None:
    """The link with this number; None if there is none, or not any more."""
    path = shares_dir() / f"{number}.json"
    stamp = _stamp(path)
    return None if stamp is None else _read_link(path, stamp)


def opens(number: str, folder: Path) -> bool:
    """Whether the link with this number still opens a folder."""
    return (folder / mark_of(number)).exists()


def mark_of(number: str) -> str:
    """The name of the empty file in the folders that the link opens."""
    return f"{MARKED}{number[:32]}"


def open_link(token: str, here: Space) -> Link | None:
    """Remember a link in the visitor's space; None if it opens nothing. One's own link is not remembered."""
    number = number_of(token)
    link = find_link(number)
    if link is None or not any(opens(number, folder) for folder in link.folders):
        return None
    if link.owner != here.home.name and number not in opened_links(here.home):
        write_json(here.home / OPENED_FILE, [number, *opened_links(here.home)][:MOST_OPENED])
    return link


def forget_link(number: str, here: Space) -> None:
    """Take what a link opens off the visitor's lists."""
    write_json(here.home / OPENED_FILE, [each for each in opened_links(here.home) if each != number])


def opened_links(home: Path) -> tuple[str, ...]:
    """Numbers of the links that were opened in this space, the newest first, also of those that open nothing now."""
    path = home / OPENED_FILE
    stamp = _stamp(path)
    return () if stamp is None else _read_opened(path, stamp)


def granted_to(home: Path) -> tuple[Path, ...]:
    """The folders that the opened links of this space open now. Fast enough to be asked for each file."""
    found: dict[Path, None] = {}
    for number in opened_links(home):
        link = find_link(number)
        if link is not None:
            found |= dict.fromkeys(folder for folder in link.folders if opens(number, folder))
    return tuple(found)


_Stamp = tuple[int, int, int]


def _stamp(path: Path) -> _Stamp | None:
    """Changes whenever the file does; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@functools.lru_cache(maxsize=4096)
def _read_link(path: Path, stamp: _Stamp) -> Link | None:
    with suppress(OSError, RecordError):
        return read_record(path, Link, "a link")
    return None


@functools.lru_cache(maxsize=1024)
def _read_opened(path: Path, stamp: _Stamp) -> tuple[str, ...]:
    with suppress(OSError, RecordError):
        numbers = read_record(path, list[str], "a list of links")
        return tuple(number for number in numbers if re.fullmatch(r"[0-9a-f]{64}", number))
    return ()
