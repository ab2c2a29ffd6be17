"""Logging: of background processes to standard error, of a hosted dashboard as JSON lines; and of other packages.

A line of the JSON log says when, at which level, from which logger, what (`event`), in whose space (`who`: the first
digits of the visitor's number, which open nothing), the facts of the event, and for a failure its error id, with which
a visitor asks the host, and its traceback. JSON escapes what is from outside: an event is one line of ASCII.
"""

import json
import logging
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tlcore.errors import TlcoreError
from tlcore.system.home import space

FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOGS = "logs"
"""The folder in the home of the host."""
FILE_BYTES, OLD_FILES = 10_000_000, 4
"""The log of one kind of process takes at most this, five times."""
WHO_DIGITS = 8
_ID = "tlcore_error_id"
_TEXT, _TRACEBACK = 2_000, 20_000
log = logging.getLogger(__name__)


def log_to_stderr() -> None:
    """Set up logging for a separate process, such as the worker. Python's warnings are logged, too.

    A process that works for a visitor also writes to the host's log.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S%z"))
    _log_with(handler, *_work_log())


def log_work() -> None:
    """Set up the host's log for a process that works for a visitor, whose standard error others read."""
    _log_with(*_work_log())


def _work_log() -> list[logging.Handler]:
    here = space()
    return _json_file(here.host / LOGS, "work") if here.host else []


def log_as_json(folder: Path, process: str, *, to_stderr: bool = True) -> None:
    """Set up logging of a hosted dashboard: to `<process>.jsonl` in this folder, and to standard error.

    The file is bounded: it is renamed when it is full, and the oldest one is deleted.
    """
    shown: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if to_stderr else []
    for handler in shown:
        handler.setFormatter(JsonLines())
    _log_with(*shown, *_json_file(folder, process))


def _json_file(folder: Path, process: str) -> list[logging.Handler]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            folder / f"{process}.jsonl", maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="ascii", delay=True
        )
    except OSError as error:  # a full disk: the other log has it
        print(f"The log cannot be written to {folder}: {error}", file=sys.stderr)
        return []
    file.setFormatter(JsonLines())
    return [file]


def _log_with(*handlers: logging.Handler) -> None:
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(logging.WARNING)
    logging.getLogger("tlcore").setLevel(logging.INFO)
    logging.captureWarnings(True)


def log_event(event: str, level: int = logging.INFO, **facts: object) -> None:
    """One line about what was done: `log_event("page", page="train", seconds=0.2)`. A fact `who` stands for itself."""
    log.log(level, event, extra={"facts": facts})


def log_failure(failure: BaseException, event: str, **facts: object) -> str:
    """Log an unexpected error with its traceback. Returns the id that the visitor is shown; it keeps its first one."""
    error_id = getattr(failure, _ID, None)
    if isinstance(error_id, str):
        return error_id
    error_id = secrets.token_hex(4)
    setattr(failure, _ID, error_id)
    log.error("%s", event, exc_info=failure, extra={"facts": {"error_id": error_id, **facts}})
    return error_id


def failure_words(error_id: str) -> str:
    """What a visitor is told of an unexpected error: nothing of the server."""
    return f"Something went wrong here. Error {error_id}; the host finds it in the log."


class JsonLines(logging.Formatter):
    """A record as one JSON object in one line of ASCII, of bounded length."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage()[:_TEXT],
        }
        if who := _whose_space():
            entry["who"] = who
        facts = getattr(record, "facts", {})
        entry.update({name: _bounded(value) for name, value in facts.items() if value is not None})
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)[-_TRACEBACK:]
        return json.dumps(entry, ensure_ascii=True)


def _whose_space() -> str | None:
    try:
        here = space()
    except TlcoreError:  # of no visitor: the server itself
        return None
    return here.home.name[:WHO_DIGITS] if here.host else None


def _bounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3) if abs(value) < 1e15 else str(value)  # not a number and infinity are no JSON
    return value if isinstance(value, bool | int) else str(value)[:_TEXT]


@contextmanager
def errors_only(*names: str) -> Iterator[None]:
    """Loggers of these names pass on errors alone within the block; without a name, the root logger."""
    loggers = [logging.getLogger(name) for name in names or ("",)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
