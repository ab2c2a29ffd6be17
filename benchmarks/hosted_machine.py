"""What a hosted server takes, looked at each second: processor time and memory, its workers', and the disk."""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_DISK_EVERY_S = 15.0


@dataclass
class Machine:
    """Watches a server and everything that it starts, by the home that they share."""

    server: psutil.Process
    home: Path
    started: float = field(default_factory=time.perf_counter)
    rss: list[tuple[float, int]] = field(default_factory=list)
    """(seconds since the start, bytes) of the server alone."""
    disk: list[int] = field(default_factory=list)
    worker_rss: int = 0
    """The most bytes of one process beside the server."""
    _first_cpu_s: float = 0.0
    _last_cpu_s: float = 0.0
    _workers: dict[tuple[int, float], float] = field(default_factory=dict)
    """(pid, time of its start) -> seconds of its processor time."""
    _busy_until: float = 0.0
    _driver_s: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        self._first_cpu_s = self._last_cpu_s = _cpu_s(self.server)

    async def watch(self) -> None:
        """Until it is cancelled or the server is gone."""
        disk_at = 0.0
        while True:
            with suppress(psutil.Error):
                self._look()
            if time.perf_counter() - disk_at >= _DISK_EVERY_S:
                self.disk.append(disk_bytes(self.home))
                disk_at = time.perf_counter()
            await asyncio.sleep(1.0)

    def _look(self) -> None:
        self._last_cpu_s = _cpu_s(self.server)
        self.rss.append((self.elapsed_s, self.server.memory_info().rss))
        for process in processes_of(self.home):
            if process.pid == self.server.pid:
                continue
            with suppress(psutil.Error):
                key, used = (process.pid, process.create_time()), _cpu_s(process)
                if used - self._workers.get(key, 0.0) > 0.2:
                    self._busy_until = time.perf_counter() + 1.5
                self._workers[key] = used
                self.worker_rss = max(self.worker_rss, process.memory_info().rss)

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self.started

    @property
    def trains(self) -> bool:
        """Whether something beside the server computes."""
        return time.perf_counter() < self._busy_until

    @property
    def server_cores(self) -> float:
        return (self._last_cpu_s - self._first_cpu_s) / self.elapsed_s

    @property
    def worker_cores(self) -> float:
        return sum(self._workers.values()) / self.elapsed_s

    @property
    def driver_cores(self) -> float:
        return (time.process_time() - self._driver_s) / self.elapsed_s


def processes_of(home: Path) -> list[psutil.Process]:
    """All processes that work in this home or in a space below it."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and _home_of(process.pid, process.create_time()).startswith(str(home)):
                found.append(process)
    return found


_homes: dict[tuple[int, float], str] = {}


def _home_of(pid: int, created: float) -> str:
    """Remembered, because a process keeps its environment."""
    if (pid, created) not in _homes:
        with suppress(psutil.Error):
            _homes[pid, created] = psutil.Process(pid).environ().get("TLCORE_HOME", "")
    return _homes.get((pid, created), "")


def end_processes(home: Path) -> None:
    """End whatever still works in this home."""
    for process in processes_of(home):
        with suppress(psutil.Error):
            process.kill()


def disk_bytes(folder: Path) -> int:
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size
    return total


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
