"""Run a function in a process of its own: its result, and the peak memory of it and its children."""

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SHARED = Path(__file__).parents[2] / "shared"
DATA = SHARED / "data" / "hymenoptera_data"
WEIGHTS = SHARED / "weights" / "mobilenet_v2-imagenet1k.pth"
SAMPLE_EVERY_S = 0.02


@dataclass(frozen=True)
class Measured:
    value: Any
    """What the function returned."""
    peak_mb: float
    """Proportional set size of the process and its children together, at most, in 10^6 bytes."""


def measure(function: Callable[..., Any], *arguments: Any) -> Measured:
    """Call `function(*arguments)` in a fresh Python process, so that nothing is warm that should be cold."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sender, function, arguments))
    process.start()
    sender.close()
    peak = 0
    while not receiver.poll(SAMPLE_EVERY_S):
        peak = max(peak, _tree_bytes(process.pid or os.getpid()))
        if not process.is_alive() and not receiver.poll():
            raise RuntimeError(f"{function.__name__} died with exit code {process.exitcode}")
    value = receiver.recv()
    process.join()
    if isinstance(value, BaseException):
        raise value
    return Measured(value, peak / 1e6)


def fresh_home() -> str:
    """An empty TLCORE_HOME."""
    return tempfile.mkdtemp(prefix="tlcore-benchmark-")


def median(values: list[float]) -> float:
    return statistics.median(values)


def require_shared() -> None:
    if not DATA.is_dir() or not WEIGHTS.is_file():
        raise SystemExit(f"This benchmark needs the photographs in {DATA} and the weights in {WEIGHTS}.")


def wall(function: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _call(sender: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        sender.send(function(*arguments))
    except BaseException as error:
        sender.send(error)
        raise


def _tree_bytes(pid: int) -> int:
    total = 0
    try:
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            memory = member.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass
    return total
