"""A hosted dashboard under load: 40 visitors for ten minutes over real websockets, with one worker beside them.

python -m benchmarks.hosted                            40 visitors, ten minutes
python -m benchmarks.hosted --visitors 8 --minutes 2   a smaller one

The server is a process of its own with a new home, in which only the demo is drawn. Each visitor speaks Streamlit's
protocol as a page does, with cookies, media, uploads and parts that redraw themselves, and has the pauses of a person:
looks at the demo, augments, uploads fifty photographs, reads the health report, trains a frozen network, watches,
compares, predicts, looks again.
The exit status is 1 if a bound is not met. Ctrl-C ends it early, with the figures so far.
"""

import argparse
import asyncio
import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from benchmarks.demo import draw as draw_demo
from benchmarks.hosted_machine import Machine, end_processes
from benchmarks.hosted_photographs import IMAGES, write_photographs
from benchmarks.hosted_visits import Guest, Timed, Told
from benchmarks.measure import cpu_name, measure
from tests.support.audit import Audit, new_word
from tests.support.browser import Dashboard

ARRIVE_WITHIN_S = 30.0
LAST_STEPS_S = 60.0
"""For the visitors to end what they are doing."""
PAGE_S, SERVER_CORES, SERVER_BYTES, GROWTH = 1.0, 1.0, 1.2e9, 1.10
SETTLED_S = 60.0
_LISTED = 12
_GOODBYE = "WebSocketDisconnected"
"""Streamlit reports so that a browser closed its connection while a message was under way."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", default="classroom", help="of the server's limits (default: classroom)")
    parser.add_argument("--images", type=int, default=IMAGES, help="that each visitor uploads (default: 50)")
    parser.add_argument(
        "--think", type=float, nargs=2, default=(4.0, 16.0), metavar="S", help="shortest and longest pause (4 16)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tlcore-benchmark-", ignore_cleanup_errors=True) as folder:
        sys.exit(0 if run(arguments, Path(folder)) else 1)


def run(arguments: argparse.Namespace, folder: Path) -> bool:
    """Returns whether every bound was met."""
    draw = random.Random(arguments.seed)
    words = [new_word(draw) for _ in range(arguments.visitors)]
    photographs = write_photographs(folder, words, arguments.seed, arguments.images)
    home = folder / "home"
    home.mkdir()
    print(f"The demo is drawn: {measure(draw_demo, str(home)):.0f} s", file=sys.stderr, flush=True)
    options = ("--client.showErrorDetails=none", "--logger.enableRich=false")
    dashboard = Dashboard(home, options, {"TLCORE_HOSTED": arguments.profile, "HF_HUB_OFFLINE": "1"})
    told, audit = Told(), Audit({word.encode(): number for number, word in enumerate(words)})
    try:
        dashboard.start()
        assert dashboard.process is not None
        machine = Machine(psutil.Process(dashboard.process.pid), home)
        guests = [
            Guest(
                number,
                word,
                dashboard.url(),
                photographs[number],
                told,
                audit,
                machine,
                arguments.seed,
                tuple(arguments.think),
            )
            for number, word in enumerate(words)
        ]
        asyncio.run(_use(guests, machine, told, 60 * arguments.minutes))
        if dashboard.process.poll() is not None:
            told.errors.append(f"the server ended with status {dashboard.process.returncode}")
        told.errors += _tracebacks(home / "server.log")
        return _print(arguments, told, audit, machine)
    finally:
        dashboard.kill()
        end_processes(home)


async def _use(guests: Sequence[Guest], machine: Machine, told: Told, seconds: float) -> None:
    """All visitors, until the time is over or Ctrl-C is pressed."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(number, over.set)
    draw, until = random.Random(len(guests)), time.perf_counter() + seconds

    async def come(guest: Guest, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await guest.visit(until)

    arrivals = [draw.uniform(0, min(ARRIVE_WITHIN_S, seconds / 4)) for _ in guests]
    visits = [asyncio.create_task(come(guest, after)) for guest, after in zip(guests, arrivals, strict=True)]
    watching = asyncio.create_task(machine.watch())
    telling = asyncio.create_task(_tell_each_minute(machine, told))
    ended = asyncio.create_task(over.wait())
    all_over = asyncio.create_task(_all_of(visits))
    await asyncio.wait({ended, all_over}, timeout=seconds + LAST_STEPS_S, return_when=asyncio.FIRST_COMPLETED)
    for visit in visits:
        if visit.done() and not visit.cancelled() and (error := visit.exception()) is not None:
            told.errors.append(f"the benchmark itself failed: {error!r}")
    others = (all_over, watching, telling, ended)
    for task in (*visits, *others):
        task.cancel()
    await asyncio.gather(*visits, *others, return_exceptions=True)


async def _all_of(visits: Sequence["asyncio.Task[None]"]) -> None:
    await asyncio.gather(*visits, return_exceptions=True)


async def _tell_each_minute(machine: Machine, told: Told) -> None:
    while True:
        await asyncio.sleep(60)
        print(
            f"{machine.elapsed_s / 60:3.0f} min: {len(told.times)} actions, {told.uploads} uploads, {told.finished} of "
            f"{told.started} runs, {len(told.errors)} errors, server {machine.server_cores:.2f} cores and "
            f"{machine.rss[-1][1] / 1e6:.0f} MB, workers {machine.worker_cores:.2f}, driver {machine.driver_cores:.2f}",
            file=sys.stderr,
            flush=True,
        )


def _tracebacks(log: Path) -> list[str]:
    """What the server logged as an error: the event and the last line of its traceback."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("level") in ("error", "critical"):
                traceback = str(entry.get("traceback", "")).strip()
                if _GOODBYE not in traceback:
                    found.append(f"the server's log: {entry.get('event')}: {traceback.rpartition(chr(10))[2]}")
    return found


def _print(arguments: argparse.Namespace, told: Told, audit: Audit, machine: Machine) -> bool:
    print(
        f"{cpu_name()}, {os.cpu_count()} cores; {arguments.visitors} visitors for {machine.elapsed_s / 60:.1f} of "
        f"{arguments.minutes:g} minutes, {arguments.images} photographs each, seed {arguments.seed}\n"
    )
    _print_times(told.times)
    met: list[bool] = []

    def say(words: str, figure: str, bound: str = "", ok: bool | None = None) -> None:
        verdict = "" if ok is None else f"  {bound}: {'ok' if ok else 'NOT MET'}"
        print(f"{words:<58} {figure}{verdict}", flush=True)
        met.extend([] if ok is None else [ok])

    during = [each.seconds for each in told.times if each.training]
    p95 = _percentile(during, 95)
    say("a page while something trains, p95", f"{p95:.2f} s of {len(during)}", f"under {PAGE_S:g} s", p95 < PAGE_S)
    say("the transfer of photographs, p50 and p95", _spread(told.transfers_s))
    say("from Start until a run no longer waits, p50 and p95", _spread(told.waits_s))
    say("from Start until a run is over, p50 and p95", _spread(told.runs_s))
    say("datasets uploaded, runs started and finished", f"{told.uploads}, {told.started}, {told.finished}")
    say("told refusals", str(len(told.refusals)))
    say("errors", str(len(told.errors)), "none", not told.errors)
    words, pictures = len(audit.words_found), sum(audit.pictures_found().values())
    searched = f"{audit.bytes_searched / 1e6:.0f} MB, {audit.pictures_seen} pictures"
    say(f"words of one in another's page, in {searched}", str(words), "none", not words)
    say("pictures of one in another's page", str(pictures), "none", not pictures)
    _print_machine(machine, arguments.profile, say)
    _list("refusals", [_shortened(text) for text in told.refusals])
    _list("errors", told.errors)
    _list("words", [f"{who} saw one of {whose}: {where[0]}" for (who, whose), where in audit.words_found.items()])
    return all(met)


def _print_machine(machine: Machine, profile: str, say: Callable[..., None]) -> None:
    cores = machine.server_cores
    say("the server", f"{cores:.2f} cores", f"under {SERVER_CORES:g}", cores < SERVER_CORES)
    say("its workers", f"{machine.worker_cores:.2f} cores, {machine.worker_rss / 1e6:.0f} MB at most in one process")
    say("this driver, on the same cores", f"{machine.driver_cores:.2f} cores")
    if not machine.rss:
        return
    most, most_at = max((size, at) for at, size in machine.rss)
    after = next((size for at, size in machine.rss if at >= SETTLED_S), None)
    last = machine.rss[-1][1]
    figure = f"{most / 1e6:.0f} MB after {most_at:.0f} s"
    say("memory of the server, most", figure, f"under {SERVER_BYTES / 1e9:g} GB", most < SERVER_BYTES)
    if after is not None:
        growth = last / after
        figure = f"{after / 1e6:.0f} MB, {last / 1e6:.0f} MB, {growth:.2f} x"
        say("after the first minute, at the end", figure, f"at most {GROWTH:g} x", growth <= GROWTH)
    share = _disk_share(profile)
    most_disk = max(machine.disk, default=0)
    figure = f"{most_disk / 1e6:.0f} MB" + (f" of {share / 1e6:.0f} MB" if share else "")
    say("disk, most", figure, "within its share", most_disk <= share if share else None)


def _disk_share(profile: str) -> int:
    """Bytes that the settings of the server allow."""
    os.environ["TLCORE_HOSTED"] = profile
    from tlcore.hosting.settings import host_settings

    return host_settings().disk_bytes


def _print_times(times: Sequence[Timed]) -> None:
    print(f"{'seconds from an action until its page is there':<40} {'number':>7} {'p50':>7} {'p95':>7} {'max':>7}")
    pages = dict.fromkeys(each.page for each in times)
    for page in sorted(pages):
        of_page = [each for each in times if each.page == page]
        _print_row(page, of_page)
        for action in dict.fromkeys(each.action for each in of_page):
            _print_row(f"  {action}", [each for each in of_page if each.action == action])
    _print_row("all", times)
    print()


def _print_row(words: str, times: Sequence[Timed]) -> None:
    seconds = [each.seconds for each in times]
    figures = " ".join(f"{_percentile(seconds, which):7.2f}" for which in (50, 95, 100))
    print(f"{words:<40} {len(seconds):7d} {figures}")


def _percentile(values: Sequence[float], which: float) -> float:
    return float(np.percentile(values, which)) if values else math.nan


def _spread(values: Sequence[float]) -> str:
    return f"{_percentile(values, 50):.2f} s and {_percentile(values, 95):.2f} s of {len(values)}"


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]} …"


def _list(title: str, lines: Sequence[str]) -> None:
    """What happened, each once with its number."""
    if lines:
        print(f"\n{title}:")
        for line, number in Counter(lines).most_common(_LISTED):
            print(f"  {number} x {line}")
        if len(set(lines)) > _LISTED:
            print(f"  and {len(set(lines)) - _LISTED} more")


if __name__ == "__main__":
    main()
