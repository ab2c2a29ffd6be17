"""What a widget was given by code stays when the browser sends the value from before once more."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from ui.shared import state


def pickers() -> None:
    import streamlit as st

    from ui.shared.state import choose, take
    from ui.shared.views import pick_segment

    def add() -> None:
        if (chosen := take("next")) is not None:
            st.session_state.setdefault("added", []).append(chosen)

    st.button("Open b", on_click=choose, args=("part", "b"))
    pick_segment("part", {"a": "A", "b": "B", "c": "C"}, "Part")
    st.selectbox("Add", ["x", "y"], index=None, key="next", on_change=add)


@pytest.fixture
def page():
    return AppTest.from_function(pickers).run()


@pytest.fixture
def later(monkeypatch):
    def pass_time(seconds: float) -> None:
        now = time.monotonic() + seconds
        monkeypatch.setattr(state.time, "monotonic", lambda: now)

    return pass_time


def part(page):
    return page.segmented_control(key="part").value, page.query_params.get("part")


def pick(page, value):
    page.segmented_control(key="part").set_value(value).run()


def test_a_value_from_before_is_not_taken_for_a_choice(page):
    page.button[0].click().run()
    assert part(page) == ("b", "b")
    for _ in range(2):
        pick(page, "a")
        assert part(page) == ("b", "b")


def test_after_a_moment_it_is_the_visitors_choice(page, later):
    page.button[0].click().run()
    later(3)
    pick(page, "a")
    assert part(page)[0] == "a"


def test_another_value_is_a_choice_at_once_and_so_is_the_one_after_it(page):
    page.button[0].click().run()
    pick(page, "c")
    assert part(page) == ("c", "c")
    pick(page, "a")
    assert part(page) == ("a", "a")


def test_what_was_given_twice_is_kept(page):
    page.button[0].click().run()
    page.button[0].click().run()
    pick(page, "a")
    assert part(page)[0] == "b"


def test_a_choice_that_empties_its_list_counts_once(page):
    page.selectbox(key="next").set_value("x").run()
    page.selectbox(key="next").set_value("x").run()  # the browser has not heard yet that the list is empty
    assert page.session_state["added"] == ["x"]
    assert page.selectbox(key="next").value is None
    page.selectbox(key="next").set_value("y").run()
    assert page.session_state["added"] == ["x", "y"]
