import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import tlcore
from tests.support.pages import checked, figures_of, labels_of, open_page as open_any_page, text_of
from tests.support.visitors import visit
from tests.support.waiting import eventually
from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.health.scan import scan
from tlcore.data.intake.library import add_path
from tlcore.errors import NotAllowed
from tlcore.runs.folder.label import save_label
from tlcore.runs.folder.requests import asked_to_stop
from tlcore.runs.folder.run import Run, find_run, list_runs
from tlcore.runs.folder.status import write_status
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.turn import queue
from tlcore.system.home import as_host, in_space
from tlcore.transforms.saved import save_transform
from tlcore.transforms.spec import RandomErasing, RandomResizedCrop, TransformSpec

pytestmark = pytest.mark.usefixtures("fresh", "no_probes_left")


@pytest.fixture
def train(configure):
    """A run in a given state; a `finished` one is trained and has curves."""

    def make(state: str = "finished", facts=None, **changes) -> Run:
        facts = facts or {"device": "cpu: of the test"}
        if state == "finished":
            return tlcore.train(configure(**changes), facts=facts)
        return prepare_run(configure(**changes), facts)

    return make


def open_page(folder: Path | None = None, **params: str) -> AppTest:
    chosen = {} if folder is None else {"dataset": add_path(str(folder))}
    return open_any_page("train", **chosen, **params)


def small(page: AppTest) -> AppTest:
    """The form for a run of about one second."""
    page.selectbox(key="train_model_backbone").set_value("small_cnn").run()
    page.text_input(key="train_device").set_value("cpu")
    page.selectbox(key="train_model_weights").set_value("none")
    page.number_input(key="train_epochs").set_value(2)
    return checked(page.run())


def wait_for_end(run: Run) -> None:
    eventually(lambda: run.status(), lambda status: not status.is_live)


def test_the_form_has_suitable_defaults_for_the_backbone_and_can_be_started(colours):
    page = small(open_page(colours))
    table: pd.DataFrame = page.table[0].value
    assert list(table["Layer group"]) == ["block1", "block2", "block3", "head"]
    assert list(table["In training"]) == ["frozen", "frozen", "frozen", "trained"]
    assert list(table["Learning rate"]) == ["–", "–", "–", "0.003"]
    assert "258 of 0.3 M parameters" in text_of(page)
    assert "2 classes, 42 train, 18 val, 14 test" in text_of(page)
    assert not page.button(key="train_start").disabled
    assert figures_of(page)  # the preview of the schedule


def test_fine_tuning_shows_the_rates_of_all_groups(colours):
    page = small(open_page(colours))
    page.segmented_control(key="train_strategy_name").set_value("fine_tuning").run()
    page.number_input(key="train_strategy_learning_rate_decay").set_value(0.5)
    page.selectbox(key="train_strategy_freeze_up_to").set_value("block1").run()
    table = checked(page).table[0].value
    assert list(table["Learning rate"]) == ["–", "7.5e-05", "0.00015", "0.0003"]
    assert list(table["BatchNorm"]) == ["stored", "batch", "batch", "–"]
    assert "Automatic means “Gentle” here." in text_of(page)


def test_settings_that_do_not_fit_are_explained_and_cannot_be_started(colours):
    page = small(open_page(colours))
    page.number_input(key="train_schedule_warmup_epochs").set_value(5.0).run()
    assert "A warm-up of 5 epochs leaves nothing of 2." in text_of(checked(page))
    assert page.button(key="train_start_disabled").disabled


def test_missing_weights_are_reported_before_the_start(colours):
    page = open_page(colours)
    page.selectbox(key="train_model_backbone").set_value("mobilenet_v2").run()
    assert "mobilenet_v2-b0353104.pth is not on this machine" in text_of(checked(page))
    page.selectbox(key="train_model_weights").set_value("file").run()
    assert "Give the path of the weights file" in text_of(checked(page))
    page.text_input(key="train_weights_file").set_value("/nowhere/weights.pth").run()
    assert "No weights file at /nowhere/weights.pth" in text_of(checked(page))


def test_a_class_with_few_images_is_reported_before_the_start(colours):
    for number in range(12):
        (colours / f"train/green/{number:03d}.png").unlink()
    page = small(open_page(colours))
    assert "Few training images: green has 9, and the largest class has 21" in text_of(page)


