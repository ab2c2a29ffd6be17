"""The end of an error on a page of a hosted dashboard."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.visitors import visit


def bug() -> None:
    from ui.hosting.failures import show_failure

    assert show_failure(RuntimeError("no such thing in /srv/secret/place")) is True


def mistake() -> None:
    from tlcore.errors import DatasetInvalid
    from ui.hosting.failures import show_failure

    assert show_failure(DatasetInvalid("There is one class in /srv/secret/photos only.")) is True


@pytest.fixture(autouse=True)
def visitor(monkeypatch, home):
    visit(monkeypatch)


def test_of_a_bug_the_visitor_sees_the_id_that_the_log_has(caplog):
    page = AppTest.from_function(bug).run()
    (record,) = [record for record in caplog.records if record.name.startswith("tlcore")]
    (box,) = page.error
    assert box.value == f"Something went wrong here. Error {record.facts['error_id']}; the host finds it in the log."
    assert record.exc_info[1].args == ("no such thing in /srv/secret/place",)
    assert not page.exception


def test_of_a_mistake_the_visitor_sees_what_it_is_and_no_path_of_the_server():
    page = AppTest.from_function(mistake).run()
    (box,) = page.error
    assert box.value.replace("\\", "") == "There is one class in photos only."
