"""The choice of images in a set of pictures."""

import pytest

from ui.shared.selection import Selection


def test_marks_of_one_page_leave_those_of_other_pages():
    selection = Selection("demo")
    selection.choose(["a", "b", "x"])
    selection.take({"number": 7, "shown": ["a", "b", "c"], "chosen": ["c", "b"]})
    assert selection.ids == ("x", "c", "b")
    assert selection.number == 7


def test_a_page_chooses_nothing_that_it_does_not_show():
    selection = Selection("demo")
    selection.take({"number": 1, "shown": ["a"], "chosen": ["a", "elsewhere", 3, ["list"]]})
    assert selection.ids == ("a",)


@pytest.mark.parametrize("sent", [None, "a", 3, [], {}, {"number": "1", "shown": [], "chosen": []}, {"number": 1}])
def test_what_is_no_message_about_marks_changes_nothing(sent):
    selection = Selection("demo")
    selection.choose(["a"])
    selection.take(sent)
    assert (selection.ids, selection.number) == (("a",), 1)


def test_a_browser_sees_that_the_server_changed_the_marks():
    selection = Selection("demo")
    selection.take({"number": 4, "shown": ["a"], "chosen": ["a"]})
    selection.choose(())
    assert selection.number > 4


def test_images_that_are_gone_are_not_chosen_any_more():
    selection = Selection("demo")
    selection.choose(["a", "b"])
    selection.keep({"b": None})
    assert selection.ids == ("b",)
    before = selection.number
    selection.keep({"b": None})
    assert selection.number == before
