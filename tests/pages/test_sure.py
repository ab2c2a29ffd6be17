"""The calibration of an epoch on the Compare page, and "not sure" on the Predict page."""

import numpy as np
import pytest

from tests.support.pages import click, figure, labels_of, open_page, run as rerun, text_of
from tests.support.visitors import visit
from tests.support.waiting import eventually
from tlcore.evaluation.answers import Answers, Wish, load_answers, save_answers
from tlcore.evaluation.calibrate import calibrate_run
from tlcore.system.drive import drive
from ui.shared import hosting

pytestmark = pytest.mark.usefixtures("fresh", "no_probes_left")


@pytest.fixture
def trained(make_run):
    return make_run(strategy={"name": "from_scratch"}, epochs=2)


def open_part(run, epoch=2):
    return open_page("compare", run=[run.name], compare_part="calibration", compare_epoch=str(epoch))


def test_a_wish_sets_the_threshold_and_the_button_keeps_it_with_the_run(trained):
    page = open_part(trained)
    text = text_of(page)
    assert "Answers, of 14 test images 100 % (78–100)" in text
    assert "That is shaky: fewer than 100 images" in text or "No temperature can be fitted" in text
    assert {trace.get("name") for trace in figure(page, "compare_answering")["data"]} >= {"val", "test", "every image"}

    page.segmented_control(key=f"compare_wish_{trained.name}_2").set_value("unanswered")
    rerun(page)
    page.number_input(key=f"compare_wish_unanswered_{trained.name}_2").set_value(30.0)
    rerun(page)
    assert "Wish: at most 30 % unanswered. Threshold 0." in text_of(page)
    assert load_answers(trained, 2) == Answers(epoch=2)  # nothing is kept without a click

    click(page, "compare_answers_keep")
    kept = load_answers(trained, 2)
    assert kept.wish == Wish(kind="unanswered", value=0.3)
    assert kept.threshold > 0.5
    assert kept.weights
    assert "Kept with the run: temperature" in text_of(page)
    assert "compare_answers_keep" not in {button.key for button in page.button}
    again = open_part(trained)  # another visit begins with what is kept
    assert again.number_input(key=f"compare_wish_unanswered_{trained.name}_2").value == pytest.approx(30)
    assert again.expander[0].label == "The same wish in every epoch"


def test_a_wish_that_val_cannot_meet_is_said_and_cannot_be_kept(trained):
    page = open_part(trained)
    page.segmented_control(key=f"compare_wish_{trained.name}_2").set_value("right")
    rerun(page)
    assert "98 % right can only be seen among 50 answers or more, and val has 18 images" in text_of(page)
    assert "Keep for this epoch" not in labels_of(page)


def test_an_epoch_without_stored_logits_on_val_is_calibrated_by_a_button(trained):
    for path in (trained.path / "predictions/val").iterdir():
        path.unlink()
    page = open_part(trained)
    assert "Expected calibration error" in text_of(page)
    click(page, "compare_calibrate")
    eventually(lambda: load_answers(trained, 2).far_distance, lambda distance: distance is not None)
    text = text_of(open_part(trained))
    assert "Kept with the run: temperature" in text
    assert "Predict warns where an image is far from all training images" in text


def test_strangers_change_nothing(trained, monkeypatch):
    visit(monkeypatch)
    assert hosting.is_hosted()
    page = open_part(trained)
    assert "Answers, of 14 test images" in text_of(page)
    assert not {"compare_answers_keep", "compare_far", "compare_calibrate"} & {button.key for button in page.button}


def test_predict_says_not_sure_and_warns_of_what_is_far(trained, colours):
    drive(calibrate_run(trained, 2))
    usual = load_answers(trained, 2)
    page = open_page("predict", dataset=str(colours), run=trained.name, image="test/green/001.png")
    assert "Not sure" not in text_of(page)

    save_answers(trained, usual.model_copy(update={"threshold": 1.0, "temperature": 5.0, "far_distance": 0.0}))
    text = text_of(open_page("predict", dataset=str(colours), run=trained.name, image="test/green/001.png"))
    assert "#### Not sure" in text
    assert "The likeliest is " in text
    assert "This model answers from 100.0 % on." in text
    assert "This image is far from everything that the model was trained on" in text
    assert np.isfinite(usual.far_distance)
