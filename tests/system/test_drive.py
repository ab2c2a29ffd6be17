import pytest

from tlcore.system.drive import drive, relay


def counting(closed):
    try:
        yield 1
        yield 2
    finally:
        closed.append(True)
    return "done"


def test_work_is_carried_out_and_its_result_handed_back():
    told, closed = [], []
    assert drive(counting(closed), told.append) == "done"
    assert told == [1, 2]
    assert drive(counting(closed)) == "done"


def test_work_tidies_up_at_once_where_showing_it_fails():
    closed = []
    with pytest.raises(ZeroDivisionError) as error:
        drive(counting(closed), lambda told: 1 / 0)
    assert closed, error  # the traceback, which knows the generator, is still there


def test_relay_tells_in_other_words_and_hands_the_result_on():
    def inner():
        yield 1
        yield 2
        return "done"

    def outer():
        return (yield from relay(inner(), lambda number: [10 * number] * (number - 1)))

    told: list[int] = []
    assert drive(outer(), told.append) == "done"
    assert told == [20]
