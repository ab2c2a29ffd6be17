"""A folder of photographs without labels on the Predict page: predict, review, add to the dataset, next round."""

import io
import shutil
import zipfile

import numpy as np
import pytest

from tests.support.pages import checked, click, labels_of, open_page, page_at, pictures, run as rerun, text_of
from tlcore import evaluate, train
from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.evaluation.unlabelled import load_guesses, predict_unlabelled
from tlcore.system.drive import drive
from tlcore.training.history import best_epoch
from ui.shared.work import progress_words

pytestmark = pytest.mark.usefixtures("fresh")
REVIEW = "predict_review"


@pytest.fixture
def source(colours, home):
    """`colours` as a dataset of the library."""
    (home / "datasets").mkdir(parents=True)
    return str(colours.rename(home / "datasets" / "colours"))


@pytest.fixture
def shots(source, home, make_images):
    """Six photographs without labels, and one file that is none."""
    folder = home / "datasets" / "shots"
    folder.mkdir()
    for path in sorted(make_images("unseen", seed=5, test=3).rglob("*.png")):
        shutil.copy(path, folder / f"{path.parent.name}-{path.name}")
    (folder / "broken.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def run(configure, source):
    made = train(configure(data={"source": source}))
    evaluate(made)
    return made


@pytest.fixture
def predicted(run, shots):
    """The run, after its best epoch has predicted the photographs."""
    drive(predict_unlabelled(run, best_epoch(run.history()), open_unlabelled(shots)))
    return run


def open_folder(source, **params):
    return open_page("predict", dataset=source, predict_view="folder", **params)


def added(source):
    dataset = open_dataset(source)
    return {s.id.rpartition("/")[2]: dataset.classes[s.target] for s in dataset.samples if s.id.startswith("added/")}


def said(page):
    return text_of(page).replace("*", "").replace("\u202f", " ")


def test_without_photographs_or_a_run_it_says_what_to_do(source):
    assert "There are no photographs without labels here yet." in said(open_folder(source))


def test_photographs_that_no_epoch_has_seen_are_predicted_on_request(run, shots, source):
    page = open_folder(source)
    assert page.selectbox(key="predict_folder").options == ["shots"]
    assert "7 photographs, not predicted by this epoch yet." in said(page)
    assert "Predict them" in labels_of(page)


def test_the_button_starts_the_command_that_predicts_them(run, shots, source, monkeypatch):
    started = []
    monkeypatch.setattr("ui.predict.folder.start_work", lambda key, command, config: started.append(command))
    click(open_folder(source), "predict_folder_start")
    (command,) = started
    assert main([*command, "--device", "cpu"]) == 1  # one file is not an image
    assert len(load_guesses(run, best_epoch(run.history()), open_unlabelled(shots)).ids) == 6


def test_progress_says_how_fast_and_how_long():
    assert progress_words({"done": 512, "total": 2048, "images_per_s": 64.0}) == "512 of 2,048, 64 images/s, 24 s left"
    assert progress_words({"done": 1, "total": 2}) == "1 of 2"


def test_uploaded_photographs_become_a_folder(run, source, shots, home):
    data = (shots / "blue-000.png").read_bytes()
    page = open_folder(source)
    page.get("file_uploader")[0].set_value([("a.png", data, "image/png"), ("b.png", data, "image/png")]).run()
    page.text_input(key="predict_folder_name").set_value("../holiday").run()
    click(page, "predict_folder_store")
    assert "1 photograph, not predicted" in said(page)
    assert [path.name for path in (home / "datasets" / "holiday").iterdir()] == ["a.png"]
    assert "/" not in page.query_params["predict_folder"]


def test_an_uploaded_zip_is_read_in_place_and_what_was_predicted_before_is_there(predicted, source, shots, home):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in shots.iterdir():
            archive.write(path, f"in/{path.name}")
    page = open_folder(source)
    page.get("file_uploader")[0].set_value([("trip.zip", data.getvalue(), "application/zip")]).run()
    click(page, "predict_folder_store")
    assert page.selectbox(key="predict_folder").options == ["shots", "trip.zip"]
    assert "6 photographs predicted" in said(page)
    assert [path.name for path in (home / "datasets").iterdir() if path.is_file()] == ["trip.zip"]
    click(page, f"{REVIEW}_accept")
    assert len(added(source)) == 1


def test_what_is_below_the_threshold_is_not_sure_everywhere(predicted, source, shots):
    guesses = load_guesses(predicted, best_epoch(predicted.history()), open_unlabelled(shots))
    middle = float(np.median(guesses.confidence))
    save_answers(predicted, Answers(epoch=best_epoch(predicted.history()), threshold=middle))
    page = open_folder(source, predict_review_view="table")
    assert "6 photographs predicted · 3 not sure (50.0 %)" in said(page)
    table = page.dataframe[-2].value if len(page.dataframe) > 2 else page.dataframe[1].value
    assert list(table["Answer"]).count("not sure") == 3
    assert list(table["Probability"]) == sorted(table["Probability"])
    assert {"CSV", "JSON lines"} <= {button.proto.label for button in page.get("download_button")}
    gallery = pictures(open_folder(source, predict_review_view="gallery"))
    assert [picture["lines"][0].startswith("not sure: ") for picture in gallery] == [True] * 3 + [False] * 3
    assert "not sure" in said(open_folder(source))


def test_the_least_sure_comes_first_and_each_answer_is_kept(predicted, source):
    page = open_folder(source)
    assert "6 photographs predicted" in said(page)
    assert [expander.label for expander in page.expander if "cannot be read" in expander.label] == [
        "1 file cannot be read"
    ]
    assert "0 of 6 are images of colours now." in said(page)
    click(page, f"{REVIEW}_accept")
    assert len(added(source)) == 1
    wrong = next(button.key for button in page.button if button.key.startswith(f"{REVIEW}_correct_"))
    click(page, wrong)
    click(page, f"{REVIEW}_skip")
    assert "2 of 6 are images of colours now." in said(page)
    assert "3 to go" in said(page)
    assert len(added(source)) == 2
    table = open_edits(source).table()
    assert list(table["action"]) == ["add", "add"]
    assert [why.partition(",")[0].partition(" from")[0] for why in table["why"]] == ["accepted", "corrected"]
    click(page, f"{REVIEW}_undo")
    assert len(added(source)) == 1
    again = open_folder(source)
    assert "1 of 6 are images of colours now." in said(again)


def test_what_was_added_and_then_left_out_is_not_offered_again(predicted, source):
    page = open_folder(source)
    click(page, f"{REVIEW}_accept")
    (name,) = [sample.id for sample in open_dataset(source).samples if sample.id.startswith("added/")]
    open_edits(source).exclude([name], "blurred")
    page = open_folder(source)
    assert "1 of 6 are images of colours now." in said(page)
    assert "5 to go" in said(page)


def test_stored_photographs_can_be_renamed_and_removed(run, source, shots):
    page = open_folder(source)
    page.text_input(key=f"predict_stored_name_{shots}").set_value("holiday").run()
    click(page, "predict_stored_rename")
    assert page.selectbox(key="predict_folder").options == ["holiday"]
    click(page, "predict_stored_remove")
    assert "There are no photographs without labels here yet." in said(page)
    assert not list(shots.parent.glob("holiday*"))


def test_what_was_skipped_can_be_looked_at_again(predicted, source):
    page = open_folder(source)
    for _ in range(6):
        click(page, f"{REVIEW}_skip")
    assert "6 photographs skipped." in said(page)
    click(page, f"{REVIEW}_again")
    assert "6 to go" in said(page)


def test_all_that_are_sure_enough_are_one_edit(predicted, source):
    page = open_folder(source)
    page.number_input(key=f"{REVIEW}_least").set_value(50).run()
    click(page, f"{REVIEW}_accept_all")
    assert len(added(source)) == 6
    assert "All of them are reviewed." in said(page)
    click(page, f"{REVIEW}_undo")
    assert added(source) == {}


def test_the_gallery_shows_predictions_the_least_sure_first(predicted, source):
    page = open_folder(source, predict_review_view="gallery")
    shown = pictures(page)
    assert len(shown) == 6
    sureness = [int(picture["lines"][1].partition("\u202f")[0].partition(" ")[0]) for picture in shown]
    assert sureness == sorted(sureness)


def test_chosen_ones_are_accepted_or_corrected_together(predicted, source, shots):
    from ui.shared.selection import Selection
    from ui.shared.state import selection_key

    page = page_at("predict", dataset=source, predict_view="folder", predict_review_view="gallery")
    key = selection_key(f"{REVIEW}_pictures")
    chosen = Selection(f"{predicted.path}\n{shots}")
    chosen.choose(["blue-000.png", "green-001.png"])
    page.session_state[key] = chosen
    rerun(page)
    assert "2 photographs chosen" in said(page)
    page.selectbox(key=f"{REVIEW}_correct_as").set_value("green").run()
    click(page, f"{REVIEW}_correct_chosen")
    assert added(source) == {"blue-000.png": "green", "green-001.png": "green"}


def test_the_next_round_is_a_run_with_what_was_accepted(predicted, source, monkeypatch):
    started = []
    monkeypatch.setattr("tlcore.runs.work.jobs.start", started.extend)
    page = open_folder(source)
    assert page.button(key="predict_next_round").disabled
    page.number_input(key=f"{REVIEW}_least").set_value(50).run()
    click(page, f"{REVIEW}_accept_all")
    checked(page.run())
    click(page, "predict_next_round")
    (made,) = started
    assert made.config.data.edits == 1
    assert made.info.dataset.counts == {"train": 48, "val": 18, "test": 14}
    rounds = page.dataframe[-1].value
    assert list(rounds["Photographs added"]) == [0, 6]
    assert list(rounds["Training images"]) == [42, 48]
    assert rounds["Accuracy on test"][1] == "not evaluated yet"


def test_class_names_are_shown_as_they_are(home, make_images, fresh, configure, shots):
    root = make_images("named", train=4, val=2, test=2)
    for split in ("train", "val", "test"):
        (root / split / "blue").rename(root / split / "**b** $x$")
    target = str(root.rename(home / "datasets" / "named"))
    run = train(configure(data={"source": target}, epochs=1))
    drive(predict_unlabelled(run, best_epoch(run.history()), open_unlabelled(shots)))
    page = open_folder(target, run=run.name)
    raw = [str(element.value) for element in page.markdown] + labels_of(page)
    assert any(r"\*\*b\*\* \$x\$" in text for text in raw)
    assert not any("**b** $x$" in text for text in raw)


def test_photographs_are_sorted_into_a_new_folder_of_ones_own_machine(predicted, source, shots, tmp_path, monkeypatch):
    monkeypatch.setattr("ui.predict.sort_into.is_own_machine", lambda: True)  # AppTest has no IP address of a machine
    page = open_folder(source)
    page.text_input(key="predict_sort_place").set_value("sorted").run()
    click(page, "predict_sort_start")
    assert "sorted is not a whole path" in said(page)
    place = tmp_path / "sorted"
    page.text_input(key="predict_sort_place").set_value(str(place)).run()
    click(page, "predict_sort_start")
    assert f"6 images sorted into {place} (6 as hard links, 0 as copies)." in said(page)
    assert sorted(path.name for path in place.glob("*/*")) == sorted(
        path.name for path in shots.iterdir() if path.name != "broken.png"
    )
    click(page, "predict_sort_start")
    assert "is there already and is not empty: nothing is overwritten" in said(page)
