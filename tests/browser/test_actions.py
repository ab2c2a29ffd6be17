"""Choose images and act on them in a real browser: marks, the bar of actions, undo, two tabs on one dataset."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import (
    Dashboard,
    expect_in_address,
    expect_no_sideways_scroll,
    serve,
    settled,
    visit,
    widget,
)
from tests.support.waiting import eventually

HOSTILE = "**bold** <img src=x> $x$"
KEY = "dataset_pictures"
IMAGES = {"train": 30, "val": 4, "test": 4}  # per class: train has two pages


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> Iterator[Dashboard]:
    """A dashboard with datasets to mend, `one` to `five`, of the class `blue` and a class with a hostile name."""
    home = tmp_path_factory.mktemp("mending")
    (home / "cache").mkdir()
    (home / "cache" / _drawn_once.name).symlink_to(_drawn_once)
    for number, name in enumerate(("one", "two", "three", "four", "five")):
        _write(home / "datasets" / name, np.random.default_rng(number))
    running = serve(home)
    yield running
    running.stop()


def _write(folder: Path, draw: np.random.Generator) -> None:
    for split, images in IMAGES.items():
        for name, colour in (("blue", (40, 60, 200)), (HOSTILE, (200, 60, 40))):
            (folder / split / name).mkdir(parents=True)
            for number in range(images):
                pixels = np.clip(np.array(colour) + draw.normal(0, 60, (32, 32, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{number:02d}.png")


@pytest.fixture
def gallery(dashboard, open_page):
    """`gallery("one", …)`: the training images of class blue of a dataset, in the order of their files."""

    def open_(name: str, *, label: str = "blue", **options):
        params = {"dataset_split": "train", "dataset_order": "file", **({"dataset_class": label} if label else {})}
        page = open_page(dashboard.url("dataset", dataset=name, **params), **options)
        page.locator(".pictures img").first.wait_for()
        return page

    return open_


def check(page, name: str):
    """The mark of a picture."""
    return page.get_by_role("checkbox", name=f"Choose {name}", exact=True)


def picture(page, name: str):
    """A picture itself, which opens when it is clicked."""
    return page.locator(f'.pictures .card button[title="{name}"]')


def relabel(page, label: str) -> None:
    widget(page, f"{KEY}_relabel").get_by_role("button").click()
    page.get_by_role("menuitem", name=label, exact=True).click()


def test_select_relabel_undo(gallery):
    page = gallery("one")
    check(page, "train/blue/03.png").click()
    check(page, "train/blue/05.png").click()
    expect(page.get_by_text("2 images chosen")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    relabel(page, HOSTILE)
    expect(page.get_by_text(f"2 images relabelled as {HOSTILE}").first).to_be_visible()
    expect(page.locator(".pictures .card")).to_have_count(28)
    expect(page.get_by_text("28 train")).to_have_count(0)
    expect(page.get_by_role("button", name="1 edit")).to_be_visible()
    widget(page, f"{KEY}_undo").get_by_role("button").click()
    expect(page.locator(".pictures .card")).to_have_count(30)
    expect(check(page, "train/blue/03.png")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_role("button", name="1 edit")).to_have_count(0)
    settled(page)


def test_a_range_all_of_a_filter_and_other_pages(gallery):
    page = gallery("two", label="")
    check(page, "train/blue/02.png").click()
    check(page, "train/blue/06.png").click(modifiers=["Shift"])
    expect(page.get_by_text("5 images chosen")).to_be_visible()
    picture(page, "train/blue/04.png").click(modifiers=["Shift"])  # and back
    expect(page.get_by_text("5 images chosen")).to_be_visible()
    check(page, "train/blue/04.png").click()
    expect(page.get_by_text("4 images chosen")).to_be_visible()
    settled(page)
    page.get_by_test_id("stPaginationNext").click()  # the other class is the first one of the list
    expect_in_address(page, "dataset_page=2")
    settled(page)
    expect(check(page, "train/blue/29.png")).to_have_attribute("aria-checked", "false")
    check(page, "train/blue/29.png").click()
    expect(page.get_by_text("5 images chosen")).to_be_visible()
    widget(page, f"{KEY}_all").get_by_role("button").click()
    expect(page.get_by_text("60 images chosen")).to_be_visible()
    expect(check(page, "train/blue/28.png")).to_have_attribute("aria-checked", "true")
    widget(page, f"{KEY}_clear").get_by_role("button").click()
    expect(check(page, "train/blue/28.png")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("images chosen")).to_have_count(0)


def test_the_keyboard_chooses_and_opens(gallery):
    page = gallery("three")
    first = picture(page, "train/blue/00.png")
    first.press("Space")
    expect(check(page, "train/blue/00.png")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("1 image chosen")).to_be_visible()
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_two_tabs_that_edit_one_dataset_lose_nothing(gallery):
    first, second = gallery("four"), gallery("four")
    check(first, "train/blue/01.png").click()
    check(second, "train/blue/02.png").click()
    expect(first.get_by_text("1 image chosen")).to_be_visible()
    expect(second.get_by_text("1 image chosen")).to_be_visible()
    widget(first, f"{KEY}_exclude").get_by_role("button").click()
    expect(first.get_by_role("button", name="1 edit")).to_be_visible()
    relabel(second, HOSTILE)
    expect(second.get_by_role("button", name="2 edits")).to_be_visible()
    first.reload()
    expect(first.get_by_role("button", name="2 edits")).to_be_visible()
    expect(first.locator(".pictures .card")).to_have_count(28)


def test_a_closed_browser_loses_no_action_and_names_stay_text(gallery):
    page = gallery("five")
    check(page, "train/blue/00.png").click()
    widget(page, f"{KEY}_exclude").get_by_role("button").click()
    expect(page.get_by_role("button", name="1 edit")).to_be_visible()
    page.context.close()
    page = gallery("five")
    expect(page.get_by_role("button", name="1 edit")).to_be_visible()
    check(page, "train/blue/01.png").click()
    relabel(page, HOSTILE)
    expect(page.get_by_role("button", name="2 edits")).to_be_visible()
    expect(page.get_by_text(f"1 image relabelled as {HOSTILE}").first).to_be_visible()
    page.get_by_role("button", name="2 edits").click()
    expect(page.get_by_text(f"blue → {HOSTILE}")).to_be_visible()
    page.locator('.pictures button[title="train/blue/01.png"]').click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=HOSTILE)).to_be_visible()
    settled(page)
    expect(page.locator('img[src="x"], .katex, strong:text-is("bold")')).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
def test_a_finger_chooses_on_a_phone(dark, dashboard, new_page):
    page = new_page(width=400, height=800, dark=dark, touch=True)
    visit(page, dashboard.url("dataset", dataset="three", dataset_split="train", dataset_order="file"))
    check(page, "train/blue/07.png").tap()
    expect(page.get_by_text("1 image chosen")).to_be_visible()
    expect(widget(page, f"{KEY}_exclude").get_by_role("button")).to_be_in_viewport()
    settled(page)
    box = eventually(check(page, "train/blue/07.png").bounding_box, lambda box: box is not None)
    assert min(box["width"], box["height"]) >= 44
    expect_no_sideways_scroll(page)
