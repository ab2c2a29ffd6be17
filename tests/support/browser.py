"""A dashboard process, and the operating system's Chromium, for browser tests, benchmarks and screenshots."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psutil

from tests.support.waiting import LIMIT_S, eventually
from tlcore.system.files import write_json
from tlcore.words import count

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

ROOT = Path(__file__).parents[2]
HEADINGS = {
    "": "Teach a pretrained network your own classes",
    "dataset": "Dataset",
    "augment": "Augmentation",
    "train": "Train",
    "compare": "Compare",
    "predict": "Predict",
}
"""Address of a page -> its heading."""
LABELS = dict(zip(HEADINGS, ("Overview", "Dataset", "Augmentation", "Train", "Compare", "Predict"), strict=True))
"""Address of a page -> its name in the navigation."""

LAST_EPOCH = """() => {
  const plot = document.querySelector('.st-key-train_loss .js-plotly-plot');
  return Math.max(-1, ...(plot?.calcdata ?? []).flat().map(point => point.x).filter(Number.isFinite));
}"""
"""JavaScript: the last epoch in the live chart of the Train page; -1 if there is none."""
RECORD_EPOCHS = f"""() => {{
  window.epochsSeen = [];
  setInterval(() => {{
    const epoch = ({LAST_EPOCH})();
    const running = document.querySelector('.st-key-train_stop_now') !== null;
    if (epoch > (epochsSeen.at(-1)?.epoch ?? -1)) epochsSeen.push({{epoch, running, at: Date.now() / 1000}});
  }}, 20);
}}"""
"""Records in `epochsSeen` when (seconds since 1970) the chart first had each epoch, and whether the run still ran."""

WAIT_MS = LIMIT_S * 1000
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NOTE_TRAFFIC = """
window.traffic = {sent: 0, received: 0, loading: 0};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) { traffic.sent = performance.now(); return send.call(this, data); };
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", () => traffic.received = performance.now());
  }
};"""
"""JavaScript: keep in `traffic` when the page last sent something to the server, and when something last came.

`loading` is when a part of the page was last seen to wait for its own script, below.
"""
_AT_REST = """() => {
  const app = document.querySelector('[data-testid="stApp"]')?.dataset ?? {};
  if (document.querySelector('[data-testid="stSkeleton"]')) traffic.loading = performance.now();
  const drawn = performance.now() - Math.max(traffic.received, traffic.loading) > 50;
  const answered = traffic.received > traffic.sent && drawn;
  return app.testConnectionState === "CONNECTED" && app.testScriptState === "notRunning" && answered;
}"""
"""JavaScript: the script is over, what was sent is answered, and what came has been drawn.

The state of the script alone does not tell: for a moment after a click, the script has not started yet. And what has
come is not drawn, and takes no keys, before the browser has the script of such an element.
"""
_SCROLLS_PX = "element => element.scrollWidth - element.clientWidth"


@dataclass
class Dashboard:
    """`streamlit run app.py` with a given TLCORE_HOME and a free port."""

    home: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: _free_port())
    process: "subprocess.Popen[bytes] | None" = None

    def url(self, page: str = "", **params: str) -> str:
        query = f"?{urlencode(params)}" if params else ""
        return f"http://localhost:{self.port}/{page}{query}"

    def launch(self) -> "Dashboard":
        """Start the process; returns before it answers requests."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={self.port}"]
        environment = {**os.environ, "TLCORE_HOME": str(self.home), **self.environment}
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.headless=true", *self.options], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        return self

    def start(self) -> "Dashboard":
        """Wait until it answers. Raises TimeoutError."""
        self.launch()
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url("_stcore/health"), timeout=5):
                    return self
            except OSError:
                time.sleep(0.02)
        raise TimeoutError(f"No dashboard at {self.url()}:\n{(self.home / 'server.log').read_text()}")

    def kill(self) -> None:
        """Kill the server like a crash: connections just break, and workers continue."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Stop the server, and the workers that use its home."""
        self.kill()
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.home) in part for part in process.info["cmdline"] or ()):
                process.kill()
        with suppress(OSError, ValueError, psutil.NoSuchProcess):  # of a hosted dashboard, which goes on without it
            psutil.Process(json.loads((self.home / "queue" / "dispatcher.json").read_text())["pid"]).kill()


def serve(home: Path, *, knows_device: bool = True, environment: Mapping[str, str] | None = None) -> Dashboard:
    """A started dashboard for tests: with one thread for each process, and without a look at its source files.

    With `knows_device`, its home says what the device is, as after the first start. It takes a process with torch to
    find out.
    """
    if knows_device:
        kept = {"key": [version("torch"), psutil.boot_time(), sys.executable], "text": "cpu: of the tests"}
        (home / "cache").mkdir(parents=True, exist_ok=True)
        write_json(home / "cache" / "device.json", kept)
    variables = {"OMP_NUM_THREADS": "1", **(environment or {})}
    return Dashboard(home, ("--server.fileWatcherType=none",), variables).start()


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def open_browser(executable: str, *switches: str) -> Iterator["Browser"]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_SWITCHES, *switches])
        with closing(browser):
            yield browser


