import io
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from streamlit.testing.v1 import AppTest

import tlcore
from tests.support.certificates import certificate
from tests.support.pages import figure, numbers, open_page as open_any_page, pictures, text_with_pictures as text_of
from tests.support.waiting import eventually
from tests.support.work import finish_work
from tlcore.delivery.certified import Exported, save_exported
from tlcore.delivery.export import FORMATS, Format
from tlcore.delivery.kept import kept_key, kept_path
from tlcore.errors import CommandFailed
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import confused_pairs, confusion_table
from tlcore.models.build import build_model
from tlcore.runs.folder.requests import asked_to_stop
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import write_status
from tlcore.system import spawn
from ui.compare.confusion import clicked_cell, picked_pair, worst_cell
from ui.compare.images import _marks
from ui.shared.work import work_key

# part of the page -> text that only this part shows
PARTS = {
    "epochs": "Loss: cross-entropy",
    "pair": "McNemar's exact test",
    "confusion": "Click a cell to see its images",
    "images": "Their true class is in bold",
    "timeline": "One row per image, one column per epoch",
    "classes": "The weakest classes first",
    "calibration": "Expected calibration error",
    "download": "The same values, with classes and transform",
}
pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def train(configure):
    """Trains and evaluates a run."""

    def make(evaluate: bool = True, **changes) -> Run:
        run = tlcore.train(configure(**changes))
        if evaluate:
            tlcore.evaluate(run)
        return run

    return make


@pytest.fixture(scope="module")
def _kept(tmp_path_factory) -> Path:
    """The folder that keeps the runs of `two_runs` between tests."""
    return tmp_path_factory.mktemp("two_runs")


@pytest.fixture
def two_runs(train, home, _kept) -> list[Run]:
    """Two evaluated runs of six epochs from scratch, trained once for this module."""
    if not any(_kept.iterdir()):
        for seed in (0, 1):
            run = train(strategy={"name": "from_scratch"}, epochs=6, seed=seed)
            shutil.copytree(run.path, _kept / run.name)
    else:
        shutil.copytree(_kept, home / "runs")
    return [Run(home / "runs" / path.name) for path in sorted(_kept.iterdir())]


@pytest.fixture
def run(two_runs) -> Run:
    return two_runs[0]


def open_page(*runs: Run, **params: str) -> AppTest:
    chosen = {"run": [run.name for run in runs]} if runs else {}
    return open_any_page("compare", **chosen, **params)


def test_without_runs_the_page_says_what_to_do_next():
    page = open_page()
    assert "There is no trained model to look at yet." in text_of(page)
    assert page.button(key="compare_train_first").label == "Train the first one"


def test_a_folder_that_is_no_run_is_passed_over(home):
    (home / "runs/broken").mkdir(parents=True)
    (home / "runs/broken/run.json").write_text('{"config": 1}')
    assert "no trained model" in text_of(open_page())


def test_the_newest_run_is_chosen_where_the_address_names_none(two_runs):
    page = open_page()
    assert page.multiselect(key="compare_runs").value == [two_runs[-1].name]
    assert page.query_params["run"] == two_runs[-1].name


def test_a_verdict_in_plain_words_comes_first(run):
    text = text_of(open_page(run))
    accuracy = load_stored(run).evaluation.accuracy(load_stored(run).evaluation.best_by_val)
    assert f"Right on {accuracy.correct} of 14 new images" in text


def test_nothing_is_optimistic_if_val_chose_the_best_epoch_on_test(run):
    evaluation = load_stored(run).evaluation
    text = text_of(open_page(run))
    same = evaluation.best_by_val == evaluation.best_on_report
    assert ("chosen on val and best on test" in text) == same
    assert ("Too good by about" in text) != same
    assert ("nothing was gained by looking there" in text) == same


def test_the_best_on_test_stands_beside_the_chosen_epoch(run):
    """Change the records so that val chooses an early epoch."""
    history = run.path / "metrics.jsonl"
    records = [json.loads(line) for line in history.read_text().splitlines()]
    for record in records:
        record["val_accuracy"] = 0.99 if record["epoch"] == 0 else 0.5
    history.write_text("".join(json.dumps(record) + "\n" for record in records))
    text = text_of(open_page(run))
    assert "Epoch 0, chosen on val" in text
    assert "best on test" in text
    assert "Too good by about" in text


def test_curves_of_all_splits_and_of_all_runs(two_runs):
    one = figure(open_page(two_runs[0]), "compare_accuracy")
    assert {"train", "val", "test"} <= {line.get("name") for line in one["data"]}
    two = figure(open_page(*two_runs), "compare_accuracy")
    names = [line["name"] for line in two["data"] if line.get("name")]
    assert len(set(names)) == 2
    assert all("seed" in name for name in names)  # everything else is equal