def test_a_class_with_few_images_is_still_reported_after_the_scan(drawn_demo):
    for _ in scan(open_dataset(DataConfig(source="demo"))):
        pass
    text = text_of(open_page(dataset="demo"))
    assert "1 class has few training images (dragonfly: 20 images, and the largest class has 40)" in text
    assert "3 images are in more than one split" in text


def test_the_time_of_what_the_form_says_is_measured(colours, timed):
    page = small(open_page(colours))
    assert "Measured once the machine is free" not in text_of(page)
    assert (timed[-1].model.backbone, timed[-1].epochs, timed[-1].data.source) == ("small_cnn", 2, str(colours))


def test_start_queues_a_run_that_the_page_then_shows(colours):
    page = small(open_page(colours))
    page.selectbox(key="train_optimizer_name").set_value("sgd")
    page.number_input(key="train_optimizer_learning_rate").set_value(0.05).run()
    checked(page.button(key="train_start").click().run())
    run = find_run("latest")
    assert page.query_params["run"] in (run.name, [run.name])
    assert (run.config.model.backbone, run.config.epochs) == ("small_cnn", 2)
    assert (run.config.optimizer.name, run.config.optimizer.learning_rate) == ("sgd", 0.05)
    assert run.info.device.startswith("cpu")
    wait_for_end(run)
    assert run.status().state == "finished"
    checked(page.run())
    assert "of 14 new images" in text_of(page)
    assert "Compare its epochs" in labels_of(page)


def test_the_playground_hands_its_transform_over(colours):
    spec = TransformSpec(operations=(RandomResizedCrop(size=32), RandomErasing()), mean=(0.1, 0.1, 0.1))
    save_transform("my own", spec)
    page = small(open_page(colours, transform="my own"))
    assert page.selectbox(key="train_views").value == ("saved", "my own")
    checked(page.button(key="train_start").click().run())
    run = find_run("latest")
    assert run.config.train_transform.operations == spec.operations
    assert run.config.train_transform.mean == run.config.eval_transform.mean != spec.mean
    jobs.stop(run, now=True)
    wait_for_end(run)


def test_a_deleted_transform_is_one_friendly_box(colours):
    page = open_page(colours, transform="gone")
    assert "No transform saved as 'gone'" in text_of(page)
    checked(page.run())


def test_a_sweep_is_started_and_seen_together(colours):
    page = small(open_page(colours))
    page.pills(key="train_rates_0.003").set_value([0.003, 0.03])
    page.pills(key="train_decays").set_value([0.0]).run()
    checked(page.button(key="train_start_sweep").click().run())
    runs = list_runs()
    assert len(runs) == 2
    assert len({run.info.sweep for run in runs}) == 1
    for run in runs:
        wait_for_end(run)
    checked(page.run())
    names = {trace.get("name") for figure in figures_of(page) for trace in figure["data"]}
    assert {"rate 0.003, decay 0", "rate 0.03, decay 0"} <= names
    assert "Highest: learning rate" in text_of(page)


def test_a_link_to_a_finished_run_shows_its_curves(train):
    run = train()
    page = open_page(run=run.name)
    assert run.history()[-1].device in text_of(page)  # the actual device, not the planned one
    assert run.history()[-1].engine.startswith("PyTorch with folded BatchNorm")
    assert run.history()[-1].engine in text_of(page)
    assert "Epochs done 3 of 3" in text_of(page)
    titles = [figure["layout"]["yaxis"]["title"]["text"] for figure in figures_of(page)]
    assert titles == ["loss", "accuracy", "learning rate", "seconds"]
    assert {"Compare its epochs", "Delete"} <= set(labels_of(page))
    assert "Resume" not in labels_of(page)


def test_a_live_run_shows_how_far_it_is_and_can_be_stopped(train):
    run = train(state="queued")
    going = {"phase": "train", "epoch": 2, "epochs": 3, "done": 21, "total": 42, "images_per_s": 10.0}
    write_status(run.path, "running", **going)  # by this process, which is alive
    page = open_page(run=run.name)
    assert "Epoch 2 of 3, training, 50 %" in text_of(page)
    assert "Delete" not in labels_of(page)
    page.button(key="train_stop").click().run()
    assert asked_to_stop(run.path) == "after_epoch"
    page.button(key="train_stop_now").click().run()
    assert asked_to_stop(run.path) == "now"


