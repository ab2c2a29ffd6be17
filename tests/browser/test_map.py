"""From the map to a better dataset in a real browser: lasso, leave out, what was it worth."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import lasso, pick_random_network, serve, settled, visit, widget
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits

COLOURS = {"blue": (40, 60, 200), "red": (200, 60, 40)}


@pytest.fixture
def dashboard(tmp_path, monkeypatch, _drawn_once: Path):
    """A dashboard with a dataset of two colours, in which eight blue images have the label red."""
    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    (home / "cache" / _drawn_once.name).symlink_to(_drawn_once)
    draw = np.random.default_rng(0)
    for split, images in {"train": 16, "val": 6, "test": 8}.items():
        for name in COLOURS:
            folder = home / "datasets/mixed" / split / name
            folder.mkdir(parents=True)
            for number in range(images):
                colour = COLOURS["blue" if split == "train" and number < 8 else name]
                pixels = np.clip(np.array(colour) + draw.normal(0, 30, (32, 32, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    monkeypatch.setenv("TLCORE_HOME", str(home))
    running = serve(home)
    yield running
    running.stop()


def test_lasso_leave_out_what_was_it_worth(dashboard, open_page):
    source = str(dashboard.home / "datasets/mixed")
    page = open_page(dashboard.url("dataset", dataset="mixed", dataset_tab="map"), height=1400)
    pick_random_network(page, "dataset_map")
    widget(page, "dataset_map_draw").get_by_role("button").click()
    chart = page.locator(".js-plotly-plot")
    chart.wait_for()
    settled(page)
    # the upper left quarter, with a slanted side: a lasso, not a box
    lasso(page, [(0.02, 0.02), (0.52, 0.02), (0.45, 0.5), (0.02, 0.6), (0.02, 0.02)])
    number = page.get_by_text("images chosen").first
    number.wait_for()
    settled(page)
    chosen = int(number.inner_text().split()[0])
    assert 0 < chosen < 60
    widget(page, "dataset_map_pictures_exclude").get_by_role("button").click()
    expect(page.get_by_role("button", name="1 edit")).to_be_visible()
    expect(page.locator(".pictures .card")).to_have_count(0)
    assert len(open_dataset(source).samples) == 60 - chosen
    assert set(open_edits(source).table()["why"]) == {"Chosen on the map of images"}
    visit(page, dashboard.url("dataset", dataset="mixed", dataset_tab="edits"))
    pick_random_network(page, "dataset_worth")
    widget(page, "dataset_worth_measure").get_by_role("button").click()
    page.get_by_text("95 % intervals:").wait_for()
    expect(page.get_by_test_id("stMetric")).to_have_count(2)
    settled(page)
