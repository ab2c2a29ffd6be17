"""The map of images and what edits were worth, on the Dataset page. Long work has already been done here."""

import pytest
import streamlit as st

from tests.support.pages import click, figure, numbers, open_page, pictures, run, text_of, text_with_pictures
from tests.support.work import finish_work
from tlcore.config import ModelConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.evaluation.image_map import map_images
from tlcore.evaluation.kept_out_of_fold import save_out_of_fold
from tlcore.evaluation.label_check import check_labels
from tlcore.evaluation.measure_worth import measure_worth
from tlcore.runs.folder.label import load_label
from tlcore.runs.folder.run import list_runs
from tlcore.system.drive import drive
from ui.dataset.labels import check_key
from ui.dataset.network import network_parts
from ui.shared.selection import Selection
from ui.shared.state import picked_key, selection_key
from ui.shared.work import work_key

pytestmark = pytest.mark.usefixtures("fresh")
SMALL = ModelConfig(backbone="small_cnn")
PICTURES = "dataset_map_pictures"


@pytest.fixture
def source(colours, monkeypatch) -> str:
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    return str(colours)


@pytest.fixture
def drawn(source, home, configure) -> str:
    """The key of a map that was drawn."""
    found = drive(map_images(configure(), open_dataset(source)))
    finish_work(home, work_key("map", source, *network_parts(SMALL), "pca"), {"layout": found.key})
    return found.key


def open_part(source: str, part: str, network: str):
    page = open_page("dataset", dataset=source, dataset_tab=part)
    page.selectbox(key=f"{network}_backbone").set_value("small_cnn").run()
    return run(page)


def test_the_map_has_a_point_per_image_and_colours_by_class_and_split(source, drawn):
    page = open_part(source, "map", "dataset_map")
    chart = figure(page, "dataset_map")
    assert [trace["name"] for trace in chart["data"]] == ["blue", "green"]
    assert sum(len(numbers(trace["x"])) for trace in chart["data"]) == 74
    page.segmented_control(key="dataset_map_colour").set_value("split").run()
    assert [trace["name"] for trace in figure(page, "dataset_map")["data"]] == ["train", "val", "test"]


def test_picked_images_can_be_left_out_and_the_others_stay_where_they_are(source, drawn):
    page = open_part(source, "map", "dataset_map")
    before = set(zip(*(numbers(figure(page, "dataset_map")["data"][1][axis]) for axis in "xy"), strict=True))
    ids = ["train/blue/000.png", "train/blue/001.png"]
    chosen = Selection(source)
    chosen.choose(ids)
    page.session_state[picked_key(PICTURES)] = ids
    page.session_state[selection_key(PICTURES)] = chosen
    run(page)
    assert [picture["id"] for picture in pictures(page)] == ids
    click(page, f"{PICTURES}_exclude")
    chart = figure(page, "dataset_map")
    assert len(numbers(chart["data"][0]["x"])) == 35
    assert set(zip(*(numbers(chart["data"][1][axis]) for axis in "xy"), strict=True)) == before
    assert open_edits(source).table()["why"].tolist() == ["Chosen on the map of images"] * 2
    assert not pictures(page)


def test_the_predictions_of_a_run_colour_right_wrong_and_loss(source, drawn, make_run):
    make_run("evaluated")
    page = open_part(source, "map", "dataset_map")
    page.segmented_control(key="dataset_map_colour").set_value("right").run()
    assert "on its test images, judged by the labels as they are now" in text_of(page)
    names = [trace["name"] for trace in figure(page, "dataset_map")["data"]]
    assert names[0] == "not predicted"
    assert set(names[1:]) <= {"right", "wrong"}
    page.segmented_control(key="dataset_map_colour").set_value("loss").run()
    assert [trace["name"] for trace in figure(page, "dataset_map")["data"]] == ["not predicted", "loss"]


