"""Uploaded datasets: a good zip can be used at once; a hostile zip leaves nothing but a message."""

import io
import zipfile

import pytest

from tests.support.browser import chosen, click_through, settled, widget

BOMB_PARTS, PART_BYTES = 3, 50 << 20


@pytest.fixture
def adding(drawn_demo, home, start_dashboard, open_page):
    """A page with the dialog open, on a separate dashboard."""
    page = open_page(start_dashboard(home).url())
    widget(page, "shell_add").locator("button").click()
    page.get_by_role("dialog").wait_for()
    return page


def test_the_dialog_stays_open_when_its_page_is_redrawn(adding):
    adding.get_by_test_id("stSidebar").get_by_text("Looking for a device").wait_for(state="hidden")
    settled(adding)
    assert adding.get_by_role("dialog").is_visible()


def test_a_good_zip_is_summarised_and_can_be_used(adding, home, colours):
    _give(adding, "my colours.zip", _zip_of(colours))
    dialog = adding.get_by_role("dialog")
    widget(adding, "add_dataset_use").locator("button").wait_for()
    summary = dialog.inner_text()
    assert "74 images of 2 classes: 42 train, 18 val, 14 test" in summary
    assert str(home) not in summary
    assert widget(adding, "add_dataset_unpack").count() == widget(adding, "add_dataset_cancel").count() == 0

    widget(adding, "add_dataset_use").locator("button").click()
    dialog.wait_for(state="hidden")
    click_through(adding, "dataset")
    assert "my colours" in chosen(adding, "shell_dataset")
    adding.locator(".pictures img").first.wait_for()
    assert adding.locator(".pictures img").count() == 48


@pytest.mark.parametrize("name", ["traversal", "bomb"])
def test_a_hostile_zip_leaves_only_one_friendly_message(name, adding, home):
    before = _files(home)
    _give(adding, f"{name}.zip", {"traversal": _traversal, "bomb": _bomb}[name]())
    dialog = adding.get_by_role("dialog")
    dialog.get_by_test_id("stAlert").wait_for()
    settled(adding)
    assert dialog.get_by_test_id("stAlert").count() == 1
    words = dialog.get_by_test_id("stAlert").inner_text()
    assert {"traversal": "leads out of the archive", "bomb": "as no images do"}[name] in words
    assert str(home) not in words
    assert _files(home) == before


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
