"""The temperature: it makes overconfident logits match their accuracy, and says how sure it is itself."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tlcore.evaluation.metrics import losses
from tlcore.evaluation.temperature import HIGHEST, MOST_IMAGES, fit_temperature, temperature_words


def overconfident(images, factor, classes=3, seed=0):
    """Logits that are `factor` times those that the targets are drawn from."""
    draw = np.random.default_rng(seed)
    true_NC = draw.normal(0, 2, (images, classes))
    chances_NC = np.exp(true_NC) / np.exp(true_NC).sum(1, keepdims=True)
    targets_N = (chances_NC.cumsum(1) < draw.random((images, 1))).sum(1)
    return (factor * true_NC).astype(np.float32), targets_N


def test_it_has_the_least_cross_entropy():
    logits, targets = overconfident(300, 2.5)
    found = fit_temperature(logits, targets)
    best = minimize_scalar(lambda t: losses(logits / np.float32(t), targets).mean(), bounds=(0.5, 6), method="bounded")
    assert found.value == pytest.approx(best.x, rel=0.01)
    assert found.low < found.value < found.high
    assert not found.is_shaky


def test_the_interval_contains_the_true_temperature_about_as_often_as_it_says():
    hits = 0
    for seed in range(40):
        found = fit_temperature(*overconfident(120, 2.0, seed=seed))
        hits += found.low <= 2.0 <= found.high
    assert hits >= 34


def test_more_images_make_it_surer_and_thousands_are_drawn_from():
    few, many = (fit_temperature(*overconfident(images, 2.0)) for images in (60, MOST_IMAGES + 1000))
    assert many.high - many.low < (few.high - few.low) / 4
    assert many.images == MOST_IMAGES
    assert few.is_shaky
    assert "shaky: fewer than 100 images" in temperature_words(few)
    assert temperature_words(few).startswith(f"Temperature {few.value:.2f} (95 % interval ")


def test_without_a_mistake_there_is_none_to_fit():
    logits = 3 * np.eye(4, dtype=np.float32)
    found = fit_temperature(logits, np.arange(4))
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert "all 4 images are right" in temperature_words(found)


def test_a_head_that_only_guesses_gets_the_highest():
    draw = np.random.default_rng(1)
    found = fit_temperature(draw.normal(0, 5, (200, 2)).astype(np.float32), draw.integers(0, 2, 200))
    assert found.value == pytest.approx(HIGHEST)
    assert "at the limit" in temperature_words(found)
