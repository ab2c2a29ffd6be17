"""Images that are most alike, beside one image of a dataset, and beside a wrong test image of a run."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, click, marked, pictures, run, text_of
from tests.support.visitors import visit
from tests.support.work import finish_work
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.evaluation.likeness import keep_likeness
from tlcore.system.drive import drive
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from ui.shared.selection import Selection
from ui.shared.state import selection_key
from ui.shared.work import work_key

pytestmark = pytest.mark.usefixtures("empty_caches", "no_probes_left")
BLUE = "test/blue/000.png"
NEAR, NEAREST = "dataset_detail_near", "compare_detail_near"


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


def beside_a_wrong_image(run_path):
    def script(path, sample_id):
        from pathlib import Path

        from tlcore.runs.folder.run import Run
        from ui.shared.prediction_gallery import show_nearest_in_train

        show_nearest_in_train(Run(Path(path)), sample_id)

    return AppTest.from_function(script, args=(str(run_path), BLUE), default_timeout=TIMEOUT_S)


def choose(page, source, key, ids, about=BLUE):
    """Mark pictures of the row beside an image, as a browser does."""
    selection = Selection(str(source), about=about)
    selection.choose(ids)
    page.session_state[selection_key(key)] = selection
    return run(page)


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


def test_features_that_were_dropped_and_came_again_are_shown(home, colours, kept):
    finish_work(home, work_key("neighbours", str(colours), "efficientnet_lite0", ""), {"likeness": kept})
    (path,) = (home / "cache/likeness").glob("*.npy")
    path.rename(path.with_suffix(".away"))
    page = run(detail(str(colours), BLUE))
    assert pictures(page) == []
    path.with_suffix(".away").rename(path)
    assert len(pictures(run(page))) == 8


def test_beside_a_wrong_test_image_are_training_images_alone(home, make_run, kept):
    trained = make_run("trained")
    finish_work(home, work_key("neighbours", str(trained.path)), {"likeness": kept})
    page = run(beside_a_wrong_image(trained.path))
    assert len(pictures(page)) == 8
    assert {picture["lines"][1] for picture in pictures(page)} == {"train"}
    assert np.mean([picture["lines"][0] == "blue" for picture in pictures(page)]) >= 0.8


def test_the_most_similar_images_can_be_chosen_and_acted_on(home, colours, kept):
    finish_work(home, work_key("neighbours", str(colours), "efficientnet_lite0", ""), {"likeness": kept})
    page = run(detail(str(colours), BLUE))
    near = [picture["id"] for picture in pictures(page)]
    click(page, f"{NEAR}_all")
    assert "8 images chosen" in text_of(page)
    click(page, f"{NEAR}_clear")
    choose(page, colours, NEAR, near[:2])
    assert marked(page) == near[:2]
    click(page, f"{NEAR}_exclude")
    assert not marked(page)
    assert not {picture["id"] for picture in pictures(page)} & set(near[:2])
    rows = open_edits(str(colours), open_dataset(str(colours))).table()
    assert rows[["action", "id", "why"]].values.tolist() == [
        ["exclude", name, f"Most similar: {BLUE}"] for name in near[:2]
    ]
    click(page, f"{NEAR}_undo")
    assert set(near[:2]) <= {picture["id"] for picture in pictures(page)}


def test_beside_another_image_nothing_is_chosen(home, colours, kept):
    finish_work(home, work_key("neighbours", str(colours), "efficientnet_lite0", ""), {"likeness": kept})
    page = run(detail(str(colours), BLUE))
    first = pictures(page)[0]["id"]
    assert not marked(choose(page, colours, NEAR, [first], about="test/blue/001.png"))
    assert marked(choose(page, colours, NEAR, [first])) == [first]


def test_the_nearest_training_images_can_be_acted_on_and_say_what_was_done(home, colours, make_run, kept):
    trained = make_run("trained")
    finish_work(home, work_key("neighbours", str(trained.path)), {"likeness": kept})
    page = run(beside_a_wrong_image(trained.path))
    first, second, *_ = [picture["id"] for picture in pictures(page)]
    choose(page, colours, NEAREST, [first])
    page.menu_button(key=f"{NEAREST}_relabel").click("green").run()
    choose(page, colours, NEAREST, [second])
    click(page, f"{NEAREST}_exclude")
    shown = {picture["id"]: picture for picture in pictures(page)}
    assert "labelled green now" in shown[first]["lines"]
    assert "left out now" in shown[second]["lines"]
    assert (shown[first]["fixed"], shown[second]["fixed"]) == (False, True)


def test_networks_of_timm_that_are_here_can_be_chosen(monkeypatch):
    monkeypatch.setattr("ui.dataset.network.offered_backbones", lambda: ("efficientnet_lite0", "timm:some_net"))

    def script():
        from ui.dataset.network import pick_network

        pick_network("some")

    page = run(AppTest.from_function(script, default_timeout=TIMEOUT_S))
    assert page.selectbox(key="some_backbone").options == ["efficientnet_lite0", "timm:some_net"]


def test_what_one_visitor_has_computed_is_shown_to_no_other(home, colours, kept, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    monkeypatch.setattr("ui.dataset.network.usable_without_download", lambda: ["efficientnet_lite0"])
    space = visit(monkeypatch)
    finish_work(space.home, work_key("neighbours", str(colours), "efficientnet_lite0", ""), {"likeness": kept})
    assert len(pictures(run(detail(str(colours), BLUE)))) == 8
    visit(monkeypatch)
    assert not pictures(run(detail(str(colours), BLUE)))


def test_a_fine_tuned_run_is_asked_for_the_epoch_that_is_shown(make_run, monkeypatch):
    started = []
    monkeypatch.setattr("ui.shared.similar.start_work", lambda key, command, config: started.append((key, command)))
    trained = make_run("tuned", strategy={"name": "fine_tuning"})

    def script(path, sample_id, epoch):
        from pathlib import Path

        from tlcore.runs.folder.run import Run
        from ui.shared.prediction_gallery import show_nearest_in_train

        show_nearest_in_train(Run(Path(path)), sample_id, epoch)

    for epoch in trained.epochs()[:2]:
        arguments = (str(trained.path), BLUE, epoch)
        page = run(AppTest.from_function(script, args=arguments, default_timeout=TIMEOUT_S))
        run(page.button(key="compare_detail_similar").click())
    assert [command[3:5] for _, command in started] == [["--epoch", str(epoch)] for epoch in trained.epochs()[:2]]
    assert len({key for key, _ in started}) == 2