def new_visit(
    browser: "Browser", width: int = 1280, height: int = 900, *, dark: bool = False, touch: bool = False
) -> "BrowserContext":
    """A new visit, without cookies or stored state; with `touch`, on a phone."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        has_touch=touch,
        is_mobile=touch,
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(_NOTE_TRAFFIC)
    return context


def settled(page: "Page", heading: str | None = None) -> None:
    """Wait until the page with that heading is drawn, and check that no script failed.

    What a click changes may still come later: wait for it, too, before reading it.
    """
    if heading:
        # a page whose script has not been requested yet is also connected and idle
        page.get_by_role("heading", name=heading, exact=True, level=1).wait_for()
    page.wait_for_function(_AT_REST)
    failed = page.get_by_test_id("stException")
    assert failed.count() == 0, f"{page.url}: {failed.first.inner_text()}"


def visit(page: "Page", address: str) -> None:
    """Open an address of the dashboard, and wait until the page is drawn."""
    page.goto(address)
    settled(page, HEADINGS[address.partition("?")[0].rpartition("/")[2]])


def click_through(page: "Page", name: str) -> None:
    """Go to a page, given by its address, with the sidebar's navigation."""
    page.locator(".st-key-shell_navigation").get_by_role("link", name=LABELS[name]).click()
    settled(page, HEADINGS[name])


_LIST_OPEN_MS = 15_000


def widget(page: "Page", key: str) -> "Locator":
    return page.locator(f".st-key-{key}")


def choose(page: "Page", key: str, option: str) -> None:
    """Choose from a selectbox by typing, because only the visible options of a long list can be clicked."""
    from playwright.sync_api import TimeoutError as TooLong

    box = widget(page, key).locator("input")
    for timeout_ms in (_LIST_OPEN_MS, _LIST_OPEN_MS, None):  # a rerun that arrives meanwhile closes the list
        settled(page)
        box.click()
        box.fill(option)
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=timeout_ms)
            break
        except TooLong:
            if timeout_ms is None:
                raise
    settled(page)


def expect_chosen(page: "Page", key: str, words: str) -> None:
    """Wait until the text of a selectbox has these words."""
    from playwright.sync_api import expect

    expect(widget(page, key).locator("input")).to_have_value(re.compile(re.escape(words)))


def expect_in_address(page: "Page", words: str) -> None:
    """Wait until the address has these words."""
    # asked of the document: `page.url` may miss for good what a script wrote into the history
    eventually(lambda: page.evaluate("location.href"), lambda address: words in address)


def expect_no_sideways_scroll(page: "Page") -> None:
    """Wait until the page, with all its charts, is as wide as the window."""

    def excess_px(element: str) -> float:
        return float(page.locator(element).evaluate(_SCROLLS_PX))

    for element in ("body", '[data-testid="stMain"]'):
        eventually(partial(excess_px, element), lambda px: px <= 0)


def press(page: "Page", key: str, segment: str) -> None:
    """Click an option of a segmented control."""
    widget(page, key).get_by_role("radio", name=segment).click()
    settled(page)


def pick_random_network(page: "Page", key: str) -> None:
    """Choose small_cnn with random weights, which needs no download, in a part of the Dataset page."""
    choose(page, f"{key}_backbone", "small_cnn")
    weights = widget(page, f"{key}_weights").locator("input")
    weights.fill("none")
    weights.press("Enter")
    settled(page)


def start_training(page: "Page", epochs: int) -> None:
    """Fill the form of the Train page for a small network, and press Start."""
    choose(page, "train_model_backbone", "small_cnn · 0.3 M · no weights")
    choose(page, "train_model_weights", "None (random)")
    random_head = page.get_by_text("Nothing was learned before")  # shown until the strategy has taken effect
    random_head.wait_for()
    press(page, "train_strategy_name", "From scratch")
    random_head.wait_for(state="hidden")
    number = widget(page, "train_epochs").locator("input")
    number.fill(str(epochs))
    number.press("Enter")
    page.get_by_text(f"{count(epochs, 'epoch')} of").wait_for()
    settled(page)
    widget(page, "train_start").locator("button").click()
    page.locator(".st-key-train_stop, .st-key-train_compare").first.wait_for()


def click_in_chart(page: "Page", place: str, argument: Any) -> None:
    """Click where the JavaScript `place` says, once the tooltip of a point is there: the chart may still move."""
    tooltip = page.locator(".hoverlayer .hovertext").first

    def point() -> bool:
        page.mouse.move(*page.evaluate(place, argument))
        return tooltip.is_visible()

    eventually(point)
    page.mouse.down()
    page.mouse.up()


def lasso(page: "Page", points: Sequence[tuple[float, float]]) -> None:
    """Draw around a part of the first chart; points are fractions of its width and height."""
    surface = page.locator(".js-plotly-plot .nsewdrag").first
    surface.hover()  # waits until it no longer moves
    box = surface.bounding_box()
    assert box is not None
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
