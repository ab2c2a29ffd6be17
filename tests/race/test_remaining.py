"""The remaining time of a race comes from what its candidates took so far."""

import pytest

from tlcore.race.remaining import Pace, share_done
from tlcore.race.words import step_progress


@pytest.fixture
def pace():
    """A pace of three candidates, and the hands of its clock."""
    hands = [100.0]
    return Pace(3, lambda: hands[0]), hands


def test_it_is_known_once_something_is_done(pace):
    race, hands = pace
    assert race.remaining_s(1, 0.0) is None
    hands[0] += 10
    assert race.remaining_s(1, 0.01) is None
    assert race.remaining_s(1, 0.5) == 10 + 2 * 20


def test_candidates_to_come_take_as_long_as_those_before_on_average(pace):
    race, hands = pace
    hands[0] += 30
    assert race.remaining_s(2, 0.0) == 30 + 30
    hands[0] += 5
    assert race.remaining_s(2, 0.5) == pytest.approx(5 + (30 + 10) / 2)
    hands[0] += 5
    assert race.remaining_s(3, 0.95) == pytest.approx(0)


def test_it_is_said_beside_the_progress():
    assert share_done("features", 50, 100) == 0.45
    assert step_progress("a", 2, 4, "features", 50, 100, 185.2) == (
        1.45 / 4,
        "a (2 of 4): computing features, 50 of 100 images, about 3 min 05 s left",
    )
    assert step_progress("a", 1, 4, "prepare", 0, 0)[1].endswith("loading the network")
