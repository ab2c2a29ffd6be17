"""A run continues when its page or the server ends, and the page finds it again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests.support.browser import LAST_EPOCH, new_visit, serve, start_training, visit, widget
from tests.support.waiting import eventually
from tlcore.runs.folder.run import Run, find_run

EPOCHS = 2_000  # more than a run reaches in these tests
MORE = 3


@pytest.fixture(scope="module")
def live(chromium, tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> Iterator[SimpleNamespace]:
    """A `dashboard`, the `page` that started a run on it and watches it, and the `run`: the same for all tests here."""
    home = tmp_path_factory.mktemp("live")
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    dashboard = serve(home)
    failures: list[str] = []
    try:
        with new_visit(chromium) as context, pytest.MonkeyPatch.context() as patch:
            patch.setenv("TLCORE_HOME", str(home))
            page = context.new_page()
            page.on("pageerror", lambda error: failures.append(str(error)))
            visit(page, dashboard.url("train", dataset="demo"))
            start_training(page, EPOCHS)
            run = find_run("latest")
            patch.undo()
            _wait_for_epoch(page, 1)
            yield SimpleNamespace(dashboard=dashboard, page=page, run=run)
    finally:
        dashboard.stop()
    assert not failures


def test_a_reload_during_training_finds_the_run_again(live):
    live.page.reload()
    _sees_it_train(live.page, live.run)


def test_a_second_visitor_sees_the_run_in_the_sidebar_and_can_watch_it(live, open_page):
    page = open_page(live.dashboard.url())
    page.get_by_test_id("stSidebar").get_by_role("link", name="small_cnn on demo").click()
    _sees_it_train(page, live.run)


def test_training_survives_the_death_of_the_server_and_the_page_comes_back(live):
    worker = live.run.status().pid
    live.dashboard.kill()
    epochs = len(live.run.history())
    eventually(lambda: len(live.run.history()) >= epochs + MORE)  # without a server
    live.dashboard.start()
    assert live.run.status().pid == worker
    assert psutil.pid_exists(worker)
    _sees_it_train(live.page, live.run)  # the browser reconnects automatically


def _sees_it_train(page, run: Run) -> None:
    """The page shows this run as running, and its chart grows beyond the epochs that it has now."""
    widget(page, "train_stop").wait_for()
    page.get_by_test_id("stMain").get_by_text(run.name).wait_for()
    _wait_for_epoch(page, len(run.history()) + MORE)
    assert run.status().state == "running"


def _wait_for_epoch(page, epoch: int) -> None:
    page.wait_for_function(f"epoch => ({LAST_EPOCH})() >= epoch", arg=epoch)
