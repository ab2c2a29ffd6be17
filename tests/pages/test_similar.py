"""Images that are most alike, beside one image of a dataset, and beside a wrong test image of a run."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, pictures, run
from tests.support.work import finish_work
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.evaluation.likeness import keep_likeness
from tlcore.system.drive import drive
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from ui.shared.work import work_key

pytestmark = pytest.mark.usefixtures("empty_caches", "no_probes_left")
BLUE = "test/blue/000.png"


@pytest.fixture
def kept(configure, colours, monkeypatch):
    """Key of the likeness of all images of `colours`."""
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    config = configure()
    return drive(keep_likeness(plan_run(resolve(config), open_dataset(config.data))))


def detail(source, sample_id):
    def script(source, sample_id):
        from ui.dataset.detail import show_detail

        show_detail(source, sample_id)

    return AppTest.from_function(script, args=(source, sample_id), default_timeout=TIMEOUT_S)


def test_beside_an_image_are_the_most_similar_ones_with_their_labels_now(home, colours, kept):
    finish_work(home, work_key("neighbours", str(colours), "efficientnet_lite0", ""), {"likeness": kept})
    page = run(detail(str(colours), BLUE))
    near = pictures(page)
    assert len(near) == 8
    assert BLUE not in [picture["id"] for picture in near]
    assert sum(picture["lines"][0] == "blue" for picture in near) >= 7
    assert near[0]["lines"][1] in ("train", "val", "test")
    assert near[0]["lines"][2].endswith("% alike")
    train = next(picture["id"] for picture in near if picture["lines"][1] == "train")
    open_edits(str(colours)).relabel([train], "green")
    again = {picture["id"]: picture["lines"][0] for picture in pictures(run(page))}
    assert again[train] == "green"
    open_edits(str(colours)).exclude([train])
    assert train not in [picture["id"] for picture in pictures(run(page))]


def test_without_features_there_is_a_button_that_computes_them(colours, monkeypatch, kept):
    started = []
    monkeypatch.setattr("ui.shared.similar.start_work", lambda key, command, config: started.append((key, command)))
    page = run(detail(str(colours), BLUE))
    assert pictures(page) == []
    run(page.button(key="dataset_detail_similar").click())
    assert [command for _, command in started] == [["neighbours", "--json"]]


def test_beside_a_wrong_test_image_are_training_images_alone(home, make_run, kept):
    trained = make_run("trained")
    finish_work(home, work_key("neighbours", str(trained.path)), {"likeness": kept})

    def script(path, sample_id):
        from pathlib import Path

        from tlcore.runs.folder.run import Run
        from ui.shared.prediction_gallery import show_nearest_in_train

        show_nearest_in_train(Run(Path(path)), sample_id)

    page = run(AppTest.from_function(script, args=(str(trained.path), BLUE), default_timeout=TIMEOUT_S))
    assert len(pictures(page)) == 8
    assert {picture["lines"][1] for picture in pictures(page)} == {"train"}
    assert np.mean([picture["lines"][0] == "blue" for picture in pictures(page)]) >= 0.8
