from dataclasses import replace

import pytest

from tlcore.evaluation.metrics import Accuracy, PairedTest
from tlcore.evaluation.selection import Selection
from tlcore.evaluation.words import (
    frozen_is_enough_words,
    many_candidates_words,
    p_value_words,
    paired_words,
    selection_words,
    verdict_of,
)

SELECTION = Selection("test", 9, Accuracy(94, 98, 0.9, 0.98), 6, Accuracy(96, 98, 0.93, 0.99), 0.0124, 14)


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (PairedTest(12, 4, 98, 0.0768), "12 images fixed, 4 broken, p = 0.077: not distinguishable with 98 images"),
        (PairedTest(1, 0, 98, 1.0), "1 image fixed, 0 broken, p = 1: not distinguishable with 98 images"),
        (PairedTest(53, 4, 98, 6e-12), "53 images fixed, 4 broken, p < 0.001: distinguishable with 98 images"),
        (PairedTest(0, 0, 98, 1.0), "no image fixed, none broken: the same ones are right, of 98 images"),
    ],
)
def test_mcnemar_in_words(test, words):
    assert paired_words(test) == words


def test_a_frozen_run_that_cannot_be_told_from_a_fine_tuned_one_is_said_to_be_enough():
    equal, better = PairedTest(3, 2, 98, 1.0), PairedTest(20, 1, 98, 1e-4)
    words = frozen_is_enough_words(("fine_tuning", "feature_extraction"), equal)
    assert words == frozen_is_enough_words(("feature_extraction", "fine_tuning"), equal)
    assert "do not show that fine-tuning is better" in (words or "")
    assert frozen_is_enough_words(("feature_extraction", "fine_tuning"), better) is None
    assert frozen_is_enough_words(("fine_tuning", "fine_tuning"), equal) is None
    assert frozen_is_enough_words(("from_scratch", "feature_extraction"), equal) is None


def test_a_p_value_keeps_two_digits():
    assert p_value_words(0.0432) == "p = 0.043"


def test_many_candidates_are_warned_of_and_two_are_not():
    assert many_candidates_words(2) is None
    assert "28 epochs to pick the two from" in (many_candidates_words(28) or "")
    assert "too small" in (many_candidates_words(28) or "")


def test_the_best_on_test_is_reported_as_optimistic():
    words = selection_words(SELECTION)
    assert "Epoch 6 looks 2.0 points better on test" in words
    assert "About 1.2 points of its 98.0 % are owed to having been chosen, out of 14 epochs" in words


def test_equal_epochs_and_the_same_epoch_have_their_own_words():
    equal = replace(SELECTION, best_accuracy=SELECTION.by_val_accuracy)
    assert "epoch 6 gets as many images right, with a lower loss" in selection_words(equal)
    assert "nothing was gained by looking there" in selection_words(replace(SELECTION, best=9))


def test_without_a_test_split_the_choice_itself_is_optimistic():
    assert "because there is no test split: the accuracy is optimistic" in selection_words(
        replace(SELECTION, split="val")
    )


def test_a_verdict_says_how_many_are_right_and_how_to_read_that(evaluate_by_hand):
    verdict = verdict_of(evaluate_by_hand(["✗" * 20, "✓" * 17 + "✗" * 3], best_by_val=1), ("ant", "bee"))
    assert verdict.headline == "Right on 17 of 20 new images: 85.0 %"
    assert verdict.reading.startswith("On other images of this kind, expect 64 to 95 %.")
    assert "That range is wide, because 20 images are few" in verdict.reading
    assert "commonest class every time would be right on 20." in verdict.reading
    assert verdict.keep.startswith("Keep epoch 1, the best one on val, chosen without a look at the test images")
    assert verdict.mistakes == "Of its 3 mistakes, the commonest is to take ant for bee: 3 of 20 images of ant."


def test_a_verdict_without_a_test_split_says_that_it_is_too_good(evaluate_by_hand):
    verdict = verdict_of(evaluate_by_hand(["✗✓✓", "✓✓✗"], best_by_val=1, split="val"), ("ant", "bee"))
    assert "Right on 2 of 3 val images" in verdict.headline
    assert "There is no test split: the same images chose the epoch" in verdict.reading


def test_a_verdict_where_nothing_was_learned_or_nothing_is_wrong(evaluate_by_hand):
    assert verdict_of(evaluate_by_hand(["✓✓", "✗✗"]), ("a", "b")).keep.startswith("No trained epoch is better on val")
    assert verdict_of(evaluate_by_hand(["✗✓", "✓✓"], best_by_val=1), ("a", "b")).mistakes == (
        "It made no mistake on them."
    )
