import pytest

from tlcore.system.drive import drive


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
