"""The dashboard in a real browser: first page, every page, during a training, with many viewers; and its memory.

python -m benchmarks.dashboard                        everything, about ten minutes
python -m benchmarks.dashboard --parts cold pages     some parts
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks import visitors
from benchmarks.measure import cpu_name, fresh_home, measure, median, peak_mb
from benchmarks.ours import Settings
from benchmarks.traffic import Traffic
from benchmarks.visitors import Seen
from tests.support import furnish
from tests.support.browser import (
    HEADINGS,
    LABELS,
    RECORD_EPOCHS,
    Dashboard,
    click_through,
    find_chromium,
    lasso,
    new_visit,
    open_browser,
    pick_random_network,
    settled,
    visit,
    widget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

COLD_STARTS = 3
LIGHT_PAGES = ("", "dataset", "compare")
FROM_SCRATCH: Settings = {"strategy": {"name": "from_scratch"}, "epochs": 100_000}
FINISHED: Settings = {**FROM_SCRATCH, "epochs": 5}
FROZEN: Settings = {"model": {"backbone": "efficientnet_lite0", "weights": "imagenet"}, "epochs": 2}
QUICK: Settings = {"model": {"backbone": "small_cnn", "weights": "none"}, "epochs": 5}
"""The backbone has random weights and is frozen: the 60,000 images pass through it once."""


def main() -> None:
    parts: dict[str, Callable[[Browser, argparse.Namespace], None]] = {
        "cold": measure_cold_start,
        "pages": measure_pages,
        "many": measure_many_images,
        "map": measure_map,
        "training": measure_beside_training,
        "viewers": measure_viewers,
        "memory": measure_memory,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--rounds", type=int, default=5, help="visits of each page that count")
    parser.add_argument("--images", type=int, default=60_000, help="in the large dataset")
    parser.add_argument("--viewers", type=int, default=20, help="of one live run")
    parser.add_argument(
        "--in-browser", type=int, default=1, help="viewers that are real pages; the others draw nothing"
    )
    parser.add_argument("--seconds", type=float, default=60, help="that a live run is watched")
    arguments = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("This benchmark needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="tlcore-benchmark-") as folder, open_browser(chromium) as browser:
        tempfile.tempdir = folder  # all homes below are made in it and deleted with it
        for part in arguments.parts:
            parts[part](browser, arguments)


def measure_cold_start(browser: "Browser", arguments: argparse.Namespace) -> None:
    """Seconds from the start of the process until the first page is drawn, with the demo if it exists."""
    drawn = _home()
    for words, homes in (
        ("first ever start, the demo is drawn meanwhile", [Path(fresh_home()) for _ in range(COLD_STARTS)]),
        ("later starts", [drawn] * COLD_STARTS),
    ):
        _print(f"cold start to first page, {words}", [_cold_start(browser, home) for home in homes], 4.0)


def _cold_start(browser: "Browser", home: Path) -> float:
    with new_visit(browser) as context:
        page = context.new_page()
        dashboard = Dashboard(home)
        started = time.perf_counter()
        try:
            visit(page, dashboard.start().url())
            return time.perf_counter() - started
        finally:
            dashboard.stop()


def measure_pages(browser: "Browser", arguments: argparse.Namespace) -> None:
    home = _home()
    measure(furnish.scan, "demo", str(home))
    run = measure(furnish.train, FINISHED, str(home))
    _measure_pages(browser, home, "demo", run, "the demo", arguments.rounds)


def measure_many_images(browser: "Browser", arguments: argparse.Namespace) -> None:
    home = _home()
    source = str(home / "datasets" / "many")
    measure(furnish.write_images, source, arguments.images)
    measure(furnish.scan, source, str(home))
    run = measure(furnish.train, {**QUICK, "data": {"source": source}}, str(home))
    _measure_pages(browser, home, source, run, f"{arguments.images:,} images", arguments.rounds)


def measure_map(browser: "Browser", arguments: argparse.Namespace) -> None:
    """The map of many images, with features and places kept: the page, its bytes, and from a lasso to the pictures."""
    home = _home()
    source = str(home / "datasets" / "many")
    measure(furnish.write_images, source, arguments.images)
    measure(furnish.scan, source, str(home))
    measure(furnish.draw_map, {"model": QUICK["model"], "data": {"source": source}}, str(home))
    words = f"the map of {arguments.images:,} images"
    with _running(home) as dashboard, new_visit(browser, height=1400) as context:
        page = context.new_page()
        traffic = Traffic(page)
        visit(page, dashboard.url("dataset", dataset=source, dataset_tab="map"))
        pick_random_network(page, "dataset_map")
        page.locator(".js-plotly-plot").wait_for()
        settled(page)
        first = traffic.received_bytes
        seconds: list[float] = []
        sent: list[float] = []
        for number in range(arguments.rounds + 1):
            click_through(page, "compare")
            before = traffic.received_bytes
            taken = traffic.seconds_of(lambda: click_through(page, "dataset"))
            page.locator(".js-plotly-plot").wait_for()
            if number:  # the first round fills the caches
                seconds.append(taken)
                sent.append(traffic.received_bytes - before)
        found = [_lasso_to_pictures(page, number) for number in range(arguments.rounds)]
    _print(words, seconds, 0.3)
    print(f"{f'{words}, sent until it is there':<62} {first / 1e6:7.2f} MB", flush=True)
    print(f"{f'{words}, sent when it is opened again':<62} {median(sent) / 1e6:7.2f} MB", flush=True)
    chosen = [number for number, _ in found]
    _print(f"from a lasso around {min(chosen):,} to {max(chosen):,} points to pictures", [s for _, s in found], 1.0)


def _lasso_to_pictures(page: "Page", number: int) -> tuple[int, float]:
    """Points inside a lasso in the middle of the map, and seconds from its end until their pictures are drawn."""
    pictures, chosen = page.locator(".pictures .card"), page.get_by_text("images chosen").first
    if pictures.count():
        widget(page, "dataset_map_pictures_clear").get_by_role("button").click()
        chosen.wait_for(state="hidden")
    low, high = 0.25 - 0.01 * number, 0.75 + 0.01 * number  # another one each time: the same would not be sent again
    lasso(page, [(low, low), (high, low), (high, high), (low, high), (low, low)])
    started = time.perf_counter()
    chosen.wait_for()
    pictures.first.wait_for()
    settled(page)
    return int(chosen.inner_text().split()[0].replace(",", "")), time.perf_counter() - started


def _measure_pages(browser: "Browser", home: Path, source: str, run: str, words: str, rounds: int) -> None:
    with _running(home) as dashboard, new_visit(browser) as context:
        page = context.new_page()
        traffic = Traffic(page)
        visit(page, dashboard.url(dataset=source, run=run))
        seconds = _click(page, traffic, list(HEADINGS), rounds)
    for name in HEADINGS:
        _print(f"{LABELS[name]}, with {words}", seconds[name], 0.3)


def measure_beside_training(browser: "Browser", arguments: argparse.Namespace) -> None:
    home = _home()
    finished = measure(furnish.train, FINISHED, str(home))
    name, worker = measure(furnish.start, FROM_SCRATCH, str(home))
    with _running(home) as dashboard, new_visit(browser) as context:
        page = context.new_page()
        traffic = Traffic(page)
        visit(page, dashboard.url(dataset="demo", run=finished))
        seconds = _click(page, traffic, LIGHT_PAGES, arguments.rounds)
        assert psutil.pid_exists(worker)
        for light in LIGHT_PAGES:
            _print(f"{LABELS[light]}, beside a training", seconds[light], 0.25)
        _print("a click on one of these", [value for values in seconds.values() for value in values], 0.25)
        seen, ended = _watch(browser, dashboard, home, name, arguments.seconds, in_browser=1)
    _print_delays("an epoch's end to its place in the chart", seen, ended, 1.5)


def measure_viewers(browser: "Browser", arguments: argparse.Namespace) -> None:
    home = _home()
    name, _ = measure(furnish.start, FROM_SCRATCH, str(home))
    with _running(home) as dashboard:
        assert dashboard.process is not None
        server = psutil.Process(dashboard.process.pid)
        before, started = sum(server.cpu_times()[:2]), time.perf_counter()
        seen, ended = _watch(browser, dashboard, home, name, arguments.seconds, arguments.in_browser, arguments.viewers)
        cores = (sum(server.cpu_times()[:2]) - before) / (time.perf_counter() - started)
    others = arguments.viewers - arguments.in_browser
    words = f"{arguments.in_browser} in the browser and {others} that speak its protocol"
    print(f"{arguments.viewers} viewers of one live run, {words}:")
    _print_delays("an epoch's end until a viewer has it", seen, ended, 3.0)
    print(f"{'the server, meanwhile':<62} {cores:7.2f} cores  (under 1)", flush=True)


def measure_memory(browser: "Browser", arguments: argparse.Namespace) -> None:
    """Memory of a hosted server after each page was opened for the first time, and of a process that trains."""
    home = _home()
    measure(furnish.scan, "demo", str(home))
    finished = measure(furnish.train, FINISHED, str(home))
    print(f"{f'on {cpu_name()}':<42} {'server':>10} {'other processes':>17}")
    dashboard = Dashboard(home, environment={"TLCORE_HOSTED": "demo", "TLCORE_HOSTED_WARM_UP": "0"}).start()
    try:
        assert dashboard.process is not None
        server = psutil.Process(dashboard.process.pid)
        _print_memory("started", server)
        with new_visit(browser) as context:
            page = context.new_page()
            visit(page, dashboard.url(dataset="demo", run=finished))
            for name in HEADINGS:
                if name:
                    click_through(page, name)
                page.wait_for_load_state("networkidle")  # with its pictures
                _print_memory(f"after {LABELS[name]}", server)
            for _ in range(arguments.rounds):
                for name in HEADINGS:
                    click_through(page, name)
            _print_memory(f"after {arguments.rounds} more visits of each", server)
    finally:
        dashboard.stop()
    for words, settings in (("from scratch", FINISHED), ("frozen, the default backbone", FROZEN)):
        print(
            f"{f'training on the demo, {words}':<52} {peak_mb(furnish.train, settings, str(_home())):5.0f} MB",
            flush=True,
        )


def _print_memory(words: str, server: psutil.Process) -> None:
    """Resident memory in 10^6 bytes. Pages that processes share count for each of them."""
    children = server.children(recursive=True)
    own, others = server.memory_info().rss / 1e6, sum(child.memory_info().rss for child in children) / 1e6
    print(f"{words:<42} {own:7.0f} MB {others:14.0f} MB", flush=True)


def _watch(
    browser: "Browser",
    dashboard: Dashboard,
    home: Path,
    run: str,
    seconds: float,
    in_browser: int = 1,
    viewers: int = 1,
) -> tuple[list[Seen], dict[int, float]]:
    """When each viewer saw each epoch, browser pages first; and when the epochs ended."""
    address = dashboard.url("train", dataset="demo", run=run, view="watch")
    contexts = [new_visit(browser) for _ in range(in_browser)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        visit(page, address)
        page.evaluate(RECORD_EPOCHS)
    with _epoch_ends(home / "runs" / run / "metrics.jsonl") as ended:
        others = measure(visitors.watch, address, viewers - in_browser, seconds)
    seen = [[(each["epoch"], each["at"]) for each in page.evaluate("epochsSeen")] for page in pages]
    for context in contexts:
        context.close()
    return [*seen, *others], ended


@contextmanager
def _epoch_ends(metrics: Path) -> "Iterator[dict[int, float]]":
    """Epoch -> seconds since 1970 at which its line was written, for epochs that end from now on."""
    ended: dict[int, float] = {}
    over = threading.Event()

    def watch() -> None:
        epochs = metrics.read_bytes().count(b"\n")
        while not over.wait(0.01):
            changed, lines = metrics.stat().st_mtime, metrics.read_bytes().count(b"\n")
            ended.update(dict.fromkeys(range(epochs, lines), changed))  # line 0 is epoch 0
            epochs = lines

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join()


def _print_delays(words: str, seen: list[Seen], ended: dict[int, float], bound_s: float) -> None:
    """Print the delays over all viewers and epochs, without the last epochs, which not every viewer had time to see."""
    delays = []
    last = min((viewer[-1][0] for viewer in seen if viewer), default=-1)
    for viewer in seen:
        for epoch, end in ended.items():
            if viewer and viewer[0][1] < end and epoch <= last:
                delays.append(next(at for number, at in viewer if number >= epoch) - end)
    if not delays:
        raise SystemExit(f"Nobody saw an epoch end: {seen}")
    figures = f"{max(delays):7.2f} s at most, {median(delays):.2f} s median of {len(delays)}"
    print(f"{words:<62} {figures}  (under {bound_s:g} s)", flush=True)


def _click(page: "Page", traffic: Traffic, names: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of the server per page and visit. The first round fills the caches and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name in (*names[1:], names[0]):  # starts on the first page: a click on the current page requests nothing
            taken = traffic.seconds_of(lambda name=name: click_through(page, name))  # type: ignore[misc]
            if number:
                seconds[name].append(taken)
    return seconds


@contextmanager
def _running(home: Path) -> "Iterator[Dashboard]":
    dashboard = Dashboard(home).start()
    try:
        yield dashboard
    finally:
        dashboard.stop()


def _home() -> Path:
    """A new home with the demo drawn."""
    from benchmarks.demo import draw

    home = fresh_home()
    measure(draw, home)
    return Path(home)


def _print(words: str, values: list[float], bound_s: float) -> None:
    spread = f"{min(values):.3f} to {max(values):.3f}"
    print(f"{words:<62} {median(values):7.3f} s  (under {bound_s:g} s; {spread})", flush=True)


if __name__ == "__main__":
    main()