def test_epoch_0_can_be_left_out(run):
    page = open_page(run)
    assert page.toggle(key="compare_with_0").value
    assert _epochs_drawn(page)[0] == 0
    assert _epochs_drawn(page.toggle(key="compare_with_0").set_value(False).run())[0] == 1


def _epochs_drawn(page: AppTest) -> list:
    line = next(line for line in figure(page, "compare_accuracy")["data"] if line.get("name") == "val")
    return numbers(line["x"])


def test_the_table_of_runs_is_sorted_by_val_and_says_what_is_not_evaluated(two_runs, train):
    third = train(evaluate=False, epochs=1)
    write_status(third.path, "finished", note="The evaluation was cancelled.")
    page = open_page(*two_runs, third)
    (table,) = (frame.value for frame in page.dataframe if "Run" in frame.value)
    assert table["Val accuracy"].is_monotonic_decreasing
    assert table["Accuracy"].tolist().count("not evaluated yet") == 1
    assert set(table["Right"].dropna()) <= {f"{n} of 14 test images" for n in range(15)}


def test_too_many_runs_to_compare_are_reported(two_runs, monkeypatch):
    monkeypatch.setattr("ui.compare.runs.MOST_RUNS", 1)
    assert "1 runs are the most that are compared at once, of 2" in text_of(open_page(two_runs[0]))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_drawn_for_one_run_and_for_two(two_runs, part):
    assert PARTS[part] in text_of(open_page(two_runs[0], compare_part=part))
    assert PARTS[part] in text_of(open_page(*two_runs, compare_part=part))


def test_two_epochs_side_by_side_in_words_and_images(run):
    page = open_page(run, compare_part="pair", compare_first_epoch="0")
    text = text_of(page)
    assert "distinguishable with 14 images" in text
    assert "There are 7 epochs to pick the two from" in text
    assert "Fixed · " in text
    assert re.search(r"first: (blue|green), \d+.% sure", text)


def test_runs_without_a_common_image_are_one_friendly_box(run, train, make_images):
    root = make_images("other", seed=3, train=9, val=5)
    other = train(data={"source": str(root)}, epochs=1)
    page = open_page(run, other, compare_part="pair")
    assert "The two were evaluated on different images" in text_of(page)
    assert "These runs were not trained on the same images" in text_of(page)


def test_the_confusion_matrix_begins_with_the_most_frequent_mistake(run):
    page = open_page(run, compare_part="confusion", compare_epoch="0")
    counts = confusion_table(load_stored(run).evaluation.predictions[0], run.classes)
    target, predicted = worst_cell(counts)
    assert f"**{target}, taken for {predicted}**: {counts.loc[target, predicted]} of 7 images" in text_of(page)
    assert len(pictures(page)) == counts.loc[target, predicted]


def test_the_most_frequent_mistakes_are_a_table_whose_rows_open_their_images(run):
    page = open_page(run, compare_part="confusion", compare_epoch="0")
    (table,) = (frame.value for frame in page.dataframe if "Taken for" in frame.value)
    assert table["Images"].is_monotonic_decreasing
    pairs = confused_pairs(confusion_table(load_stored(run).evaluation.predictions[0], run.classes))
    chosen = picked_pair({"selection": {"cells": [(len(pairs) - 1, "Images")]}}, pairs)
    assert chosen == (pairs["target"].iloc[-1], pairs["predicted"].iloc[-1])
    assert picked_pair({"selection": {"cells": []}}, pairs) is None
    page.session_state["compare_cell"] = (f"{run.name}_0", (run.classes[0], run.classes[0]))
    assert f"**{run.classes[0]}, right**" in text_of(page.run())


def test_a_click_on_a_cell_names_its_classes_and_one_beside_it_names_none():
    counts = pd.DataFrame([[3, 1], [0, 4]], index=["ants", "bees"], columns=["ants", "bees"])
    assert clicked_cell({"selection": {"points": [{"x": 1, "y": 0}]}}, counts) == ("ants", "bees")
    assert clicked_cell({"selection": {"points": [{"x": 2, "y": 0}]}}, counts) is None
    assert clicked_cell({"selection": {"points": []}}, counts) is None
    assert clicked_cell(None, counts) is None


def test_a_matrix_without_mistakes_has_no_worst_cell():
    assert worst_cell(pd.DataFrame([[3, 0], [0, 4]], index=["ants", "bees"], columns=["ants", "bees"])) is None


