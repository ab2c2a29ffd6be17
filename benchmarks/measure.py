"""Runs a function in a separate process to measure its time or its peak memory.

Not both at once: while the kernel reports how processes share memory, processes that allocate memory must wait.
"""

import importlib
import os
import pickle
import select
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

SHARED = Path(__file__).parents[2] / "shared"
DATA = SHARED / "data" / "hymenoptera_data"
WEIGHTS = SHARED / "weights" / "mobilenet_v2-imagenet1k.pth"
SAMPLE_EVERY_S = 0.05


def measure(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call `function(*arguments)` in a fresh Python process, so that no cache in memory is warm."""
    return _in_process(function, arguments, watch=lambda pid: None)


def peak_mb(function: Callable[..., Any], *arguments: Any) -> float:
    """Peak proportional set size of such a process and its children together, in 10^6 bytes."""
    peak = 0

    def watch(pid: int) -> None:
        nonlocal peak
        peak = max(peak, _tree_bytes(pid))

    _in_process(function, arguments, watch)
    return peak / 1e6


def _in_process(function: Callable[..., Any], arguments: tuple[Any, ...], watch: Callable[[int], None]) -> Any:
    """Uses a plain subprocess: with multiprocessing, the measured loops would inherit its start method."""
    command = [sys.executable, "-m", "benchmarks.measure"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        pickle.dump((_import_path(function), function.__name__, arguments), child.stdin)
        child.stdin.close()
        while not select.select([child.stdout], [], [], SAMPLE_EVERY_S)[0]:
            watch(child.pid)
        answer = child.stdout.read()
    if child.returncode:
        raise RuntimeError(f"{function.__name__} failed with exit status {child.returncode}")
    return pickle.loads(answer)


def _import_path(function: Callable[..., Any]) -> str:
    """The module of a function, also if it is the script that was started with `python -m`."""
    module = sys.modules[function.__module__]
    assert module.__spec__ is not None
    return module.__spec__.name


def _serve() -> None:
    """The child process of `_in_process`: reads the call and writes the result."""
    module, name, arguments = pickle.load(sys.stdin.buffer)
    answer = os.dup(1)
    os.dup2(2, 1)  # prints of the function must not mix with the result
    result = getattr(importlib.import_module(module), name)(*arguments)
    with os.fdopen(answer, "wb") as pipe:
        pickle.dump(result, pipe)


def fresh_home() -> str:
    """An empty TLCORE_HOME."""
    return tempfile.mkdtemp(prefix="tlcore-benchmark-")


def median(values: list[float]) -> float:
    return statistics.median(values)


def cpu_name() -> str:
    """The model name of the processor, where the operating system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "an unknown CPU"


def require_shared() -> None:
    if not DATA.is_dir() or not WEIGHTS.is_file():
        raise SystemExit(f"This benchmark needs the photographs in {DATA} and the weights in {WEIGHTS}.")


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


if __name__ == "__main__":
    _serve()
