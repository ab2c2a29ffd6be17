"""The Overview page: where to start, and the best runs on the chosen dataset."""

import pytest

from tests.support.pages import checked, click, open_page, text_of
from tlcore.data.intake.library import add_path
from ui.shared.cached import demo_drawing

pytestmark = pytest.mark.usefixtures("fresh")


def test_the_first_button_is_about_the_chosen_dataset(colours):
    add_path(str(colours))
    assert open_page().button(key="overview_start").label == "Start with the demo"
    page = open_page(dataset="colours")
    assert page.button(key="overview_start").label == "Train on colours"
    click(page, "overview_start")
    assert page.title[0].value == "Train"
    assert page.query_params["dataset"] in ("colours", ["colours"])


def test_the_best_runs_are_those_on_the_chosen_dataset_ranked_by_val(make_run, make_images):
    good = make_run(strategy={"name": "from_scratch"}, epochs=4)
    make_run("trained", epochs=1)
    make_run("trained", data={"source": str(make_images("other", train=6, val=3, test=3))})
    add_path(good.config.data.source)
    page = open_page(dataset="colours")
    table = page.dataframe[0].value
    assert len(table) == 2
    val = [float(text.split()[0]) for text in table["Val accuracy"]]
    assert val == sorted(val, reverse=True)
    assert set(table["Test accuracy"]) > {"not evaluated yet"}
    assert "The best 2 by val" in text_of(page)


def test_without_a_run_on_the_dataset_the_page_says_so(make_run):
    make_run("trained")
    page = open_page(dataset="demo")
    assert "There is no trained model on demo · drawn insects yet." in text_of(page)
    assert not page.dataframe
    checked(page.button(key="overview_train_first").click().run())
    assert page.title[0].value == "Train"


def test_every_picture_of_the_strip_is_described():
    demo_drawing().finished.wait()
    page = open_page(dataset="demo")
    described = [image.alt for element in page.get("image") for image in element.proto.imgs]
    assert len(described) == 8
    assert set(described) <= {"ant", "bee", "beetle", "butterfly", "dragonfly", "ladybird"}
