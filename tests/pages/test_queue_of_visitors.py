"""What the pages of a hosted dashboard show of the queue, and that they leave expensive work to it."""

import pytest

from tests.support.pages import checked, open_page, run as rerun, text_of
from tests.support.tickets import ticket_of
from tests.support.visitors import visit
from tests.support.work import finish_work
from tlcore.cli.main import main
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.tickets import list_tickets, submit, withdraw
from tlcore.system.home import in_space

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def space(home, colours, monkeypatch):
    """The space of the visitor who looks at the pages; another one's work is before theirs."""
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    other = ticket_of(home, "b", "other-secret", submitted=1.0)
    with in_space(other.space):
        submit([other])
    return visit(monkeypatch)


def test_a_waiting_run_shows_its_place_where_its_progress_would_be(space, configure, colours):
    with in_space(space):
        run = prepare_run(configure())
        jobs.start([run])
    page = open_page("train", dataset=colours.name, run=run.name, view="watch")
    text = text_of(page)
    assert text.count("Number 2 in the queue, in about 1 min 00 s") == 2  # beside the page, and on it
    assert "secret" not in text
    with in_space(space):  # AppTest asks for the labels of choices outside of the session
        checked(page.button(key="train_stop").click().run())
        assert run.status().state == "stopped"
    assert len(list_tickets()) == 1


def test_the_scan_of_a_visitor_is_work_in_the_queue(space, colours, monkeypatch):
    monkeypatch.setattr("ui.dataset.data.scan", lambda dataset: 1 / 0)  # never in the server
    page = open_page("dataset", dataset=colours.name)
    with in_space(space):
        (ticket,) = [ticket for ticket in list_tickets() if ticket.home == space.home]
        assert ticket.words == "checking every image"
    with in_space(space):
        rerun(page)
    assert "Number 2 in the queue" in text_of(page)
    with in_space(space):
        withdraw(ticket.key)
        assert main(["audit", "--json", "--data", str(colours)]) == 0
        finish_work(space.home, ticket.key.name, {"images": 74, "findings": []})
        rerun(page)
        rerun(page)
    assert "Health:" in text_of(page)
