import numpy as np
import pytest

from tlcore.evaluation.calibration import calibration, calibration_change


def with_confidence(confidences):
    """Two-class logits whose softmax gives class 0 these probabilities."""
    p = np.array(confidences)
    return np.stack([np.log(p), np.log1p(-p)], axis=1).astype(np.float32)


def test_the_error_is_the_weighted_distance_of_confidence_and_accuracy():
    # bin (0.9, 1.0]: 4 images, 95 % sure, 3 right; bin (0.6, 0.7]: 2 images, 65 % sure, both right
    logits, targets = with_confidence([0.95] * 4 + [0.65] * 2), np.array([0, 0, 0, 1, 0, 0])
    found = calibration(logits, targets)
    assert found.error == pytest.approx((4 * 0.20 + 2 * 0.35) / 6, abs=1e-6)
    assert found.table["images"].tolist() == [2, 4]
    assert found.table["accuracy"].tolist() == [1.0, 0.75]
    assert found.table["confidence"].tolist() == pytest.approx([0.65, 0.95])
    assert found.table[["from", "to"]].to_numpy().tolist() == [pytest.approx([0.6, 0.7]), pytest.approx([0.9, 1.0])]


def test_perfectly_sure_and_right_has_no_error():
    logits = np.array([[400.0, 0.0], [0.0, 400.0]], dtype=np.float32)
    found = calibration(logits, np.array([0, 1]))
    assert found.error == 0.0
    assert found.table["images"].tolist() == [2]


def drawn(images, factor, seed=0):
    """Two-class logits that are `factor` times those that say how often class 0 is right."""
    draw = np.random.default_rng(seed)
    margin = np.abs(draw.normal(0, 3, images))
    targets = (draw.random(images) > 1 / (1 + np.exp(-margin))).astype(int)
    return np.stack([factor * margin, np.zeros(images)], axis=1).astype(np.float32), targets


def test_the_right_temperature_makes_the_error_smaller_and_the_interval_shows_it():
    logits, targets = drawn(600, 3.0)
    found = calibration_change(logits, targets, 3.0)
    assert found.before.value == pytest.approx(calibration(logits, targets).error)
    assert found.after.value == pytest.approx(calibration(logits, targets, temperature=3.0).error)
    assert found.before.low < found.before.value < found.before.high
    assert found.gain.low > 0
    assert found.images == 600
    assert found.after.value < 3 * found.by_chance


def test_few_images_show_an_error_even_where_there_is_none_and_the_interval_reaches_zero():
    errors, at_zero, by_chance = [], 0, []
    for seed in range(30):
        found = calibration_change(*drawn(60, 1.0, seed), 1.0)
        errors.append(found.before.value)
        by_chance.append(found.by_chance)
        at_zero += found.before.low < 0.01
        assert (found.gain.value, found.gain.low, found.gain.high) == (0, 0, 0)
    assert np.mean(errors) == pytest.approx(np.mean(by_chance), abs=0.02)
    assert at_zero >= 18


def test_a_temperature_changes_the_confidence_of_the_table():
    logits = with_confidence([0.9] * 10)
    table = calibration(logits, np.zeros(10, int), temperature=2.0).table
    assert table["confidence"].tolist() == pytest.approx([0.75])
