import pytest

from tlcore.system.drive import drive, relay


def counting(closed):
    try:
        yield 1
        yield 2
    finally:
        closed.append(True)
    return "done"


def test_work_is_done_and_its_result_returned():
    told, closed = [], []
    assert drive(counting(closed), told.append) == "done"
    assert told == [1, 2]
    assert drive(counting(closed)) == "done"


def test_work_cleans_up_at_once_if_showing_it_fails():
    closed = []
    with pytest.raises(ZeroDivisionError) as error:
        drive(counting(closed), lambda told: 1 / 0)
    assert closed, error  # although the traceback still refers to the generator


def test_relay_translates_progress_and_returns_the_result():
    def inner():
        yield 1
        yield 2
        return "done"

    def outer():
        return (yield from relay(inner(), lambda number: [10 * number] * (number - 1)))

    told: list[int] = []
    assert drive(outer(), told.append) == "done"
    assert told == [20]
