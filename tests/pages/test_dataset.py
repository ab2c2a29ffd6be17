import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import checked, figure, numbers, open_page as open_any_page, pictures, run, text_of
from tests.support.visitors import visit
from tests.support.waiting import LIMIT_S
from tlcore.data.intake.library import add_path
from tlcore.errors import TlcoreError
from ui.dataset.data import look_at

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def flawed(colours, monkeypatch) -> Path:
    """Colours with a leak, an unreadable file, and names that look like markup."""
    shutil.copy(colours / "train/blue/000.png", colours / "val/blue/copy.png")
    (colours / "train/green/<b>bad.png").write_bytes(b"nothing")
    for split in ("train", "val", "test"):
        (colours / split / "green").rename(colours / split / "<i>green*")
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    return colours


def open_page(**params: str) -> AppTest:
    return wait_for_look(open_any_page("dataset", **params), params.get("dataset", "demo"))


def wait_for_look(page: AppTest, source: str) -> AppTest:
    """Wait for the scan, which runs in a thread. In a browser the page reruns automatically."""
    with suppress(TlcoreError):
        assert look_at(source).finished.wait(LIMIT_S)
        run(page)
    return checked(page)


def test_the_demo_opens_with_its_counts_and_a_page_of_pictures():
    page = open_page()
    assert "550 images of 6 classes, 220 train · 110 val · 220 test" in text_of(page)
    assert "Health: :red-badge[:material/error: 1 serious]" in text_of(page)
    assert len(pictures(page)) == 48
    assert all(picture["source"].startswith("data:image/jpeg;base64,") for picture in pictures(page)[:5])
    assert sum(sum(numbers(trace["y"])) for trace in figure(page, "dataset_bars")["data"]) == 550


def test_filters_of_the_address_choose_the_pictures():
    page = open_page(dataset_split="val", dataset_class="bee", dataset_order="file")
    assert [picture["id"] for picture in pictures(page)][:2] == ["val/bee/bee-001.jpg", "val/bee/bee-002.jpg"]
    assert len(pictures(page)) == 20


def test_a_search_finds_file_names_whatever_the_case():
    page = open_page()
    page.text_input(key="dataset_search").set_value("ANT-00").run()
    assert {picture["id"].rpartition("/")[2] for picture in pictures(page)} == {f"ant-00{i}.jpg" for i in range(1, 10)}
    page.text_input(key="dataset_search").set_value("no such").run()
    assert "No image contains “no such” in its name" in text_of(page)


def test_a_filter_leads_back_to_the_first_page():
    page = open_page(dataset_page="5")
    assert len(pictures(page)) == 48
    page.selectbox(key="dataset_class").set_value("bee").run()
    assert len(pictures(page)) == 48
    assert page.session_state["dataset_page"] == 1


@pytest.mark.parametrize("number", ["900", "-1", "x"])
def test_a_page_number_out_of_range_still_shows_pictures(number):
    assert len(pictures(open_page(dataset_page=number))) == 48


def test_the_health_report_shows_each_finding_with_its_images(flawed):
    page = open_page(dataset=str(flawed), dataset_tab="health")
    titles = [card.label.partition("] ")[2] for card in page.expander]
    assert titles == ["1 image is in more than one split", "1 file cannot be read"]
    assert "The model is tested on what it has seen in training" in text_of(page)
    assert {picture["id"] for picture in pictures(page)} == {"train/blue/000.png", "val/blue/copy.png"}


def test_a_sound_dataset_is_reported_as_sound(colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    page = open_page(dataset=str(colours), dataset_tab="health")
    assert "No duplicates, no leaks, every file can be read." in text_of(page)


def test_check_again_finds_what_changed(colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    page = open_page(dataset=str(colours), dataset_tab="health")
    shutil.copy(colours / "train/blue/000.png", colours / "val/blue/copy.png")
    wait_for_look(page.button(key="dataset_check").click().run(), str(colours))
    assert page.expander[0].label.endswith("1 image is in more than one split")


def test_names_from_outside_are_shown_and_not_interpreted(flawed):
    page = open_page(dataset=str(flawed), dataset_class="<i>green*", dataset_order="file")
    assert not page.exception
    shown = pictures(page)
    assert {picture["lines"][0] for picture in shown} == {"<i>green*"}
    assert any(picture["id"].endswith("<b>bad.png") and not picture["source"] for picture in shown)
    assert "<i>" not in json.dumps(figure(page, "dataset_bars")["layout"])


def test_sizes_and_colours_are_drawn(flawed):
    page = open_page(dataset=str(flawed), dataset_tab="sizes")
    assert "The shorter side of the median image is 36 px" in text_of(page)
    *_, bubbles = figure(page, "dataset_sizes")["data"]
    assert numbers(bubbles["x"]) == [40]
    page = open_page(dataset=str(flawed), dataset_tab="colours")
    assert figure(page, "dataset_channels")["data"][0]["name"] == "this dataset"


def test_a_dataset_that_cannot_be_opened_is_one_box(home):
    (home / "datasets/broken/only/a").mkdir(parents=True)
    (home / "datasets/broken/only/a/1.png").touch()
    page = open_page(dataset=str(home / "datasets/broken"))
    assert "one class only" in text_of(page)


def test_statistics_of_every_backbone_are_those_of_its_weights():
    from tlcore.models.zoo import ZOO

    for name, architecture in ZOO.items():
        transform = architecture.eval_transform()
        assert architecture.normalisation == (transform.mean, transform.std), name


def test_a_label_check_takes_a_weights_file_but_not_on_a_hosted_dashboard(colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    page = open_page(dataset=str(colours), dataset_tab="labels")
    assert page.text_input(key="dataset_labels_weights").label == "Weights file"
    visit(monkeypatch)
    page = open_page(dataset=colours.name, dataset_tab="labels")
    assert "dataset_labels_weights" not in [box.key for box in page.text_input]
    assert "mobilenet_v2" not in page.selectbox(key="dataset_labels_backbone").options


def test_splits_that_are_made_here_are_set_on_the_page_for_the_next_run(make_images):
    source = add_path(str(make_images("one", train=20)))
    page = open_page(dataset=source)
    assert "No val or test split: 15 % of train (6 images) was set aside as val" in text_of(page)
    assert not [field for field in page.number_input if "train_data" in field.key]
    page.session_state["dataset_splits"] = True
    run(page)
    labels = [field.label for field in (*page.number_input, *page.selectbox)]
    for label in ("Share for val", "Share for test", "Seed of the splits", "Splits keep together"):
        assert label in labels
    checked(page.number_input(key="dataset_train_data_val_fraction").set_value(0.4).run())
    table = next(frame.value for frame in page.dataframe if "Class" in frame.value)
    assert table.to_dict("list") == {"Class": ["blue", "green"], "train": [9, 9], "val": [8, 8], "test": [3, 3]}
    run(page.switch_page("pages/train.py"))
    assert page.number_input(key="train_data_val_fraction").value == 0.4
    assert "18 train, 16 val, 6 test" in text_of(page)
