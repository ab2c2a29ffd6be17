import numpy as np
import pytest

from tlcore.evaluation.metrics import (
    accuracy,
    class_scores,
    confusion,
    is_right,
    losses,
    macro_average,
    paired_test,
    top_k_accuracy,
    wilson_interval,
    wilson_intervals,
)


def logits_for(predictions, classes=3):
    """Logits whose largest entry is the given class."""
    return np.eye(classes, dtype=np.float32)[list(predictions)] * 4


def test_wilson_interval_is_the_published_one():
    # Newcombe (1998), table I, method 3: 81 of 263
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_wilson_interval_stays_within_0_and_1_and_needs_images():
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
    assert wilson_interval(0, 10)[0] == pytest.approx(0.0)
    with pytest.raises(ValueError, match="at least one image, not 0"):
        wilson_interval(0, 0)


def test_accuracy_counts_images():
    result = accuracy(logits_for([0, 1, 2, 2]), np.array([0, 1, 2, 0]))
    assert (result.correct, result.total, result.value) == (3, 4, 0.75)
    assert result.low < 0.75 < result.high


@pytest.mark.parametrize("classes", [2, 3])
def test_top_k_accuracy_is_the_share_with_the_class_among_the_k_largest(classes):
    logits, targets = logits_for([0, 1, 0, 1], classes), np.array([0, 1, 1, 0])
    assert top_k_accuracy(logits, targets, 1) == 0.5
    assert top_k_accuracy(logits, targets, classes) == 1.0
    assert top_k_accuracy(logits, targets, 9) == 1.0


def test_top_2_of_three_classes():
    logits = np.array([[3.0, 2.0, 1.0], [1.0, 3.0, 2.0]], dtype=np.float32)
    assert top_k_accuracy(logits, np.array([1, 0]), 2) == 0.5


def test_loss_is_the_cross_entropy_in_nats():
    assert losses(np.zeros((5, 4), dtype=np.float32), np.arange(5) % 4).mean() == pytest.approx(np.log(4))


def test_class_scores_are_zero_for_a_class_that_is_never_predicted_or_absent():
    scores = class_scores(logits_for([0, 0, 0], 3), np.array([0, 0, 1]), ("a", "b", "c"))
    assert scores[0].precision == pytest.approx(2 / 3)
    assert (scores[0].recall, scores[0].support) == (1.0, 2)
    assert (scores[1].precision, scores[1].recall, scores[1].f1, scores[1].support) == (0, 0, 0, 1)
    assert scores[2].support == 0


def test_confusion_has_the_true_class_in_rows():
    assert confusion(logits_for([0, 2, 2]), np.array([0, 0, 2])).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_mcnemar_counts_what_changed_and_gives_the_exact_binomial_p():
    targets = np.zeros(98, dtype=np.int64)
    first = logits_for([1] * 12 + [0] * 86)
    second = logits_for([0] * 12 + [1] * 4 + [0] * 82)
    test = paired_test(is_right(first, targets), is_right(second, targets))
    assert (test.fixed, test.broken, test.total) == (12, 4, 98)
    assert test.p_value == pytest.approx(2 * sum(c / 2**16 for c in (1, 16, 120, 560, 1820)))


def test_mcnemar_of_equal_predictions_cannot_tell_them_apart():
    logits = logits_for([0, 1])
    assert paired_test(*[is_right(logits, np.array([0, 0]))] * 2).p_value == 1.0


def test_many_intervals_are_those_of_scipy():
    from scipy.stats import binomtest

    low, high = wilson_intervals([0, 3, 50, 98], [5, 7, 98, 98])
    for column, (correct, total) in enumerate([(0, 5), (3, 7), (50, 98), (98, 98)]):
        expected = binomtest(correct, total).proportion_ci(0.95, method="wilson")
        assert (low[column], high[column]) == pytest.approx((expected.low, expected.high))


def test_an_interval_of_nothing_is_not_a_number():
    low, high = wilson_intervals([0, np.nan], [0, 10])
    assert np.isnan([*low, *high]).all()


def test_more_right_images_than_images_are_refused():
    with pytest.raises(ValueError, match="5 of 4 images cannot be right"):
        wilson_interval(5, 4)


@pytest.mark.parametrize(("fixed", "broken"), [(12, 4), (3, 3), (0, 1), (37, 20), (0, 9)])
def test_the_p_value_is_that_of_the_binomial_test(fixed, broken):
    from scipy.stats import binomtest

    first = np.array([False] * fixed + [True] * broken + [True] * 10)
    second = np.array([True] * fixed + [False] * broken + [True] * 10)
    assert paired_test(first, second).p_value == pytest.approx(binomtest(fixed, fixed + broken, 0.5).pvalue)


def test_the_macro_average_counts_each_class_alike_and_leaves_out_absent_ones():
    scores = class_scores(logits_for([0, 0, 0, 1]), np.array([0, 0, 0, 0]), ("a", "b", "c"))
    average = macro_average(scores)
    assert (average.recall, average.support) == (0.75, 4)
    both = macro_average(class_scores(logits_for([0, 0, 0, 0]), np.array([0, 0, 0, 1]), ("a", "b", "c")))
    assert both.recall == 0.5
