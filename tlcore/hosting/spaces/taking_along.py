"""A visitor's space as a zip to keep: what cannot be computed again. Unpacked, it is a TLCORE_HOME.

The zip is made while it is sent, so that neither memory nor disk holds it, whatever the size of the space.
"""

import io
import json
import os
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from tlcore.data.edits.log import log_name
from tlcore.data.intake.library import sources_in
from tlcore.runs.folder.layout import LOG_FILE, RUN_FILE
from tlcore.system.home import Space
from tlcore.system.portable import portable

FOLDER = "transfer-lab"
"""The folder in the zip that is the home."""
TAKEN = ("datasets", "edits", "runs", "recipes", "transforms")
_LISTS = "datasets.json"
_LEFT_OUT = (".lock", ".tmp")
_PACKED = (".json", ".jsonl", ".csv", ".tsv", ".txt")  # images, networks and predictions are compressed already
_CHUNK_BYTES = 1 << 20
_MAX_RECORD = 16 << 20
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of what a zip can say
README = """\
This is all that you had on a hosted Transfer Lab: datasets, edits, runs, recipes and transforms.
It works with Transfer Lab on a machine of your own. Unpack it, and name this folder as its home:

    TLCORE_HOME=/where/you/unpacked/it/{folder} streamlit run app.py

On Windows: set TLCORE_HOME to that folder first, then start the dashboard.
Or copy what is in these folders into your own home, which is ~/.tlcore unless you chose another one.

A run on a dataset of the host, or of somebody who shared it with you, has all its numbers. Its images are not here.
"""


def zip_space(here: Space) -> Iterator[bytes]:
    """The zip, in pieces of about 1 MB. A file that vanishes meanwhile is left out."""
    home = Path(os.path.realpath(here.home))
    logs = _portable_logs(home, here.home)
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w") as archive:
        archive.writestr(_entry("README.txt"), README.format(folder=FOLDER))
        for path in _files(home):
            name = path.relative_to(home).as_posix()
            if name == _LISTS or (path.name == RUN_FILE and path.parent.parent == home / "runs"):
                with suppress(OSError, ValueError):
                    content = _portable_record(path, (home, here.home))
                    archive.writestr(_entry(name, path.stat().st_mtime), content, zipfile.ZIP_DEFLATED)
            else:
                yield from _put(archive, pieces, path, logs.get(name, name))
            yield from pieces.take()
    yield from pieces.take()


class _Pieces(io.RawIOBase):
    """A file that is only written to, and whose content is taken away again and again."""

    def __init__(self) -> None:
        self._content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content) -> int:  # type: ignore[no-untyped-def]  # any buffer
        self._content += content
        return len(content)

    def take(self, at_least: int = 1) -> Iterator[bytes]:
        if len(self._content) >= at_least:
            taken, self._content = bytes(self._content), bytearray()
            yield taken


def _files(home: Path) -> Iterator[Path]:
    """Regular files in a fixed order, none through a link, none hidden. Names that are not text are left out."""
    places = [home / name for name in TAKEN if not (home / name).is_symlink()]
    listed = [home / _LISTS, *(Path(at) / name for place in places for at, names in _walk(place) for name in names)]
    for path in listed:
        name = path.name
        if name[0] == "." or name.endswith(_LEFT_OUT) or name == LOG_FILE or not _is_text(str(path)):
            continue
        with suppress(OSError):
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def _walk(place: Path) -> Iterator[tuple[str, list[str]]]:
    for at, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        yield at, sorted(names)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _put(archive: zipfile.ZipFile, pieces: _Pieces, path: Path, name: str) -> Iterator[bytes]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        status = os.fstat(file.fileno())
        entry = _entry(name, status.st_mtime)
        entry.compress_type = zipfile.ZIP_DEFLATED if path.suffix in _PACKED else zipfile.ZIP_STORED
        with archive.open(entry, "w", force_zip64=status.st_size >= zipfile.ZIP64_LIMIT // 2) as packed:
            left = status.st_size  # what is appended meanwhile is left out
            while left > 0 and (content := file.read(min(left, _CHUNK_BYTES))):
                left -= len(content)
                packed.write(content)
                yield from pieces.take(_CHUNK_BYTES)


def _entry(name: str, changed: float | None = None) -> zipfile.ZipInfo:
    when = time.gmtime(time.time() if changed is None else max(changed, 0))[:6]
    entry = zipfile.ZipInfo(str(PurePosixPath(FOLDER) / name), max(when, _FIRST_DAY))
    entry.external_attr = 0o644 << 16
    return entry


def _portable_record(path: Path, homes: tuple[Path, ...]) -> bytes:
    """Raises OSError or ValueError if it cannot be read."""
    with path.open("rb") as file:
        data = json.loads(file.read(_MAX_RECORD))
    for home in homes:
        data = portable(data, home)
    if path.name == _LISTS:  # other paths of the host are of no use elsewhere
        data = {kind: [each for each in paths if each.startswith("$")] for kind, paths in data.items()}
    return json.dumps(data, indent=2, ensure_ascii=False).encode()


def _portable_logs(home: Path, as_named: Path) -> dict[str, str]:
    """Edits of the datasets here: name of the log in the home -> its name in a home that was moved."""
    names = {}
    with suppress(OSError):
        for folder in (home / "datasets").iterdir():
            for source in {str(folder), *sources_in(folder)}:
                key = portable(source, home)
                names[f"edits/{log_name(source)}"] = f"edits/{log_name(key)}"
    return names
