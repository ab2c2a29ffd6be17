"""The main path of a visitor: demo, train, watch, compare, look at mistakes, download the weights."""

import io

import numpy as np
import pandas as pd
import torch
from playwright.sync_api import expect

from tests.support.browser import HEADINGS, RECORD_EPOCHS, click_in_chart, press, settled, start_training, widget
from tests.support.waiting import eventually
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import confusion_table
from tlcore.models.small_cnn import SmallCNN
from tlcore.runs.folder.run import Run, find_run

EPOCHS = 16
CENTRE_OF_CELL = """([row, column]) => {
  const plot = document.querySelector('[class*="st-key-compare_confusion_"] .js-plotly-plot');
  const {xaxis, yaxis} = plot._fullLayout, {left, top} = plot.getBoundingClientRect();
  return [left + xaxis._offset + xaxis.l2p(column), top + yaxis._offset + yaxis.l2p(row)];
}"""


def test_from_the_demo_to_a_downloaded_model(drawn_demo, home, start_dashboard, open_page):
    page = open_page(start_dashboard(home).url())
    widget(page, "overview_start").locator("button").click()
    settled(page, HEADINGS["train"])
    page.evaluate(RECORD_EPOCHS)
    start_training(page, EPOCHS)

    widget(page, "train_compare").wait_for()
    run = find_run("latest")
    assert run.epochs() == list(range(EPOCHS + 1))
    seen = eventually(lambda: page.evaluate("epochsSeen"), lambda seen: seen and seen[-1]["epoch"] == EPOCHS)
    assert sum(each["running"] for each in seen) > 2  # the chart grew during the run

    widget(page, "train_compare").locator("button").click()
    settled(page, HEADINGS["compare"])
    press(page, "compare_part", "Confusion")
    _click_a_cell_and_see_its_images(page, run)

    press(page, "compare_part", "Download")
    epochs = pd.read_csv(io.BytesIO(_download(page, "epochs")))
    assert list(epochs["epoch"]) == run.epochs()
    weights = torch.load(io.BytesIO(_download(page, "pth")), weights_only=True)
    SmallCNN(num_classes=len(run.classes)).load_state_dict(weights)


def _click_a_cell_and_see_its_images(page, run: Run) -> None:
    """The cell of the class with the most right answers. It is on the diagonal; before the click a mistake is shown."""
    evaluation = load_stored(run).evaluation
    assert evaluation is not None
    counts = np.diag(confusion_table(evaluation.predictions[evaluation.best_by_val], run.classes))
    number = int(counts.argmax())
    page.locator('[class*="st-key-compare_confusion_"] .js-plotly-plot').scroll_into_view_if_needed()
    click_in_chart(page, CENTRE_OF_CELL, [number, number])
    page.get_by_text(f"{run.classes[number]}, right").wait_for()
    expect(page.locator(".pictures button")).to_have_count(int(counts[number]))
    decoded = "images => images.every(image => image.naturalWidth > 0)"
    eventually(lambda: page.locator(".pictures img").evaluate_all(decoded))


def _download(page, name: str) -> bytes:
    with page.expect_download() as download:
        widget(page, f"compare_download_{name}").locator("button").click()
    return download.value.path().read_bytes()