def test_the_label_check_colours_all_images_also_those_of_train(source, drawn, home, configure, monkeypatch):
    started = []
    monkeypatch.setattr("ui.dataset.labels.start_work", lambda *work: started.append(work))
    page = open_part(source, "map", "dataset_map")
    page.segmented_control(key="dataset_map_colour").set_value("right").run()
    assert "Until then the colours are the classes." in text_of(page)
    assert [trace["name"] for trace in figure(page, "dataset_map")["data"]] == ["blue", "green"]
    click(page, "dataset_map_check")
    key, command, config = started[0]
    assert (key, command) == (check_key(source, *network_parts(SMALL)), ["check-labels", "--json"])
    assert (config.data.source, config.model) == (source, SMALL)
    open_edits(source).relabel(["train/blue/000.png"], "green")
    check = drive(check_labels(configure(data={"source": source, "edits": 0}), open_dataset(source).unedited))
    kept = save_out_of_fold(check.out_of_fold)
    finish_work(home, key, {"suspects": [], "agreement": 1.0, "out_of_fold": kept})
    run(page)
    assert "Out-of-fold predictions of the label check" in text_of(page)
    chart = figure(page, "dataset_map")
    assert {trace["name"]: len(numbers(trace["x"])) for trace in chart["data"]} == {"right": 73, "wrong": 1}
    page.segmented_control(key="dataset_map_colour").set_value("loss").run()
    assert [trace["name"] for trace in figure(page, "dataset_map")["data"]] == ["loss"]


def test_a_run_and_the_label_check_can_be_chosen(source, drawn, home, configure, make_run):
    make_run("evaluated")
    check = drive(check_labels(configure(), open_dataset(source)))
    found = {"suspects": [], "agreement": 1.0, "out_of_fold": save_out_of_fold(check.out_of_fold)}
    finish_work(home, check_key(source, *network_parts(SMALL)), found)
    page = open_part(source, "map", "dataset_map")
    page.segmented_control(key="dataset_map_colour").set_value("right").run()
    assert "on its test images" in text_of(page)
    page.selectbox(key="dataset_map_run").set_value("label-check").run()
    assert "Out-of-fold predictions of the label check" in text_of(page)
    assert "not predicted" not in [trace["name"] for trace in figure(page, "dataset_map")["data"]]
    (home / "cache/out_of_fold" / f"{found['out_of_fold']}.npz").unlink()
    st.cache_resource.clear()
    assert "Until then the colours are the classes." in text_of(run(page))


def test_new_images_and_a_layout_that_is_gone_are_told(source, drawn, home, colours):
    (colours / "train/blue/new.png").write_bytes((colours / "train/blue/000.png").read_bytes())
    page = open_part(source, "map", "dataset_map")
    assert "1 image came since the map was drawn" in text_of(page)
    for path in (home / "cache/layouts").iterdir():
        path.unlink()
    st.cache_resource.clear()
    assert "The places of the images are no longer kept. Draw the map again." in text_of(run(page))


def test_without_edits_nothing_asks_what_they_were_worth(source):
    assert "What was it worth?" not in text_of(open_page("dataset", dataset=source, dataset_tab="edits"))


@pytest.fixture
def measured(source, home, configure):
    open_edits(source).relabel([f"train/blue/{number:03d}.png" for number in range(18)], "green")
    after = open_dataset(source)
    config = configure(epochs=4, optimizer={"learning_rate": 0.02})
    worth = drive(measure_worth(config, after.unedited, after))
    key = work_key("worth", source, *network_parts(SMALL), "0", "1")
    finish_work(home, key, {"worth": worth.model_dump(mode="json")})
    return worth


def test_what_edits_were_worth_stands_with_both_accuracies_and_the_images(source, measured):
    page = open_part(source, "edits", "dataset_worth")
    text = text_with_pictures(page)
    assert "Before, on 14 test images" in text
    assert "After, on 14 test images" in text
    assert "Of the images to learn from and to choose the epoch by: 18 relabelled." in text
    assert f"Broken: {len(measured.broken)}" in str(page.get("bidi_component")[0].proto.json)
    assert measured.broken[0].id in text
    assert [button.key for button in page.button if button.label == "Undo"] == ["dataset_edits_undo"]
    open_edits(source).undo()
    open_edits(source).redo()
    assert "Before, on 14 test images" not in text_of(run(page))  # other edits, another measurement


def test_both_heads_are_kept_as_runs(source, measured, monkeypatch):
    started = []
    monkeypatch.setattr("ui.shared.queueing.jobs.start", started.extend)
    page = open_part(source, "edits", "dataset_worth")
    click(page, "dataset_worth_keep")
    runs = {run.config.data.edits: run for run in list_runs()}
    assert sorted(runs) == [0, 1]
    assert len(started) == 2
    assert load_label(runs[0].path).name == "without edits"
    assert load_label(runs[1].path).name == "with 1 edit"
    assert runs[1].config.model.backbone == "small_cnn"
