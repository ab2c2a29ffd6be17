"""Probes: short computations for a configuration without a run, such as a projection, as processes that print JSON.

The printed lines are cached under a key, so that the same probe is not computed again. The part of a key before the
first dash is the kind of the probe. In the space of a visitor of a hosted dashboard, a probe gets a ticket instead of a
process, and the host's dispatcher carries it out.
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
from tlcore.errors import ConfigError, NotAllowed, RecordError
from tlcore.runs.work.tickets import goes_to_queue, has_ticket, make_ticket, submit, withdraw
from tlcore.system.cache import drop_oldest
from tlcore.system.files import write_json
from tlcore.system.home import cache_dir, is_mine
from tlcore.system.liveness import is_alive, start_time
from tlcore.system.records import as_record, parse_json, read_bytes, read_record
from tlcore.system.spawn import said_error, start_detached

KEPT = 32  # number of probes of a kind kept in the cache
STARTING_S = 5.0  # a new probe without a process record is being started by another process

WHAT = "a line of JSON"
LINES = "lines.jsonl"
ERRORS = "errors.log"
PROCESS = "process.json"
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
        """Whether it waits in the queue of a hosted dashboard, or runs."""
        if has_ticket(self.folder):
            return True
        process = self._process()
        return self._is_starting() if process is None else is_alive(process.pid, process.started)

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
            text = (self.folder / ERRORS).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return said_error(text)

    @property
    def was_stopped(self) -> bool:
        return (self.folder / STOPPED).exists()

    def stop(self) -> None:
        """Stop it and keep its output. Raises NotAllowed if it is another's."""
        process = self._process()
        alive = process is not None and is_alive(process.pid, process.started)
        if not alive and not has_ticket(self.folder):
            return
        if not is_mine(self.folder):
            raise NotAllowed("This is not yours: you can stop only your own work.")
        with suppress(OSError):  # somebody has deleted it
            (self.folder / STOPPED).touch()
        withdraw(self.folder)
        if process is not None and alive:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(process.pid).terminate()

    def cancel(self) -> None:
        """Stop it and delete its output. Raises NotAllowed if it is another's."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_starting(self) -> bool:
        try:
            return time.time() - self.folder.stat().st_mtime < STARTING_S and not self.was_stopped
        except OSError:
            return False

    def _process(self) -> _Process | None:
        try:
            return read_record(self.folder / PROCESS, _Process, "the record of a process")
        except (FileNotFoundError, RecordError):
            return None


def find_probe(key: str) -> Probe | None:
    """The probe with this key, running or finished; None if there is none. A key has letters, digits and dashes."""
    probe = Probe(_path(key))
    return probe if probe.folder.is_dir() else None


def start_probe(key: str, command: Sequence[str], config: RunConfig) -> Probe:
    """Run a command, such as `["find-lr", "--json"]`, for a configuration; or return the probe with this key.

    Raises ConfigError if nothing can be written there, NotAllowed if a visitor has nothing left of today or too much
    waiting.
    """
    probe = Probe(_path(key))
    try:
        probe.folder.mkdir(parents=True)
    except FileExistsError:
        return probe
    except OSError as error:
        raise ConfigError(f"Cannot write to {_folder()}: {error.strerror}. Free some space, or allow it.") from None
    write_json(probe.folder / "config.json", config.model_dump(mode="json"), durable=False)
    whole_command = [*command, "--config", str(probe.folder / "config.json")]
    try:
        begin = _hand_over if goes_to_queue() else _start
        begin(probe, whole_command)
    except BaseException:
        shutil.rmtree(probe.folder, ignore_errors=True)
        raise
    kind = key.partition("-")[0]
    drop_oldest(
        _folder(),
        max_entries=KEPT,
        spare=lambda folder: folder.name.partition("-")[0] != kind or Probe(folder).is_live,
    )
    return probe


def _start(probe: Probe, command: Sequence[str]) -> None:
    with (probe.folder / LINES).open("wb") as lines, (probe.folder / ERRORS).open("wb") as errors:
        pid = start_detached(command, lines, errors)
    write_json(probe.folder / PROCESS, {"pid": pid, "started": start_time(pid) or 0.0}, durable=False)


def _hand_over(probe: Probe, command: Sequence[str]) -> None:
    (probe.folder / LINES).touch()
    submit([make_ticket(probe.folder, command, LINES, ERRORS)])
    write_json(probe.folder / PROCESS, {"pid": 0, "started": 0.0}, durable=False)  # without its ticket it is over


def any_live_probe() -> bool:
    """Whether a probe is running: a second one would distort its measurements."""
    return any(Probe(folder).is_live for folder in _folder().glob("*"))


def _path(key: str) -> Path:
    if not re.fullmatch(r"[\w-]+", key):
        raise ConfigError(f"{key!r} is not a key for a probe: use letters, digits and dashes.")
    return _folder() / key


def _folder() -> Path:
    return cache_dir() / "probes"
