import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from tlcore.config import LossConfig
from tlcore.errors import ConfigError
from tlcore.training.optimisation.losses import class_weights, image_losses


def test_balanced_weights_are_scikit_learns():
    targets = np.array([0] * 6 + [1] * 3 + [2])
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=targets)
    ours = class_weights(LossConfig(class_weights="balanced"), ["a", "b", "c"], [6, 3, 1])
    assert ours.tolist() == pytest.approx(theirs.tolist())


def test_named_weights_leave_the_others_at_one():
    weights = class_weights(LossConfig(class_weights={"b": 3.0}), ["a", "b"], [1, 1])
    assert weights.tolist() == [1.0, 3.0]


def test_weight_for_an_unknown_class_says_which_there_are():
    with pytest.raises(ConfigError, match=r"Class weight for 'ant', which is no class. Did you mean 'ants'\?"):
        class_weights(LossConfig(class_weights={"ant": 2.0}), ["ants", "bees"], [1, 1])


def test_losses_are_per_image_and_their_mean_is_torchs():
    generator = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(7, 3, generator=generator), torch.randint(3, (7,), generator=generator)
    losses = image_losses(logits, targets, label_smoothing=0.1)
    assert losses.shape == (7,)
    torch.testing.assert_close(losses.mean(), torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.1))