def test_images_are_filtered_and_sorted(run):
    page = open_page(run, compare_part="images", compare_epoch="0")
    assert "14 images" in text_of(page)
    assert "✓ right" not in text_of(page.segmented_control(key="compare_shown").set_value("wrong").run())
    assert "✕ wrong" not in text_of(page.segmented_control(key="compare_shown").set_value("right").run())
    page.segmented_control(key="compare_shown").set_value("all").run()
    gallery = text_of(page.selectbox(key="compare_order").set_value("name").run())
    assert gallery.index("test/blue/000.png") < gallery.index("test/blue/001.png") < gallery.index("test/green/000.png")


def test_the_timeline_counts_the_images_of_each_kind(run):
    page = open_page(run, compare_part="timeline")
    assert sum(int(label.split("· ")[1]) for label in page.pills(key="compare_kind").options) == 14


def test_an_epoch_that_is_not_evaluated_waits_for_a_person_after_a_cancelled_evaluation(run):
    shutil.rmtree(run.path / "predictions/test")
    write_status(run.path, "finished", note="The evaluation was cancelled.")
    page = open_page(run)
    assert "7 epochs are not evaluated yet. The evaluation was cancelled." in text_of(page)
    assert page.button(key=f"compare_evaluate_{run.name}").label == "Evaluate now"
    assert figure(page, "compare_accuracy")["data"]  # train and val exist already
    assert not any(words in text_of(page) for words in PARTS.values())


def test_an_evaluation_under_way_says_how_far_it_is_and_can_be_cancelled(run):
    shutil.rmtree(run.path / "predictions/test")
    write_status(run.path, "finished", phase="predict", done=49, total=98, images_per_s=7.0)
    page = open_page(run)
    assert "evaluating 7 epochs on test, 50" in page.get("progress")[0].proto.text
    assert "7.0 s left" in page.get("progress")[0].proto.text
    page.button(key=f"compare_cancel_{run.name}").click().run()
    assert asked_to_stop(run.path)


def test_a_run_without_test_split_reports_val_and_says_so(train, colours):
    shutil.rmtree(colours / "test")
    text = text_of(open_page(train(epochs=2)))
    assert "because there is no test split" in text


def test_a_run_whose_images_are_gone_keeps_its_figures_and_says_so(run):
    source = Path(run.config.data.source)
    moved = source.rename(source.with_name("elsewhere"))
    try:
        page = open_page(run, compare_part="images")
    finally:
        moved.rename(source)
    assert "The images cannot be shown: the dataset of this run was moved or deleted" in text_of(page)
    assert "test/blue/000.png" in text_of(page)
    assert {picture["source"] for picture in pictures(page)} == {""}


def test_a_card_of_a_long_timeline_shows_the_end():
    table = pd.DataFrame({"id": ["a"], "kind": ["learned"], **{epoch: [epoch >= 18] for epoch in range(20)}})
    assert _marks(table, table[["id"]]) == ["…" + "✕" * 10 + "✓" * 2]


def test_class_and_file_names_are_text_never_markup(train, make_images):
    root = make_images("odd", train=6, val=4, test=4)
    for split in ("train", "val", "test"):
        (root / split / "blue").rename(root / split / "<b>*bold*")
    run = train(data={"source": str(root)}, epochs=1)
    for part in ("images", "confusion", "pair"):
        page = open_page(run, compare_part=part, compare_epoch="0")
        assert "*bold*" not in "".join(element.proto.body for element in page.get("html"))
        assert "*bold*" not in "".join(element.value for element in page.markdown)


def test_a_link_carries_the_part_and_the_epoch(run):
    page = open_page(run, compare_part="classes", compare_epoch="2")
    assert page.segmented_control(key="compare_part").value == "classes"
    assert page.selectbox(key="compare_epoch").value == "2"
    assert "**Epoch 2" in text_of(page)


def test_an_epoch_that_another_run_lacks_is_no_error(run, train):
    short = train(epochs=2)
    page = open_page(run, short, compare_part="classes", compare_epoch="6")
    page.selectbox(key="compare_run").select_index(1).run()
    assert not page.exception
    assert "Macro recall" in text_of(page)


def test_a_download_is_offered_in_every_format(run):
    page = open_page(run, compare_part="download", compare_epoch="2")
    labels = [button.proto.label for button in page.get("download_button")]
    weights = ["PyTorch weights", "safetensors", "Training checkpoint"]
    assert labels[:4] == [*weights, "Inference code"]
    assert labels == [entry.label for entry in FORMATS.values() if entry.work is None]
    assert "ZOO['small_cnn']" in "".join(code.value for code in page.code)


