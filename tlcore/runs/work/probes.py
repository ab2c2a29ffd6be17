"""Probes: short computations for a configuration without a run, such as a projection, as processes that print JSON.

The printed lines are cached under a key, so that the same probe is not computed again. The part of a key before the
first dash is the kind of the probe.
"""

import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel, Field

from tlcore.config import RunConfig
from tlcore.errors import ConfigError, RecordError
from tlcore.system.cache import drop_oldest
from tlcore.system.files import write_json
from tlcore.system.home import cache_dir
from tlcore.system.liveness import is_alive, start_time
from tlcore.system.records import as_record, parse_json, read_bytes, read_record
from tlcore.system.spawn import said_error, start_detached

KEPT = 32  # number of probes of a kind kept in the cache
STARTING_S = 5.0  # a new probe without a process record is being started by another process

WHAT = "a line of JSON"
LINES = "lines.jsonl"
STOPPED = "stopped"
"""Name of the file that marks a probe that was stopped."""


class _Process(BaseModel):
    pid: int = Field(ge=0, lt=2**31)
    started: float


@dataclass(frozen=True)
class Probe:
    folder: Path

    @property
    def is_live(self) -> bool:
        pid, started = self._process()
        return is_alive(pid, started) if pid else self._is_starting()

    @property
    def stamp(self) -> tuple[int, int]:
        """Changes when it has printed more, or when it was started anew; zeros if it is gone."""
        try:
            status = (self.folder / LINES).stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_size

    def lines(self) -> list[dict[str, Any]]:
        """The lines it has printed so far, without lines from others, such as torch.hub during a download."""
        path = self.folder / LINES
        try:
            content = read_bytes(path, WHAT)
        except (FileNotFoundError, RecordError):
            return []
        complete = content[: content.rfind(b"\n") + 1].splitlines()
        found = []
        for line in complete:
            with suppress(RecordError):
                found.append(as_record(parse_json(line, WHAT, str(path)), dict[str, Any], WHAT, str(path)))
        return found

    def error(self) -> str:
        """Its last error message; empty if there is none."""
        try:
            text = (self.folder / "errors.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return said_error(text)

    @property
    def was_stopped(self) -> bool:
        return (self.folder / STOPPED).exists()

    def stop(self) -> None:
        """Stop it and keep its output."""
        pid, started = self._process()
        if is_alive(pid, started):
            with suppress(OSError):  # somebody has deleted it
                (self.folder / STOPPED).touch()
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).terminate()

    def cancel(self) -> None:
        """Stop it and delete its output."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_starting(self) -> bool:
        try:
            return time.time() - self.folder.stat().st_mtime < STARTING_S and not self.was_stopped
        except OSError:
            return False

    def _process(self) -> tuple[int, float]:
        try:
            process = read_record(self.folder / "process.json", _Process, "the record of a process")
        except (FileNotFoundError, RecordError):
            return 0, 0.0
        return process.pid, process.started


def find_probe(key: str) -> Probe | None:
    """The probe with this key, running or finished; None if there is none. A key has letters, digits and dashes."""
    probe = Probe(_path(key))
    return probe if probe.folder.is_dir() else None


def start_probe(key: str, command: Sequence[str], config: RunConfig) -> Probe:
    """Run a command, such as `["find-lr", "--json"]`, for a configuration; or return the probe with this key."""
    probe = Probe(_path(key))
    try:
        probe.folder.mkdir(parents=True)
    except FileExistsError:
        return probe
    except OSError as error:
        raise ConfigError(f"Cannot write to {_folder()}: {error.strerror}. Free some space, or allow it.") from None
    write_json(probe.folder / "config.json", config.model_dump(mode="json"), durable=False)
    with (probe.folder / LINES).open("wb") as lines, (probe.folder / "errors.log").open("wb") as errors:
        pid = start_detached([*command, "--config", str(probe.folder / "config.json")], lines, errors)
    write_json(probe.folder / "process.json", {"pid": pid, "started": start_time(pid) or 0.0}, durable=False)
    kind = key.partition("-")[0]
    drop_oldest(
        _folder(),
        max_entries=KEPT,
        spare=lambda folder: folder.name.partition("-")[0] != kind or Probe(folder).is_live,
    )
    return probe


def any_live_probe() -> bool:
    """Whether a probe is running: a second one would distort its measurements."""
    return any(Probe(folder).is_live for folder in _folder().glob("*"))


def _path(key: str) -> Path:
    if not re.fullmatch(r"[\w-]+", key):
        raise ConfigError(f"{key!r} is not a key for a probe: use letters, digits and dashes.")
    return _folder() / key


def _folder() -> Path:
    return cache_dir() / "probes"
