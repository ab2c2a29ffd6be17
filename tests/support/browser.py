"""A dashboard process, and the operating system's Chromium, for browser tests, benchmarks and screenshots."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psutil

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

WAIT_MS = 60_000
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_APP = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
_IDLE = f'{_APP}[data-test-script-state="notRunning"]'
_START_S = 60


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
        deadline = time.monotonic() + _START_S
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


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def open_browser(executable: str, *switches: str) -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_SWITCHES, *switches])
        with closing(browser):
            yield browser


def new_visit(browser: "Browser", width: int = 1280, height: int = 900, *, dark: bool = False) -> "BrowserContext":
    """A new visit, without cookies or stored state."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", accept_downloads=True
    )
    context.set_default_timeout(WAIT_MS)
    return context


def settled(page: "Page", heading: str | None = None) -> None:
    """Wait until the page with that heading is drawn, and check that no script failed."""
    if heading:
        # a page whose script has not been requested yet is also connected and idle
        page.get_by_role("heading", name=heading, exact=True, level=1).wait_for()
    page.wait_for_selector(_IDLE)
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


def widget(page: "Page", key: str) -> "Locator":
    return page.locator(f".st-key-{key}")


def choose(page: "Page", key: str, option: str) -> None:
    """Choose from a selectbox by typing, because only the visible options of a long list can be clicked."""
    box = widget(page, key).locator("input")
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def chosen(page: "Page", key: str) -> str:
    """The text of a selectbox."""
    return widget(page, key).locator("input").input_value()


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


def lasso(page: "Page", points: Sequence[tuple[float, float]]) -> None:
    """Draw around a part of the first chart; points are fractions of its width and height."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
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