def test_an_added_format_gets_a_button(run, monkeypatch):
    words = "The classes, a line each"
    monkeypatch.setitem(FORMATS, "names", Format("Names", words, ".txt", lambda run, epoch: b"", needs_torch=True))
    page = open_page(run, compare_part="download", compare_epoch="2")
    assert "Names" in [button.proto.label for button in page.get("download_button")]
    assert f"{words}." in text_of(page)


@pytest.fixture
def exported(run, home):
    """An ONNX file of epoch 2, made and compared as if by the page's process; a function that deletes it."""
    path = kept_path(kept_key(run, 2, "onnx"))
    path.parent.mkdir(parents=True)
    save_exported(Exported(b"model", "m.onnx", certificate(images=14, same=13, others=("a_b.png",))), path)
    finish_work(home, work_key("export", kept_key(run, 2, "onnx")), {"file": str(path), "certificate": None})
    return path.unlink


def test_a_model_that_was_compared_with_the_run_is_offered_with_its_certificate(run, exported):
    page = open_page(run, compare_part="download", compare_epoch="2")
    labels = [button.proto.label for button in page.get("download_button")]
    assert [label for label in labels if label in ("Download, 5 B", "Certificate")] == ["Download, 5 B", "Certificate"]
    assert "**13 of 14** images have the same answer" in text_of(page)
    assert "Another answer for a\\_b\\.png\\." in [element.value for element in page.markdown]
    assert "compare_export_start_onnx" not in [button.key for button in page.button]
    assert "compare_export_start_pt2" in [button.key for button in page.button]


def test_a_model_that_had_to_make_room_is_offered_to_be_made_again(run, exported):
    exported()
    page = open_page(run, compare_part="download", compare_epoch="2")
    assert not page.exception
    assert "Certificate" not in [button.proto.label for button in page.get("download_button")]
    assert "compare_export_start_onnx" in [button.key for button in page.button]


def test_a_model_is_made_by_a_process_of_its_own(run, monkeypatch):
    started = []
    monkeypatch.setattr("ui.shared.work.start_probe", lambda key, command, config: started.append(command))
    page = open_page(run, compare_part="download", compare_epoch="2")
    page.button(key="compare_export_start_onnx-int8").click().run()
    ((*command, target, last),) = started
    assert command == ["export", str(run.path), "--epoch", "2", "--format", "onnx-int8", "--out"]
    assert (target, last) == (str(kept_path(kept_key(run, 2, "onnx-int8"))), "--json")


def test_a_crash_of_the_import_is_no_traceback_on_the_page(run, monkeypatch):
    def crash(arguments):
        raise CommandFailed(spawn.said_error("Traceback (most recent call last):\n  File x\nRuntimeError: half"))

    monkeypatch.setattr(spawn, "run", crash)
    page = open_page(run, compare_part="download")
    page.get("file_uploader")[0].set_value(("theirs.pth", b"x", "application/octet-stream")).run()
    page.button(key="compare_import_add").click().run()
    assert not page.exception
    assert [error.value.replace("\\", "") for error in page.error] == ["RuntimeError: half"]


def test_weights_from_elsewhere_become_an_epoch_of_the_run_and_others_are_refused(train, monkeypatch):
    monkeypatch.setattr("ui.shared.evaluating.start_evaluation", lambda run: None)
    run = train(device="cpu")
    before = run.epochs()
    page = open_page(run, compare_part="download")
    upload = page.get("file_uploader")[0]
    upload.set_value(("broken.pth", b"no weights", "application/octet-stream")).run()
    page.button(key="compare_import_add").click().run()
    message = "".join(error.value for error in page.error).replace("\\", "")
    assert message.startswith("broken.pth is damaged or no PyTorch file")  # without the temporary folder
    assert run.epochs() == before

    file = io.BytesIO()
    torch.save(build_model("small_cnn", "none", 2, seed=5).state_dict(), file)
    page.get("file_uploader")[0].set_value(("theirs.pth", file.getvalue(), "application/octet-stream")).run()
    page.button(key="compare_import_add").click().run()
    assert not page.exception
    assert run.epochs() == [*before, run.config.epochs + 1]
    assert run.history()[-1].imported == "theirs.pth"


def test_twins_in_train_are_looked_for_on_request_and_then_every_epoch_is_shown_without_them(
    train, colours, no_probes_left
):
    shutil.copy(colours / "train/blue/001.png", colours / "test/blue/copy.png")
    run = train()
    page = open_page(run)
    assert "Whether test images have a twin in train is not known yet." in text_of(page)
    page.button(key=f"compare_twins_{run.name}").click().run()
    eventually(lambda: text_of(page.run()), lambda text: "1 of 15 test images has a twin in train" in text)
    assert "1 image with a twin is too few to tell more." in text_of(page)
    assert any("No twins" in table.value for table in page.dataframe)
