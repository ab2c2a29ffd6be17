"""Check whether a recorded process still runs, and whether its number is valid on this machine."""

import functools
import os
import platform
from contextlib import suppress
from pathlib import Path

import psutil


def is_alive(pid: int, process_started: float) -> bool:
    """Whether exactly this process still runs (a zombie does not). Only for this machine and PID namespace."""
    started = start_time(pid)
    return started is not None and abs(started - process_started) < 1.0


def start_time(pid: int) -> float | None:
    """Start time in seconds since 1970; None if there is no such process."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError, OverflowError):
        return None


def is_suspended(pid: int) -> bool:
    """Whether a signal (SIGSTOP, Ctrl-Z) has suspended it, so that it does nothing until it is continued."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except (psutil.Error, ValueError, OverflowError):
        return False


def kill_with_children(pid: int) -> None:
    """Kill a process and its children; returns when it is gone, or after some seconds."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=5)


@functools.cache
def place() -> str:
    """Machine, boot and PID namespace: the scope of a process number. Two containers are two places."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)