def test_waiting_runs_are_shown_beside_the_form_and_can_be_removed(train, colours):
    first, second = train(state="queued"), train(state="queued")
    write_status(first.path, "running", phase="features", done=1, total=4)
    write_status(second.path, "queued", submitted=time.time())
    page = open_page(colours)
    assert "computing features, 25 %" in text_of(page)
    assert "waiting for its turn" in text_of(page)
    page.button(key=f"train_stop_{second.name}").click().run()
    assert asked_to_stop(second.path) == "after_epoch"
    assert asked_to_stop(first.path) is None
    assert queue() == [second]


@pytest.mark.parametrize(
    ("state", "fields", "words", "button"),
    [
        ("stopped", {}, "Stopped", "Start"),
        ("failed", {"error": "The *loss* is <b>no</b> number."}, "The *loss* is <b>no</b> number.", "Start"),
        ("running", {"pid": 2**22 + 1}, "Its process is gone", "Start"),
        ("queued", {"pid": 0}, "", "Start"),
    ],
)
def test_a_run_that_ended_early_says_why_and_what_can_be_done(train, state, fields, words, button):
    run = train(state="queued")
    write_status(run.path, state, **fields)
    page = open_page(run=run.name)
    assert words in text_of(page)
    assert {button, "Delete"} <= set(labels_of(page))


def test_a_failed_run_fills_the_form_so_that_its_settings_can_be_changed(train):
    run = train(state="queued", epochs=9, strategy={"name": "fine_tuning", "freeze_up_to": "block1"})
    write_status(run.path, "failed", error="It does not fit.")
    page = open_page(run=run.name)
    assert page.button(key="train_again").label == "Change the settings"
    page.button(key="train_again").click().run()
    assert page.number_input(key="train_epochs").value == 9
    assert page.selectbox(key="train_strategy_freeze_up_to").value == "block1"
    assert f"Filled from the run {run.name}" in text_of(checked(page)).replace("**", "")


def test_the_record_of_an_epoch_says_what_computed_it_with_how_many_threads(train):
    record = train().history()[-1]
    assert record.device.startswith("cpu")
    assert record.device.endswith("thread") or record.device.endswith("threads")


def test_without_runs_the_page_says_what_to_do():
    page = open_page(view="watch")
    assert "There is no run yet." in text_of(page)
    checked(page.button(key="train_first").click().run())
    assert page.selectbox(key="train_model_backbone")


def test_a_missing_run_is_reported_and_the_newest_of_the_dataset_shown(train, colours):
    run = train()
    page = open_page(colours, run="20200101-000000-gone", view="watch")
    assert "That run is not there any more." in text_of(page)
    assert page.selectbox(key="train_run").value == run.name


def test_a_visitor_looks_at_a_run_of_the_host_and_cannot_change_it(train, colours, monkeypatch):
    run = train()
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    space = visit(monkeypatch)
    page = open_any_page("train", dataset=colours.name, run=run.name, view="watch")
    assert "This run is not yours: you can look at it, and set up one like it." in text_of(page)
    keys = {button.key for button in page.button}
    assert "train_again" in keys
    assert not {"train_delete", "train_resume", "train_stop"} & keys
    assert not [field for field in page.text_input if str(field.key).startswith("train_name")]
    with in_space(space):
        for change in (jobs.delete, jobs.resume, jobs.start_evaluation):
            with pytest.raises(NotAllowed, match="is not yours"):
                change(run)
        with pytest.raises(NotAllowed, match="is not yours"):
            save_label(run.path, "mine now")


def test_a_visitor_can_have_so_many_runs_waiting_and_no_more(train, monkeypatch):
    from tlcore.errors import NotAllowed
    from ui.train.start import start_runs

    run, there = train(state="queued"), list_runs()
    monkeypatch.setenv("TLCORE_HOSTED_WAITING_PER_VISITOR", "3")
    with in_space(visit(monkeypatch)), pytest.raises(NotAllowed, match="At most 3 pieces of your work may wait"):
        start_runs([run.config] * 4, "cpu")
    with as_host():
        assert list_runs() == there  # no folder was made
