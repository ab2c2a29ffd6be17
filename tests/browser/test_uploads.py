"""Uploaded datasets: a good zip can be used at once; a hostile zip leaves nothing but a message."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Dashboard, click_through, expect_chosen, serve, settled, widget
from tests.support.waiting import eventually

BOMB_PARTS, PART_BYTES = 3, 50 << 20


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> Iterator[Dashboard]:
    """One for all tests here: each looks only for what it adds itself."""
    home = tmp_path_factory.mktemp("uploads")
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    running = serve(home, knows_device=False)  # the first page is drawn again when the device is known
    yield running
    running.stop()


@pytest.fixture
def home(dashboard: Dashboard) -> Path:
    return dashboard.home


@pytest.fixture
def adding(dashboard, open_page):
    """A page with the dialog open."""
    page = open_page(dashboard.url())
    widget(page, "shell_add").locator("button").click()
    page.get_by_role("dialog").wait_for()
    page.get_by_test_id("stSidebar").get_by_text("Looking for a device").wait_for(state="hidden")
    settled(page)
    return page


def test_the_dialog_stays_open_when_its_page_is_redrawn(adding):
    expect(adding.get_by_role("dialog")).to_be_visible()


def test_a_good_zip_is_summarised_and_can_be_used(adding, home, colours):
    _give(adding, "my colours.zip", _zip_of(colours))
    dialog = adding.get_by_role("dialog")
    widget(adding, "add_dataset_use").locator("button").wait_for()
    expect(dialog).to_contain_text("74 images of 2 classes: 42 train, 18 val, 14 test")
    for button in ("unpack", "cancel"):
        expect(widget(adding, f"add_dataset_{button}")).to_have_count(0)
    expect(dialog).not_to_contain_text(str(home))

    widget(adding, "add_dataset_use").locator("button").click()
    dialog.wait_for(state="hidden")
    click_through(adding, "dataset")
    expect_chosen(adding, "shell_dataset", "my colours")
    expect(adding.locator(".pictures img")).to_have_count(48)


@pytest.mark.parametrize("name", ["traversal", "bomb"])
def test_a_hostile_zip_leaves_only_one_friendly_message(name, adding, home):
    before = _files(home)
    _give(adding, f"{name}.zip", {"traversal": _traversal, "bomb": _bomb}[name]())
    message = adding.get_by_role("dialog").get_by_test_id("stAlert")
    message.wait_for()
    settled(adding)
    expect(message).to_have_count(1)
    expect(message).to_contain_text({"traversal": "leads out of the archive", "bomb": "as no images do"}[name])
    expect(message).not_to_contain_text(str(home))
    eventually(lambda: _files(home), before)


def _give(page, name: str, data: bytes) -> None:
    uploader = widget(page, "add_dataset_zip")
    uploader.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/zip", "buffer": data})
    uploader.get_by_text(name).wait_for()
    widget(page, "add_dataset_unpack").locator("button:enabled").click()


def _zip_of(folder) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(folder.parent))
    return data.getvalue()


def _traversal() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in ("../ants/a.jpg", "ants/../../bees/b.jpg", "../../evil.jpg"):
            archive.writestr(name, b"not much of an image")
    return data.getvalue()


def _bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(BOMB_PARTS):
            archive.writestr(f"ants/{number}.jpg", bytes(PART_BYTES))
    return data.getvalue()


def _files(home) -> set[str]:
    """All files in the home, except the server's output."""
    return {str(path) for path in home.rglob("*") if path.name != "server.log" and path.is_file()}
