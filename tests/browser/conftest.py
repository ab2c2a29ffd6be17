"""Fixtures: a real dashboard in a real browser. The tests are skipped, with the reason, without a Chromium."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.browser import (
    Dashboard,
    find_chromium,
    new_visit,
    open_browser,
    serve,
    visit,
)
from tests.support.neighbours import Neighbour, move_in

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
QUICK_RUN = {
    "model": {"backbone": "small_cnn", "weights": "none"},
    "strategy": {"name": "from_scratch"},
    "device": "cpu",
    "precision": "fp32",
}


@pytest.fixture(scope="package")
def chromium():
    """The browser of the operating system, with a fake camera, while tests of this folder run.

    It holds an event loop that tests of other folders may need.
    """
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium is not on the PATH; `apt-get install chromium` brings it")
    with open_browser(executable, *FAKE_CAMERA) as browser:
        yield browser


@pytest.fixture
def new_page(chromium):
    """`new_page(width=…, dark=…)`: an empty page in a separate visit. An error in JavaScript fails the test."""
    contexts, failures = [], []

    def new(**options):
        contexts.append(new_visit(chromium, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: failures.append(f"{page.url}: {error}"))
        return page

    yield new
    for context in contexts:
        context.close()
    assert not failures


@pytest.fixture
def open_page(new_page):
    """`open_page(address, width=…, dark=…)`: the same, at an address of the dashboard, after it is drawn."""

    def open_(address: str, **options):
        page = new_page(**options)
        visit(page, address)
        return page

    return open_


@pytest.fixture
def start_dashboard() -> Iterator[Callable[[Path], Dashboard]]:
    """Starts a dashboard on a home folder. After the test it is stopped, with the runs that it started."""
    started: list[Dashboard] = []

    def start(home: Path) -> Dashboard:
        started.append(serve(home))
        return started[-1]

    yield start
    for dashboard in started:
        dashboard.stop()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> SimpleNamespace:
    """A `home` with the demo dataset, another one, and two evaluated runs on the demo, named `older` and `newer`."""
    from tests.support import furnish

    home = tmp_path_factory.mktemp("furnished")
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    other = home / "datasets" / "palette"
    furnish.write_images(str(other), images=600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        older, newer = (furnish.train({**QUICK_RUN, "epochs": epochs}, str(home)) for epochs in (2, 3))
    return SimpleNamespace(home=home, older=older, newer=newer, other_source=str(other), other_name=other.name)


@pytest.fixture(scope="session")
def furnished_dashboard(furnished: SimpleNamespace) -> Iterator[Dashboard]:
    """One dashboard for all tests that do not change it."""
    dashboard = serve(furnished.home)
    yield dashboard
    dashboard.stop()


@pytest.fixture(scope="package")
def hosted(tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> Iterator[Dashboard]:
    """One hosted dashboard for all tests of what strangers may do."""
    home = tmp_path_factory.mktemp("hosted")
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    dashboard = serve(home, environment={"TLCORE_HOSTED": "classroom", "TLCORE_HOSTED_WARM_UP": "0"})
    yield dashboard
    dashboard.stop()


@pytest.fixture(scope="package")
def ann(hosted: Dashboard) -> Neighbour:
    return move_in(hosted.home, 1, "Hinterhof", "sage")


@pytest.fixture(scope="package")
def bob(hosted: Dashboard) -> Neighbour:
    return move_in(hosted.home, 2, "Vorgarten", "mint")
