"""Makes docs/screenshots: every page in both themes at 1280 px, two also at 400 px, on the demo with three runs.

python -m docs.make_screenshots [NAME …]
"""

import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.measure import measure
from tests.support import furnish
from tests.support.browser import ROOT, Dashboard, find_chromium, new_visit, open_browser, settled, visit
from tests.support.mending import mend_demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "docs" / "screenshots"
QUALITY = 80
RUNS = (
    {"strategy": {"name": "from_scratch"}, "epochs": 8},
    {"strategy": {"name": "fine_tuning"}, "epochs": 8},
    {"epochs": 12},
)
LIVE = {"model": {"backbone": "small_cnn", "weights": "none"}, "strategy": {"name": "from_scratch"}, "epochs": 200}
"""Its epochs take about a second."""
# file name -> (address, query parameters)
SHOTS = {
    "overview": ("", {}),
    "dataset": ("dataset", {}),
    "health": ("dataset", {"dataset_tab": "health"}),
    "augment": ("augment", {}),
    "train": ("train", {"view": "new"}),
    "recipes": ("train", {"view": "recipes"}),
    "compare": ("compare", {}),
    "confusion": ("compare", {"compare_part": "confusion"}),
    "predict": ("predict", {}),
    "watch": ("train", {"view": "watch"}),
    "mended": ("dataset", {"dataset_tab": "edits"}),
}
MENDED = "mended"
"""The last picture: the demo, after its flaws were mended in the browser. It needs no run."""
NARROW = ("overview", "watch")
SCROLLED = {"confusion": ".st-key-compare_part", "mended": ".st-key-dataset_edits_mark"}
"""The element at the top of the picture, for pictures that do not start at the top of the page."""
DRAWN = """() => [...document.images].every(image => image.complete)
  && [...document.querySelectorAll('[data-testid="stPlotlyChart"]')].every(chart => chart.querySelector('.main-svg'))
  && !document.body.innerText.includes('Looking for a device')
  && document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-stale="true"]') === null"""
BELOW_THE_HEADER = "element => { element.style.scrollMarginTop = '4.5rem'; element.scrollIntoView(); }"
SETTLE_MS = 700  # after this time, fade-in animations have ended


def main(names: Sequence[str]) -> None:
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("This needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as home, open_browser(chromium) as browser:
        measure(furnish.scan, "demo", home)
        runs, live = [""], ""
        if set(names) - {MENDED}:
            runs = [measure(furnish.train, settings, home) for settings in RUNS]
            live, _ = measure(furnish.start, LIVE, home)
        dashboard = Dashboard(Path(home)).start()
        try:
            for name in names:
                address, params = SHOTS[name]
                if name == MENDED:
                    with new_visit(browser) as context:
                        print(f"mended in {mend_demo(context.new_page(), dashboard):.0f} s")
                url = dashboard.url(address, dataset="demo", run=live if name == "watch" else runs[-1], **params)
                for theme in ("light", "dark"):
                    _save(f"{name}-{theme}", browser, url, width=1280, dark=theme == "dark")
                if name in NARROW:
                    _save(f"{name}-narrow", browser, url, width=400)
        finally:
            dashboard.stop()
    sizes = [path.stat().st_size for path in FOLDER.iterdir()]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.2f} MB")


def _save(name: str, browser: "Browser", url: str, width: int, *, dark: bool = False) -> None:
    with new_visit(browser, width, 900, dark=dark) as context:
        page = context.new_page()
        visit(page, url)
        _wait_until_drawn(page)
        if above := SCROLLED.get(name.partition("-")[0]):
            page.locator(above).evaluate(BELOW_THE_HEADER)
            _wait_until_drawn(page)
        picture = Image.open(io.BytesIO(page.screenshot()))
        FOLDER.mkdir(exist_ok=True)
        picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def _wait_until_drawn(page: "Page") -> None:
    settled(page)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(SETTLE_MS)


if __name__ == "__main__":
    main(sys.argv[1:] or list(SHOTS))
