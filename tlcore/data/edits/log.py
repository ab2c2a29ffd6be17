"""The log of a dataset's edits: a file of JSON lines under `TLCORE_HOME/edits` that is only ever appended to.

A visitor of a hosted dashboard sees the edits of a dataset's owner, until the first edit of their own: that copies the
log into their space, and goes on there.

Because of that, a number of lines names a state of the edits for ever: the version. `lines` says what a line means.
"""

import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tlcore.data.edits.lines import FORMAT, Line
from tlcore.errors import ConfigError, EditRefused, RecordError, StorageError
from tlcore.system.allowance import check_growth
from tlcore.system.cache import digest_key
from tlcore.system.files import write_atomic
from tlcore.system.home import edits_dir, edits_dirs, home_dir
from tlcore.system.paths import given_path
from tlcore.system.portable import portable
from tlcore.system.records import as_record, parse_json, read_bytes
from tlcore.words import count

MAX_BYTES = 256 << 20
"""Largest log. A line of 1,000 images takes about 100 kB."""
MAX_LINES = 100_000
WAIT_S = 30.0
"""How long a writer waits for another one."""
_WHAT, _WHAT_LINE = "a log of edits", "an edit"
_LINE: Any = Line  # a union, which is no type to mypy


@dataclass(frozen=True)
class Log:
    content: bytes = b""
    """The lines as they are in the file, without an incomplete last one."""
    lines: "tuple[Line | None, ...]" = ()
    """None for a line that cannot be read; it has no effect."""
    problems: tuple[str, ...] = ()
    """A sentence for each line that cannot be read."""

    @property
    def version(self) -> int:
        return len(self.lines)

    def first(self, version: int) -> "Log":
        """The log as it was at a version. Raises ConfigError if it has fewer lines."""
        if version == self.version:
            return self
        if version > self.version:
            are = "is" if version == 1 else "are"
            raise ConfigError(f"{count(version, 'edit')} {are} asked for, and the dataset has {self.version:,}.")
        lines = self.content.split(b"\n", version)[:version]
        return _parse(b"".join(line + b"\n" for line in lines), "the log of edits")


def log_path(source: str, named: bool) -> Path:
    """The log of a dataset: `named` says whether `source` is a name, and no path."""
    key = source.lower() if named else _real_path(source)
    path = edits_dir() / log_name(key)
    if not named and not path.exists():
        moved = edits_dir() / log_name(portable(key, Path(os.path.realpath(home_dir()))))
        return moved if moved.exists() else path
    return path


def log_name(key: str) -> str:
    """The file name of the log of a dataset: `key` is its name, its path with all links followed, or such a path in a
    home that was moved, as `system.portable` writes it.
    """
    name = re.sub(r"[^\w.-]+", "-", key.rstrip("/\\").replace("\\", "/").rpartition("/")[2]).strip("-.")[:60]
    return f"{name or 'dataset'}-{digest_key(key)[:16]}.jsonl"


def _real_path(source: str) -> str:
    try:
        return os.path.realpath(given_path(source))
    except ValueError:  # a zero byte: no such path can exist
        return source


def log_version(path: Path) -> int:
    """The number of complete lines. Quick: the file is read only after it changed. Raises RecordError."""
    path = _present(path)
    stamp = _stamp(path)
    return 0 if stamp is None else _count_lines(path, stamp)


def read_log(path: Path) -> Log:
    """The log in a file; an empty one if there is no file.

    Lines that cannot be read are None, and `problems` says which and why. Raises RecordError if the file cannot be read
    or has edits of a newer version of this project.
    """
    path = _present(path)
    stamp = _stamp(path)
    return Log() if stamp is None else _read(path, stamp)


@contextmanager
def open_for_writing(path: Path) -> "Iterator[tuple[Log, Callable[[Line], int]]]":
    """The log, and a function that appends a line and returns its number, while no other process or thread writes.

    The function returns when the line is on the disk; if that fails, the log is as it was. It raises EditRefused if
    the log is full, or if the line has text that cannot be stored, and NotAllowed if the space of a visitor is. Raises
    StorageError if another writer takes too long, and RecordError as `read_log` does.
    """
    with _locked(path):
        if (owners := _present(path)) != path:
            content = read_log(owners).content
            write_atomic(path, lambda file: file.write(content))
        log = read_log(path)
        yield log, lambda line: _append(path, log, line)


