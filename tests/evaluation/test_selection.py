import numpy as np
import pytest

from tlcore.evaluation.selection import select_epoch, selection_optimism


def noisy_epochs(accuracies, images, seed):
    """Independent epochs, each with its own probability of a right answer, and uninformative losses."""
    draw = np.random.default_rng(seed)
    return draw.random((len(accuracies), images)) < np.array(accuracies)[:, None], np.zeros((len(accuracies), images))


def test_the_chosen_and_the_best_epoch_stand_side_by_side(evaluate_by_hand):
    selection = select_epoch(evaluate_by_hand(["✗✗✗✗", "✓✓✗✗", "✓✓✓✗"], best_by_val=1))
    assert (selection.by_val, selection.best) == (1, 2)
    assert (selection.by_val_accuracy.value, selection.best_accuracy.value) == (0.5, 0.75)
    assert selection.difference == 0.25
    assert selection.candidates == 3


def test_optimism_is_what_the_winner_loses_on_new_images():
    # all epochs are equally good: anything above 80 % is luck
    excess, estimates = [], []
    for seed in range(40):
        right_EN, losses_EN = noisy_epochs([0.8] * 20, 100, seed)
        excess.append(right_EN.mean(1).max() - 0.8)
        estimates.append(selection_optimism(right_EN, losses_EN))
    assert np.mean(excess) > 0.05
    assert np.mean(estimates) == pytest.approx(np.mean(excess), abs=0.015)


def test_a_clear_winner_owes_little_to_luck():
    right_EN, losses_EN = noisy_epochs([0.3, 0.4, 0.95], 200, 0)
    assert selection_optimism(right_EN, losses_EN) < 0.01


def test_a_single_candidate_or_equal_ones_have_no_optimism():
    right_EN, losses_EN = noisy_epochs([0.7], 50, 0)
    assert selection_optimism(right_EN, losses_EN) == 0.0
    assert selection_optimism(np.repeat(right_EN, 5, axis=0), np.repeat(losses_EN, 5, axis=0)) < 0.02


def test_the_estimate_is_the_same_each_time():
    right_EN, losses_EN = noisy_epochs([0.7, 0.72, 0.69], 60, 1)
    assert selection_optimism(right_EN, losses_EN) == selection_optimism(right_EN, losses_EN)
