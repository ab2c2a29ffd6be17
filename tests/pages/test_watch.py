"""The Watch view of the Train page: name, settings and verdict of a run, and its buttons."""

import pytest

from tests.support.pages import checked, click, figures_of, labels_of, numbers, open_page, text_of
from tests.support.visitors import visit
from tlcore.data.intake.library import add_path
from tlcore.runs.folder.label import load_label, save_label
from tlcore.runs.folder.requests import asked_to_stop
from tlcore.runs.folder.status import write_status
from ui.shared.runs import run_labels, short_labels
from ui.train.actions import what_is_lost

pytestmark = pytest.mark.usefixtures("fresh")


def watch(run, **params: str):
    return open_page("train", view="watch", run=run.name, **params)


def test_a_finished_run_ends_with_a_verdict_and_ways_to_go_on(make_run, colours):
    page = watch(make_run(), dataset=add_path(str(colours)))
    text = text_of(page)
    assert "of 14 new images" in text
    assert "On other images of this kind, expect" in text
    assert "Keep epoch" in text or "No trained epoch is better" in text
    assert {"Try it", "Compare its epochs", "Download", "Delete"} <= set(labels_of(page))
    assert "Val accuracy" not in text  # not the accuracy of the last epoch, which is not the one to keep


@pytest.mark.parametrize(
    ("button", "title", "part"),
    [("try", "Predict", ""), ("compare", "Compare", ""), ("download", "Compare", "download")],
)
def test_the_buttons_of_the_verdict_open_other_pages_with_the_run(make_run, button, title, part):
    run = make_run()
    page = click(watch(run), f"train_{button}")
    assert page.title[0].value == title
    assert page.query_params["run"] in (run.name, [run.name])
    if part:
        assert page.segmented_control(key="compare_part").value == part


def test_all_settings_of_a_run_are_shown_in_words(make_run):
    text = text_of(watch(make_run("trained", optimizer={"name": "sgd", "learning_rate": 0.05}, seed=7)))
    for words in ("Learning rate", "0.05", "SGD", "Momentum", "Seed", "7", "as in validation", "none (random)"):
        assert words in text


def test_a_run_gets_a_name_and_a_note(make_run):
    run = make_run("trained")
    page = watch(run)
    page.text_input(key=f"train_name_{run.name}").set_value("high *rate*")
    page.text_area(key=f"train_note_{run.name}").set_value("second try")
    click(page, f"train_label_save_{run.name}")
    assert load_label(run.path).name == "high *rate*"
    assert "second try" in text_of(page)
    assert page.selectbox(key="train_run").options[0].startswith("high *rate*, small_cnn on colours")


def test_on_a_hosted_dashboard_runs_cannot_be_named(make_run, monkeypatch):
    run = make_run("trained")
    visit(monkeypatch)
    assert not [field for field in watch(run).text_input if str(field.key).startswith("train_name")]


def test_labels_of_runs_show_what_differs(make_run):
    rates = (0.01, 0.1)
    runs = [make_run("queued", optimizer={"name": "sgd", "learning_rate": rate}) for rate in rates]
    labels = run_labels(runs, with_dataset=True)
    for run, rate in zip(runs, rates, strict=True):
        assert labels[run.name].startswith(f"small_cnn on colours, feature extraction, lr {rate:g}, ")
    assert list(short_labels(runs).values()) == ["lr 0.01", "lr 0.1"]
    save_label(runs[0].path, "slow")
    assert list(short_labels(runs).values()) == ["slow", "lr 0.1"]


def test_no_two_labels_are_equal(make_run):
    runs = [make_run("queued") for _ in range(3)]
    for labels in (run_labels(runs), short_labels(runs)):
        assert len(set(labels.values())) == 3


def test_a_stop_request_is_shown_at_once(make_run):
    run = make_run("queued")
    write_status(run.path, "running", phase="train", epoch=1, epochs=3, done=1, total=42)
    page = watch(run)
    assert {"Stop after this epoch", "Stop now, drop this epoch"} <= set(labels_of(page))
    click(page, "train_stop")
    assert "Stopping once this epoch is done." in text_of(page)
    assert page.button(key="train_stop").disabled
    click(page, "train_stop_now")
    assert asked_to_stop(run.path) == "now"
    assert "Stopping now. The epoch that has begun is dropped." in text_of(page)
    assert page.button(key="train_stop_now").disabled


def test_a_run_on_another_dataset_than_the_sidebars_says_so(make_run):
    page = watch(make_run("trained"), dataset="demo")
    assert "This run was trained on **colours**, not on demo · drawn insects" in text_of(page)


def test_without_a_run_on_this_dataset_no_run_on_another_is_shown(make_run):
    make_run("trained")
    page = open_page("train", view="watch", dataset="demo")
    assert "There is no run on demo · drawn insects yet." in text_of(page)
    assert page.selectbox(key="train_run").value is None


def test_after_deleting_a_run_one_of_the_same_dataset_is_shown(make_run, make_images):
    older, doomed = make_run("trained"), make_run("trained")
    other = make_run("trained", data={"source": str(make_images("other", train=6, val=3, test=3))})
    from streamlit.testing.v1 import AppTest

    def go_on(name: str) -> None:  # AppTest does not press buttons in dialogs
        import streamlit as st

        from tlcore.runs.folder.run import find_run
        from ui.train.actions import _go_on_without

        if "done" not in st.session_state:
            st.session_state["done"] = True
            _go_on_without(find_run(name))

    page = checked(AppTest.from_function(go_on, args=(doomed.name,)).run())
    assert page.query_params["run"] in (older.name, [older.name])
    assert other.name > older.name  # newer, but not shown


def test_deleting_says_how_many_epochs_are_lost(make_run):
    assert what_is_lost(make_run("trained")).startswith("Its 4 saved epochs, its curves")
    assert what_is_lost(make_run("queued")).startswith("It has no saved epoch.")


def test_a_long_run_shows_its_epoch_whole(make_run):
    run = make_run("trained", epochs=2)
    page = watch(run)
    assert next((metric.label, metric.value) for metric in page.metric) == ("Epochs done", "2 of 2")


def test_the_charts_of_a_live_run_can_be_held_still(make_run):
    run = make_run("trained", epochs=3)
    metrics = run.path / "metrics.jsonl"
    lines = metrics.read_text().splitlines(keepends=True)
    metrics.write_text("".join(lines[:2]))
    write_status(run.path, "running", phase="train", epoch=2, epochs=3, done=1, total=42)
    page = watch(run)
    drawn = last_epochs(page)
    assert set(drawn) == {1}
    page.toggle(key="train_hold").set_value(True)
    checked(page.run())
    metrics.write_text("".join(lines))
    assert last_epochs(checked(page.run())) == drawn
    page.toggle(key="train_hold").set_value(False)
    assert set(last_epochs(checked(page.run()))) == {3}


def test_the_charts_of_a_run_that_is_over_have_nothing_to_hold(make_run):
    assert not watch(make_run("trained")).toggle


def last_epochs(page) -> list[float]:
    """The last epoch of the first line of each chart."""
    return [numbers(figure["data"][0]["x"])[-1] for figure in figures_of(page)]