def move_log(path: Path, to: Path) -> None:
    """Keep the edits of a dataset that is called otherwise now. What is at `to` was of a dataset that is gone."""
    if path.exists():
        with _locked(path):
            os.replace(path, to)


def delete_log(path: Path) -> None:
    """Delete the edits of a dataset that was deleted, so that a later one of the same name begins without."""
    if path.exists():
        with _locked(path):
            path.unlink(missing_ok=True)


def _present(path: Path) -> Path:
    """The log itself, or if there is none, that of the dataset's owner."""
    if path.exists() or path.parent != edits_dir():
        return path
    return next((found for folder in edits_dirs()[1:] if (found := folder / path.name).exists()), path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"), thread_local=False)
    try:
        lock.acquire(timeout=WAIT_S)
    except Timeout:
        raise StorageError(f"Another process is writing {path} for more than {WAIT_S:.0f} s. Try again.") from None
    try:
        yield
    finally:
        lock.release()


def line_bytes(line: Line) -> bytes:
    """The line as it is in the file, with its newline. Raises EditRefused if it could not be read again."""
    plain = {"format": line.format, "action": line.action, **line.model_dump(mode="json", exclude_defaults=True)}
    content = json.dumps(plain).encode()
    as_record(parse_json(content, _WHAT_LINE, "This", error=EditRefused), _LINE, _WHAT_LINE, "This", error=EditRefused)
    return content + b"\n"


def _append(path: Path, log: Log, line: Line) -> int:
    content = line_bytes(line)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        size = os.fstat(handle).st_size
        torn = size > len(log.content)  # an earlier writer was interrupted: what it wrote becomes a line of its own
        number = log.version + torn + 1
        if size + len(content) > MAX_BYTES or number > MAX_LINES:
            raise EditRefused(
                f"The log of edits {path} is full. Write the mended set to a folder of its own, and go on with that.",
                cli="That is `edits export`.",
            )
        check_growth(path, len(content))
        try:
            _write_all(handle, b"\n" * torn + content)
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        os.close(handle)
    return number


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


_Stamp = tuple[int, int, int, int]


def _stamp(path: Path) -> _Stamp | None:
    """Changes whenever the file does; None if there is no file."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RecordError(f"Cannot read {path}: {error.strerror}.") from None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@functools.lru_cache(maxsize=256)
def _count_lines(path: Path, stamp: _Stamp) -> int:
    return _content(path).count(b"\n")


@functools.lru_cache(maxsize=8)
def _read(path: Path, stamp: _Stamp) -> Log:
    return _parse(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path, _WHAT, max_bytes=MAX_BYTES)
    except FileNotFoundError:
        return b""


def _parse(content: bytes, where: str) -> Log:
    complete, _, rest = content.rpartition(b"\n")
    whole = complete + b"\n" if content[: len(content) - len(rest)] else b""
    lines: list[Line | None] = []
    problems = []
    for number, text in enumerate(whole.split(b"\n")[:-1], 1):
        at = f"Line {number} of {where}"
        try:
            data = parse_json(text, _WHAT_LINE, at)
            _check_format(data, at)
            lines.append(as_record(data, _LINE, _WHAT_LINE, at))
        except _Newer:
            raise
        except RecordError as error:
            lines.append(None)
            problems.append(f"An edit has no effect, because it cannot be read. {error}")
    if rest:
        problems.append(f"The last edit in {where} has no effect, because it was not written completely.")
    return Log(whole, tuple(lines), tuple(problems))


class _Newer(RecordError):
    pass


def _check_format(data: object, where: str) -> None:
    number = data.get("format", FORMAT) if isinstance(data, dict) else FORMAT
    if isinstance(number, int) and number > FORMAT:
        raise _Newer(
            f"{where} was made by a newer version of this project (format {number}, and this version reads up to "
            f"{FORMAT}). Update this version to use it."
        )
