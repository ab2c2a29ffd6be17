"""Choosing images on the pages and acting on them: the bar of actions, undo, the list of edits."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import (
    TIMEOUT_S,
    checked,
    click,
    components_of,
    marked,
    open_page,
    pictures,
    run,
    text_of,
    text_with_pictures,
)
from tests.support.visitors import visit
from tests.support.waiting import LIMIT_S
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.hosting.spaces.visitors import new_visitor, space_of
from tlcore.system.home import Space, host_dir, in_space
from ui.dataset.data import look_at
from ui.shared.selection import Selection
from ui.shared.state import selection_key

pytestmark = pytest.mark.usefixtures("fresh")
GALLERY = "dataset_pictures"
HOSTILE = "**bold** <img src=x> $x$"


@pytest.fixture
def source(colours, monkeypatch) -> str:
    """A dataset of a blue and a hostile class, which the list of datasets has."""
    for split in ("train", "val", "test"):
        (colours / split / "green").rename(colours / split / HOSTILE)
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    return str(colours)


def choose(page: AppTest, source: str, ids: list[str], key: str = GALLERY) -> AppTest:
    """Mark pictures. In a browser, their marks do that."""
    selection = Selection(source)
    selection.choose(ids)
    page.session_state[selection_key(key)] = selection
    return run(page)


def pick(page: AppTest, key: str, option: str) -> AppTest:
    return checked(page.menu_button(key=key).click(option).run())


def keys(page: AppTest) -> list[str]:
    return [element.key for kind in ("button", "menu_button", "selectbox") for element in page.get(kind)]


def labels(source: str) -> dict[str, tuple[str, str]]:
    dataset = open_dataset(source)
    return {sample.id: (dataset.classes[sample.target], sample.split) for sample in dataset.samples}


def test_relabel_and_undo_on_the_dataset_page(source):
    page = choose(open_page("dataset", dataset=source), source, ["train/blue/000.png", "train/blue/001.png"])
    assert "2 images chosen" in text_of(page)
    pick(page, f"{GALLERY}_relabel", HOSTILE)
    assert labels(source)["train/blue/001.png"] == (HOSTILE, "train")
    assert f"2 images relabelled as {HOSTILE}" in text_of(page)
    assert not marked(page)
    assert page.button(key="dataset_edits_mark").label == "1 edit"
    click(page, f"{GALLERY}_undo")
    assert labels(source)["train/blue/001.png"] == ("blue", "train")
    assert "dataset_edits_mark" not in keys(page)
    click(page, f"{GALLERY}_redo")
    assert labels(source)["train/blue/001.png"] == (HOSTILE, "train")


def test_left_out_and_moved_images_change_the_counts(source):
    page = choose(open_page("dataset", dataset=source), source, ["train/blue/000.png"])
    click(page, f"{GALLERY}_exclude")
    assert "73 images of 2 classes, 41 train · 18 val · 14 test" in text_of(page)
    choose(page, source, ["train/blue/001.png"])
    pick(page, f"{GALLERY}_move", "val")
    assert "73 images of 2 classes, 40 train · 19 val · 14 test" in text_of(page)


def test_a_note_is_kept_with_the_image(source):
    page = choose(open_page("dataset", dataset=source), source, ["train/blue/000.png"])
    page.text_area(key=f"{GALLERY}_note_text").set_value("<b>blurred</b>")
    click(page, f"{GALLERY}_note_save")
    row = open_edits(source).table().iloc[0]
    assert (row["action"], row["id"], row["after"]) == ("note", "train/blue/000.png", "<b>blurred</b>")


def test_all_of_a_filter_are_chosen_on_every_page(source):
    page = open_page("dataset", dataset=source, dataset_split="train")
    assert len(pictures(page)) == 42
    page.selectbox(key="dataset_class").set_value(HOSTILE).run()
    click(page, f"{GALLERY}_all")
    assert len(marked(page)) == 21
    assert "21 images chosen" in text_of(page)
    page.selectbox(key="dataset_class").set_value("blue").run()
    assert "**21 images chosen**, 21 of them not in this list" in text_of(page)
    click(page, f"{GALLERY}_clear")
    assert "chosen" not in text_of(page)


def test_what_cannot_be_done_is_said_and_nothing_changes(source):
    page = open_page("dataset", dataset=source, dataset_split="train", dataset_class="blue")
    click(page, f"{GALLERY}_all")
    click(page, f"{GALLERY}_exclude")
    assert "This edit is not made: train would have no images of 'blue'." in text_of(page)
    assert len(marked(page)) == 21
    assert open_edits(source).version == 0


def test_with_many_classes_the_new_one_is_found_by_typing(make_images, monkeypatch):
    folder = make_images(folder="many", classes=3, train=2, val=1)
    for number in range(12):
        for split in ("train", "val"):
            shutil.copytree(folder / split / "red", folder / split / f"class {number:02d}")
    monkeypatch.setenv("TLCORE_DATA", str(folder))
    page = choose(open_page("dataset", dataset=str(folder)), str(folder), ["train/blue/000.png"])
    checked(page.selectbox(key=f"{GALLERY}_relabel").set_value("class 07").run())
    assert labels(str(folder))["train/blue/000.png"] == ("class 07", "train")
    assert open_edits(str(folder)).version == 1
    run(page)
    assert open_edits(str(folder)).version == 1


def test_a_visitor_goes_on_with_the_edits_of_the_host_and_nobody_else_sees_theirs(source, monkeypatch):
    open_edits(source).exclude(["train/blue/000.png"])
    space, other = visit(monkeypatch), space_of(new_visitor())
    page = open_page("dataset", dataset=Path(source).name, dataset_tab="edits")
    assert "1. Left out" in str(components_of(page))
    with in_space(space):
        open_edits(source).exclude(["train/blue/001.png"])
    page = open_page("dataset", dataset=Path(source).name, dataset_tab="edits")
    assert "2. Left out" in str(components_of(page))
    left_out = {}
    for name, where in (("own", space), ("other", other), ("host", Space(host_dir()))):
        with in_space(where):
            left_out[name] = sorted(open_dataset(source).left_out)
    assert left_out["own"] == ["train/blue/000.png", "train/blue/001.png"]
    assert left_out["other"] == left_out["host"] == ["train/blue/000.png"]
    visit(monkeypatch)
    assert "2. Left out" not in str(components_of(open_page("dataset", dataset=Path(source).name, dataset_tab="edits")))


def test_the_list_of_edits_shows_before_and_after_and_can_be_filtered(source):
    edits = open_edits(source)
    edits.relabel(["train/blue/000.png"], HOSTILE, "looks like it")
    edits.move(["train/blue/001.png"], "val")
    page = open_page("dataset", dataset=source, dataset_tab="edits")
    assert {picture["lines"][0] for picture in pictures(page)} == {f"blue → {HOSTILE}", "train → val"}
    page.selectbox(key="dataset_edits_class").set_value(HOSTILE).run()
    assert [picture["id"] for picture in pictures(page)] == ["train/blue/000.png"]
    page.selectbox(key="dataset_edits_class").set_value("").run()
    page.text_input(key="dataset_edits_search").set_value("LOOKS like").run()
    assert [picture["id"] for picture in pictures(page)] == ["train/blue/000.png"]
    page.text_input(key="dataset_edits_search").set_value("nothing").run()
    assert "No edit fits these filters." in text_of(page)


def test_images_that_were_left_out_edits_ago_are_brought_back_from_the_list(source):
    edits = open_edits(source)
    edits.exclude(["train/blue/000.png", "train/blue/001.png"])
    edits.exclude(["train/blue/002.png"])
    edits.relabel(["train/blue/003.png"], HOSTILE)
    page = open_page("dataset", dataset=source, dataset_tab="edits")
    assert [picture["id"][-7:] for picture in pictures(page)] == ["003.png", "002.png", "000.png", "001.png"]
    assert [key for key in keys(page) if key and key.endswith("_include")] == [
        f"dataset_edits_{n}_include" for n in (2, 1)
    ]
    click(page, "dataset_edits_1_include")
    assert labels(source).keys() & {f"train/blue/00{n}.png" for n in range(3)} == {
        "train/blue/000.png",
        "train/blue/001.png",
    }
    assert "2 images brought back" in text_of(page)
    assert "4. Brought back" in str(components_of(page))
    assert [key for key in keys(page) if key and key.endswith("_include")] == ["dataset_edits_2_include"]
    click(page, "dataset_edits_undo")
    assert "dataset_edits_1_include" in keys(page)


def test_the_detail_of_an_image_that_is_left_out_brings_it_back(source):
    open_edits(source).exclude(["train/blue/000.png", "train/blue/001.png"])
    page = AppTest.from_function(
        _detail, kwargs={"source": source, "sample_id": "train/blue/000.png"}, default_timeout=TIMEOUT_S
    ).run()
    click(page, "dataset_detail_include")
    assert "train/blue/000.png" in labels(source)
    assert "train/blue/001.png" not in labels(source)
    assert "dataset_detail_include" not in keys(page)


def test_without_edits_the_list_says_how_to_make_one(source):
    assert "No edits yet. Choose images" in text_of(open_page("dataset", dataset=source, dataset_tab="edits"))


def test_all_edits_are_discarded_only_after_a_question(source):
    open_edits(source).exclude(["train/blue/000.png"])
    page = click(open_page("dataset", dataset=source, dataset_tab="edits"), "dataset_edits_discard")
    assert open_edits(source).version == 1
    assert "Undo brings the edits back" in text_of(page)


def test_the_discarding_itself(source):
    open_edits(source).exclude(["train/blue/000.png"])
    page = AppTest.from_function(_discard, kwargs={"source": source}, default_timeout=TIMEOUT_S).run()
    click(page, "dataset_edits_discard_yes")
    assert "train/blue/000.png" in labels(source)
    assert open_edits(source).next_undo() == "all edits discarded"


def _discard(source: str) -> None:
    from ui.dataset.edits import show_discarding

    show_discarding(source)


def _detail(source: str, sample_id: str) -> None:
    from ui.dataset.detail import show_detail

    show_detail(source, sample_id)


def test_the_detail_of_an_image_shows_its_edits_and_offers_the_same_actions(source):
    open_edits(source).note(["train/blue/000.png"], "*blurred*")
    page = AppTest.from_function(
        _detail, kwargs={"source": source, "sample_id": "train/blue/000.png"}, default_timeout=TIMEOUT_S
    ).run()
    assert "*blurred*" in text_of(checked(page))
    pick(page, "dataset_detail_relabel", HOSTILE)
    assert f"blue → {HOSTILE}" in text_of(page)
    assert labels(source)["train/blue/000.png"] == (HOSTILE, "train")
    click(page, "dataset_detail_exclude")
    assert "Left out" in text_of(page)
    assert "dataset_detail_relabel" not in keys(page)


def test_on_compare_an_edit_concerns_the_dataset_as_it_is_now(source, make_run, configure):
    trained = make_run(data={"source": source})
    page = open_page("compare", run=trained.name, compare_part="images")
    assert len(pictures(page)) == 14
    choose(page, source, ["test/blue/000.png"], "compare_page_pictures")
    pick(page, "compare_page_pictures_relabel", HOSTILE)
    assert labels(source)["test/blue/000.png"] == (HOSTILE, "test")
    assert f"labelled {HOSTILE} now" in text_with_pictures(page)
    assert open_edits(source).table()["why"].iloc[0] == f"With the highest loss, run {trained.name}"
    choose(page, source, ["test/blue/001.png"], "compare_page_pictures")
    click(page, "compare_page_pictures_exclude")
    gone = next(picture for picture in pictures(page) if picture["id"] == "test/blue/001.png")
    assert "left out now" in gone["lines"]
    assert gone["fixed"]
    assert len(pictures(page)) == 14


def test_images_of_a_run_whose_dataset_is_not_listed_cannot_be_edited(source, make_run, monkeypatch):
    trained = make_run(data={"source": source})
    monkeypatch.delenv("TLCORE_DATA")
    page = open_page("compare", run=trained.name, compare_part="images")
    assert "These images cannot be edited: the dataset of this run is gone, or not in the list" in text_of(page)
    assert not [key for key in keys(page) if key and key.endswith("_all")]
    assert "marks" not in [picture for picture in pictures(page) if "marks" in picture]


def test_the_form_and_the_run_say_how_many_edits_the_dataset_has(source, make_run):
    open_edits(source).exclude(["train/blue/000.png"])
    open_edits(source).note(["train/blue/001.png"], "blurred")
    trained = make_run("trained", data={"source": source})
    page = open_page("train", run=trained.name, view="watch")
    assert "Trained with 2 edits of the dataset" in text_of(page)
    assert "Edits of the dataset" in text_of(open_page("train", dataset=source, view="new"))


def test_what_is_usual_is_done_for_a_whole_finding(source):
    for number in range(3):
        shutil.copy(f"{source}/train/blue/00{number}.png", f"{source}/test/blue/leak {number}.png")
    page = wait_for_scan(open_page("dataset", dataset=source, dataset_tab="health"), source)
    key = "dataset_finding_pictures_leak"
    assert "3 images will be left out; each stays in test" in text_of(page)
    wait_for_scan(click(page, f"{key}_usual"), source)
    assert {f"train/blue/00{number}.png" for number in range(3)}.isdisjoint(labels(source))
    assert not [card for card in page.expander if "more than one split" in card.label]
    click(page, "dataset_edits_mark")
    wait_for_scan(click(page, "dataset_edits_undo"), source)
    assert "train/blue/000.png" in labels(source)


def test_a_finding_is_fine_for_all_images_that_are_judged_together(source):
    shutil.copy(f"{source}/train/blue/000.png", f"{source}/test/blue/leak.png")
    page = wait_for_scan(open_page("dataset", dataset=source, dataset_tab="health"), source)
    key = "dataset_finding_pictures_leak"
    choose(page, source, ["test/blue/leak.png"], key)
    wait_for_scan(click(page, f"{key}_accept"), source)
    assert open_dataset(source).accepted == {"leak": {"train/blue/000.png", "test/blue/leak.png"}}
    assert "No duplicates, no leaks" in text_of(page)


def wait_for_scan(page: AppTest, source: str) -> AppTest:
    """Wait for the scan, which runs in a thread. In a browser the page reruns automatically."""
    assert look_at(source).finished.wait(LIMIT_S)
    return run(page)
