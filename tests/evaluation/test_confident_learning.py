"""Numbers worked out by hand: three classes would hide the arithmetic."""

import numpy as np

from tlcore.evaluation.confident_learning import confident_joint, normalised_margin, prune_by_noise_rate, ranked

P_FIRST = np.array([0.9, 0.8, 0.7, 0.2, 0.1, 0.3, 0.2, 0.9])
PROBABILITIES = np.stack([P_FIRST, 1 - P_FIRST], axis=1)
GIVEN = np.array([0, 0, 0, 0, 1, 1, 1, 1])
# thresholds: mean of (0.9, 0.8, 0.7, 0.2) is 0.65; mean of (0.9, 0.7, 0.8, 0.1) is 0.625


def test_the_joint_counts_images_that_are_confidently_of_a_class():
    assert confident_joint(PROBABILITIES, GIVEN).tolist() == [[3, 1], [1, 3]]


def test_an_image_that_is_confidently_of_no_class_does_not_count_and_the_rows_keep_their_number():
    probabilities = PROBABILITIES.copy()
    probabilities[0] = [0.5, 0.5]  # thresholds are 0.55 and 0.625 now
    np.testing.assert_allclose(confident_joint(probabilities, GIVEN), [[4 * 2 / 3, 4 / 3], [1, 3]])


def test_as_many_are_removed_as_the_joint_says_with_the_largest_margin():
    assert np.flatnonzero(prune_by_noise_rate(PROBABILITIES, GIVEN)).tolist() == [3, 7]


def test_the_margin_is_between_the_given_and_the_best_other_class():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    np.testing.assert_allclose(normalised_margin(probabilities, np.array([0, 1, 2])), [0.2, -0.2, -0.3])


def test_those_to_remove_come_first_and_then_the_least_certain():
    assert ranked(PROBABILITIES, GIVEN).tolist() == [7, 3, 2, 5, 1, 6, 0, 4]


def test_a_class_without_images_is_no_ones_label():
    probabilities = np.hstack([PROBABILITIES, np.zeros((8, 1))])
    assert confident_joint(probabilities, GIVEN)[:, 2].tolist() == [0, 0, 0]
