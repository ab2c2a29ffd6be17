"""A run continues when its page or the server ends, and the page finds it again."""

import time
from collections.abc import Callable

import psutil
import pytest

from tests.support.browser import LAST_EPOCH, widget
from tlcore.runs.folder.run import Run, find_run

EPOCHS = 500  # more than a run reaches in these tests
MORE = 3
PATIENCE_S = 60


@pytest.fixture
def live(drawn_demo, home, start_dashboard, open_page, start_training):
    """A dashboard, a page that watches a run train, and the run."""
    dashboard = start_dashboard(home)
    page = open_page(dashboard.url("train", dataset="demo"))
    start_training(page, EPOCHS)
    run = find_run("latest")
    _wait_for_epoch(page, 1)
    return dashboard, page, run


def test_a_reload_during_training_finds_the_run_again(live):
    _, page, run = live
    page.reload()
    _sees_it_train(page, run)


def test_a_second_visitor_sees_the_run_in_the_sidebar_and_can_watch_it(live, open_page):
    dashboard, _, run = live
    page = open_page(dashboard.url())
    page.get_by_test_id("stSidebar").get_by_role("link", name="small_cnn on demo").click()
    _sees_it_train(page, run)


def test_training_survives_the_death_of_the_server_and_the_page_comes_back(live):
    dashboard, page, run = live
    worker = run.status().pid
    dashboard.kill()
    epochs = len(run.history())
    _until(lambda: len(run.history()) >= epochs + MORE)  # without a server
    dashboard.start()
    assert run.status().pid == worker
    assert psutil.pid_exists(worker)
    _sees_it_train(page, run)  # the browser reconnects automatically


def _sees_it_train(page, run: Run) -> None:
    """The page shows this run as running, and its chart grows beyond the epochs that it has now."""
    widget(page, "train_stop").wait_for()
    page.get_by_test_id("stMain").get_by_text(run.name).wait_for()
    _wait_for_epoch(page, len(run.history()) + MORE)
    assert run.status().state == "running"


def _wait_for_epoch(page, epoch: int) -> None:
    page.wait_for_function(f"epoch => ({LAST_EPOCH})() >= epoch", arg=epoch)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
