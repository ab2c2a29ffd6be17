import numpy as np
import pytest

from tlcore.evaluation.calibration import calibration


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
