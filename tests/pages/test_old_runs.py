"""The pages with a run whose backbone is gone: what is stored shows, and the rest says so in one sentence."""

import pytest

from tests.support.old_runs import NAME, write_old_run
from tests.support.pages import figures_of, open_page, text_with_pictures as text_of
from tlcore.data.intake.library import add_path

pytestmark = pytest.mark.usefixtures("fresh")
GONE = "The backbone small_resnet, which had learned from drawings, is gone"
PARTS = ("epochs", "pair", "confusion", "images", "timeline", "classes", "calibration")


@pytest.fixture
def source(home, colours) -> str:
    write_old_run(home, colours)
    return add_path(str(colours))


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_compare_shows_its_stored_logits(source, part):
    page = open_page("compare", run=NAME, compare_part=part, dataset=source)
    assert not page.error
    assert figures_of(page) or part in ("images", "pair")
    assert "Evaluate now" not in [button.label for button in page.button]
    assert GONE not in text_of(page)


def test_its_weights_cannot_be_downloaded_and_its_tables_can(source):
    page = open_page("compare", run=NAME, compare_part="download", dataset=source)
    assert GONE in text_of(page)
    disabled = {button.proto.label: button.proto.disabled for button in page.get("download_button")}
    assert disabled["PyTorch weights"]
    assert not disabled["Predictions, CSV"]


def test_its_curves_show_and_it_cannot_be_set_up_again(source):
    page = open_page("train", view="watch", run=NAME, dataset=source)
    assert figures_of(page)
    again = page.button(key="train_again")
    assert again.disabled
    assert GONE in again.help


def test_an_unfinished_one_cannot_be_resumed(home, colours):
    write_old_run(home, colours, state="stopped")
    page = open_page("train", view="watch", run=NAME, dataset=add_path(str(colours)))
    assert page.button(key="train_resume").disabled


def test_predict_says_that_the_backbone_is_gone(source):
    page = open_page("predict", run=NAME, dataset=source, image="test/blue/001.png")
    assert [GONE in error.value.replace("\\", "") for error in page.error] == [True]


def test_the_overview_lists_it(source):
    assert "Best runs" in text_of(open_page("overview", dataset=source))
