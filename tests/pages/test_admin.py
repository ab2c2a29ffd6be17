"""The administrator's page: who gets in, what it shows, what it never shows, and what it can end and delete."""

import pytest

from tests.support.furnish import write_images
from tests.support.pages import labels_of, open_page, run, text_of
from tests.support.visitors import visit
from tlcore.hosting import administrator
from tlcore.hosting.spaces.links import all_links, make_link
from tlcore.hosting.spaces.visitors import new_visitor, space_of, touch
from tlcore.hosting.web.rates import Rate
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.tickets import list_tickets
from tlcore.system.home import as_host, in_space
from tlcore.system.logs import LOGS, log_as_json, log_failure
from ui.shell import PAGES

TOKEN = "the token of this host"
SECRET = "Wiesenblumen"


@pytest.fixture(autouse=True)
def _begin(empty_caches, monkeypatch):
    monkeypatch.setattr("ui.admin.admission.WRONG_S", 0)
    monkeypatch.setattr("ui.admin.admission._address", lambda: "192.0.2.7")
    monkeypatch.setattr(administrator, "_tries", Rate(administrator.TRIES, administrator.IN_S, clock=lambda: 0.0))


@pytest.fixture
def hosted(monkeypatch):
    visit(monkeypatch)
    monkeypatch.setenv("TLCORE_HOSTED_ADMIN_TOKEN", TOKEN)


@pytest.fixture
def ann(hosted, configure):
    """A visitor with a dataset, a waiting run, and a link."""
    ann = space_of(new_visitor())
    folder = ann.home / "datasets" / SECRET
    write_images(str(folder), images=60)
    touch(ann)
    with in_space(ann):
        waiting = prepare_run(configure(data={"source": str(folder)}), {"device": "cpu: of the test"})
        jobs.start([waiting])
        make_link(folder)
    return ann


def enter(page, token=TOKEN):
    page.text_input(key="admin_token").set_value(token)
    page.button(key="admin_open").click()
    return run(page)


def admitted():
    return enter(open_page("admin"))


def test_without_a_token_in_the_settings_there_is_no_such_page(monkeypatch):
    assert text_of(open_page("admin")) == "There is no such page."
    visit(monkeypatch)
    page = open_page("admin")
    assert text_of(page) == "There is no such page."
    assert not page.button


def test_a_wrong_token_opens_nothing_and_after_some_tries_the_right_one_neither(hosted, caplog):
    page = open_page("admin")
    for wrong in ("", "the token of this hos", TOKEN + "t", "é", "x"):
        assert "This opens nothing." in text_of(enter(page, wrong))
        assert "Administration" not in text_of(page)
    assert "This opens nothing." in text_of(enter(page))
    assert [record.message for record in caplog.records].count("administrator refused") == administrator.TRIES
    assert TOKEN not in caplog.text


def test_the_token_is_kept_for_the_visit_only(hosted):
    page = admitted()
    assert "Administration" in text_of(run(page))
    assert TOKEN not in repr(page.session_state)
    assert "Administration" not in text_of(open_page("admin"))


def test_it_shows_spaces_queue_machine_and_errors_and_no_name_of_a_visitors_data(ann, home, monkeypatch):
    log_as_json(home / LOGS, "server", to_stderr=False)
    error_id = log_failure(RuntimeError(SECRET), "request failed")
    page = admitted()
    text = text_of(page)
    assert f"{ann.home.name[:8]} · training · waits since" in text.replace("`", "")
    assert "1 space" in text
    assert "of 10.0 GB" in text
    spaces, errors = (frame.value for frame in page.dataframe)
    assert spaces["space"].tolist() == [ann.home.name[:8]]
    assert spaces["images"].tolist() == [60]
    assert error_id in errors["id"].tolist()
    shown = text + spaces.to_string() + errors.to_string() + " ".join(labels_of(page))
    assert SECRET not in shown
    assert ann.home.name not in shown.replace(ann.home.name[:8], "")


def test_the_administrator_removes_work_takes_links_back_and_deletes_a_space(ann):
    page = admitted()
    [ticket] = list_tickets()
    page.button(key=f"admin_end_{ticket.key.name}_{ann.home.name[:8]}").click()
    run(page)
    assert not list_tickets()
    [number] = all_links()
    page.button(key=f"admin_back_{number}").click()
    run(page)
    with as_host():
        assert not all_links()
    page.selectbox(key="admin_space").set_value(ann.home.name)
    run(page)
    page.checkbox(key="admin_sure").check()
    run(page)
    page.button(key="admin_delete").click()
    run(page)
    assert not ann.home.exists()


def test_no_page_links_to_it():
    assert "pages/admin.py" not in [path for path, _, _ in PAGES]
