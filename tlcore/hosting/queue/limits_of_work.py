"""When work under way has to end: its memory, the seconds of its visitor, its own time. Measured and said in words."""

import time
from collections.abc import Callable
from typing import NamedTuple

import psutil

from tlcore.hosting.limits.usage import free_again, usage_today
from tlcore.hosting.settings import HostSettings
from tlcore.runs.work.waiting import UnderWay
from tlcore.words import seconds, size


def memory_bytes(pid: int) -> int:
    """Memory of a process and all its children.

    The proportional set size (PSS), in which what several of them share counts once; where the system has none, the
    resident set size (RSS).
    """
    total = 0
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            total += getattr(member.memory_full_info(), "pss", 0) or member.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total


class Passed(NamedTuple):
    """A limit that work has passed."""

    words: str
    """What happened, with the figures, and what to do: for the visitor."""
    again_later: bool
    """Whether the same work can be done at another time."""


def passed_limit(
    under_way: UnderWay, settings: HostSettings, memory: Callable[[int], int] = memory_bytes
) -> Passed | None:
    """The limit that the work has passed, if it has. Before it has a process, only the seconds of today count."""
    now, ticket = time.time(), under_way.ticket
    used = usage_today(ticket.home).seconds + (now - under_way.counted if under_way.pid else 0.0)
    if used >= settings.seconds_per_day:
        then = "All whole epochs are kept: resume the run then." if ticket.is_run else "Start it again then."
        return Passed(
            f"This was ended because your computing of today is used up: {seconds(used)} of "
            f"{seconds(settings.seconds_per_day)} on this shared dashboard. There is more {free_again()}. {then}",
            again_later=True,
        )
    if not under_way.pid:
        return None
    if not ticket.is_run and now - under_way.since >= settings.seconds_per_piece:
        return Passed(
            f"This was ended because it took longer than {seconds(settings.seconds_per_piece)}, the most on this "
            "shared dashboard. Try it with fewer images or a smaller network.",
            again_later=False,
        )
    if (taken := memory(under_way.pid)) > settings.worker_bytes:
        return Passed(
            f"This was ended because it took {size(taken)} of memory; {size(settings.worker_bytes)} is the most on "
            "this shared dashboard. Try it with a smaller batch size or a smaller network.",
            again_later=False,
        )
    return None
