"""Answering only where the model is sure: shares, accuracies, and the threshold for a wish."""

import numpy as np
import pytest

from tlcore.errors import WishNotMet
from tlcore.evaluation.answering import answered_at, answered_words, answering_table, choose_threshold, wish_words
from tlcore.evaluation.answers import Wish
from tlcore.evaluation.metrics import wilson_interval

SURE = np.array([0.99, 0.95, 0.9, 0.8, 0.8, 0.6])
RIGHT = np.array([True, True, False, True, True, False])


def right(value):
    return Wish(kind="right", value=value)


def unanswered(value):
    return Wish(kind="unanswered", value=value)


def test_the_table_has_a_row_for_each_number_of_answers_that_a_threshold_can_give():
    table = answering_table(SURE, RIGHT)
    assert table["answered"].tolist() == [1, 2, 3, 5, 6]  # the two that are equally sure go together
    assert table["right"].tolist() == [1, 2, 2, 4, 4]
    assert table["threshold"].tolist() == pytest.approx([0.97, 0.925, 0.85, 0.7, 0.0])
    for row in table.to_dict("records"):
        found = answered_at(SURE, RIGHT, row["threshold"])
        assert (found.answered, found.right) == (row["answered"], row["right"])
        assert (row["share_low"], row["share_high"]) == pytest.approx(wilson_interval(found.answered, 6))
        assert (row["low"], row["high"]) == pytest.approx(wilson_interval(found.right, found.answered))


def test_for_a_share_of_right_answers_as_many_images_as_possible_are_answered():
    assert choose_threshold(SURE, RIGHT, right(0.8)) == pytest.approx(0.7)  # 4 of 5, though 2 of 3 is less
    sure, correct = np.linspace(1, 0.5, 100), np.arange(100) != 60
    assert answered_at(sure, correct, choose_threshold(sure, correct, right(0.99))).answered == 100
    assert choose_threshold(sure, correct, right(0.99)) == 0.0


def test_a_wish_that_val_cannot_meet_is_said_with_what_it_can():
    with pytest.raises(WishNotMet, match=r"no threshold makes 75 % of at least 4 answers right.*70\.0 %.*10 answers"):
        choose_threshold(np.linspace(1, 0.5, 10), np.arange(10) > 2, right(0.75))


def test_a_few_right_answers_at_the_top_are_not_enough():
    with pytest.raises(WishNotMet, match=r"75 % of at least 4 answers right\. The most is 50\.0 %, of 4 answers to 10"):
        choose_threshold(np.linspace(1, 0.5, 10), np.arange(10) < 2, right(0.75))


def test_a_share_that_so_few_images_cannot_show_is_refused():
    with pytest.raises(WishNotMet, match=r"98 % right can only be seen among 50 answers or more, and val has 6 images"):
        choose_threshold(SURE, RIGHT, right(0.98))


@pytest.mark.parametrize(("value", "answered"), [(0.1, 6), (0.17, 5), (0.49, 5), (0.5, 3), (0.9, 1)])
def test_at_most_so_many_images_stay_unanswered(value, answered):
    threshold = choose_threshold(SURE, RIGHT, unanswered(value))
    assert answered_at(SURE, RIGHT, threshold).answered == answered


def test_confidences_that_an_export_may_swap_are_not_told_apart():
    sure = np.array([0.9, 0.5 + 1e-8, 0.5])
    assert answering_table(sure, np.ones(3, bool))["answered"].tolist() == [1, 3]


def test_the_words():
    found = answered_at(np.r_[np.full(92, 0.9), np.full(8, 0.3)], np.arange(100) != 50, 0.5)
    assert answered_words(found, "test") == (
        "Answers 92 % (85–96) of the 100 images of test, 99 % (94–100) of those right."
    )
    none = answered_at(np.array([0.5]), np.array([True]), 0.9)
    assert answered_words(none, "test") == "Answers 0 % (0–79) of the 1 image of test."
    assert wish_words(right(0.985)) == "98.5 % right"
    assert wish_words(unanswered(0.1)) == "at most 10 % unanswered"
    assert wish_words(None) == "an answer to every image"
