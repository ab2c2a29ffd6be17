from dataclasses import replace

import pytest

from tlcore.evaluation.metrics import Accuracy, PairedTest
from tlcore.evaluation.selection import Selection
from tlcore.evaluation.words import many_candidates_words, p_value_words, paired_words, selection_words

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


def test_a_p_value_keeps_two_digits():
    assert p_value_words(0.0432) == "p = 0.043"


def test_many_candidates_are_warned_of_and_two_are_not():
    assert many_candidates_words(2) is None
    assert "28 epochs to pick the two from" in (many_candidates_words(28) or "")
    assert "too small" in (many_candidates_words(28) or "")


def test_the_best_on_test_is_said_to_be_optimistic():
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
