import pytest

from tlcore.errors import NotComparable
from tlcore.evaluation.compare import compare_predictions
from tlcore.runs.folder.predictions import Predictions

CLASSES = ("ants", "bees")


def test_fixed_and_broken_images_are_named(predict):
    comparison = compare_predictions(predict("0110"), predict("1010"), CLASSES, CLASSES)
    assert comparison.fixed == ("1.jpg",)
    assert comparison.broken == ("0.jpg",)
    assert comparison.both_wrong == ("2.jpg",)
    assert (comparison.test.fixed, comparison.test.broken, comparison.test.total) == (1, 1, 4)
    assert comparison.unshared == 0


def test_runs_on_different_images_are_compared_on_the_common_ones_in_any_order(predict):
    first = predict("01")
    second = Predictions(predict("111").logits_NC, predict("010").targets_N, ("new.jpg", "1.jpg", "other.jpg"))
    second.targets_N[1] = 0
    comparison = compare_predictions(first, second, CLASSES, CLASSES)
    assert comparison.both_wrong == ("1.jpg",)
    assert comparison.test.total == 1
    assert comparison.unshared == 3


def test_an_image_that_the_runs_label_differently_is_not_compared(predict):
    first, second = predict("00", targets="00"), predict("00", targets="01")
    assert compare_predictions(first, second, CLASSES, CLASSES).test.total == 1


def test_classes_are_matched_by_name_not_by_number(predict):
    first, second = predict("01", targets="01"), predict("10", targets="10")
    comparison = compare_predictions(first, second, CLASSES, ("bees", "ants"))
    assert (comparison.test.total, comparison.test.fixed, comparison.test.broken) == (2, 0, 0)


def test_runs_without_common_images_are_an_error_that_says_what_to_choose(predict):
    second = Predictions(predict("00").logits_NC, predict("00").targets_N, ("a.jpg", "b.jpg"))
    with pytest.raises(NotComparable, match="none of 2 and 2 is the same. Choose two runs on the same dataset"):
        compare_predictions(predict("01"), second, CLASSES, CLASSES)
