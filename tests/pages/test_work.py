"""Long work of a page, with a command in a process of its own."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, run, text_of
from tests.support.tickets import ticket_of
from tests.support.visitors import visit
from tests.support.waiting import eventually
from tests.support.work import finish_work
from tlcore.errors import NotAllowed
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.runs.work.probes import find_probe
from tlcore.runs.work.tickets import list_tickets, submit
from tlcore.system.home import in_space
from ui.shared.work import find_result, forget_work, is_working, start_work, work_key

KEY = work_key("labels", "a")
CHECK = ["check-labels", "--json"]
ENDLESS = ["find-lr", "--json", "--steps", "1000000000"]

pytestmark = pytest.mark.usefixtures("empty_caches", "no_probes_left")


def page_of_work() -> AppTest:
    def script(key):
        import streamlit as st

        from ui.shared.work import show_work

        result = show_work(key, "The check")
        if result is not None:
            st.markdown(f"agreement {result['agreement']}")

    return AppTest.from_function(script, args=(KEY,), default_timeout=TIMEOUT_S)


def test_work_shows_its_progress_and_then_its_result(configure):
    page = page_of_work()
    assert text_of(run(page)) == ""
    start_work(KEY, CHECK, configure())
    assert text_of(run(page)).startswith(("Loading the network", "Computing features"))
    assert [button.label for button in page.button] == ["Cancel"]
    eventually(lambda: is_working(KEY), False)
    assert "agreement 1" in text_of(run(page))
    assert find_result(KEY)["suspects"] == []
    forget_work(KEY)
    assert find_result(KEY) is None
    assert text_of(run(page)) == ""


def test_work_that_is_cancelled_says_so_and_can_start_again(configure):
    start_work(KEY, ENDLESS, configure())
    page = run(page_of_work())
    pid = find_probe(KEY)._process()
    start_work(KEY, CHECK, configure())
    assert find_probe(KEY)._process() == pid  # it goes on already
    checked(page.button[0].click().run())
    eventually(lambda: is_working(KEY), False)
    assert "The check was stopped." in text_of(run(page))
    start_work(KEY, CHECK, configure())
    eventually(lambda: is_working(KEY), False)
    assert "agreement" in text_of(run(page))


def test_work_that_fails_says_why_in_the_words_of_the_command_line(configure, home):
    """Without a network: torch.hub prints on standard output that it downloads, and then fails."""
    start_work(KEY, CHECK, configure(model={"backbone": "mobilenet_v2", "weights": str(home / "nothing.pth")}))
    eventually(lambda: is_working(KEY), False)
    text = text_of(run(page_of_work()))
    assert "nothing.pth" in text
    assert "Traceback" not in text
    assert find_result(KEY) is None


def test_lines_that_are_no_result_are_passed_over(home):
    finish_work(home, KEY, {})
    probe = find_probe(KEY)
    (probe.folder / "lines.jsonl").write_bytes(
        b'Downloading: "https://x"\n[1]\n{broken\n{"done": 4, "total": 9}\n\xff\n'
    )
    assert find_result(KEY) is None
    assert "The check ended without a result." in text_of(run(page_of_work()))


def test_work_of_a_visitor_is_started_by_no_page_and_its_place_in_the_queue_is_shown(configure, monkeypatch, home):
    monkeypatch.setenv("TLCORE_HOSTED_WAITING_PER_VISITOR", "2")
    others = ticket_of(home, "b", "other", submitted=1.0)
    with in_space(others.space):
        submit([others])
    with in_space(visit(monkeypatch)):
        start_work(KEY, CHECK, configure())
        assert list_tickets()[0].command[:2] == tuple(CHECK) or list_tickets()[1].command[:2] == tuple(CHECK)
        with pytest.raises(
            NotAllowed, match="At most 2 pieces of your work may wait .* There are 1, and this is 2 more"
        ):
            check_waiting_room(2)
        start_work(work_key("labels", "b"), CHECK, configure())
        with pytest.raises(NotAllowed, match="There are 2, and this is 1 more"):
            start_work(work_key("labels", "c"), CHECK, configure())
        assert find_probe(work_key("labels", "c")) is None
    page = run(page_of_work())
    assert "Number 2 in the queue, in about 1 min 00 s" in text_of(page)
    checked(page.button[0].click().run())
    assert "The check was stopped." in text_of(run(page))
    assert others in list_tickets()
