"""Predictors with random values, for tests of what stands on one."""

from collections.abc import Sequence

import torch

from tlcore.evaluation.predict import Predictor
from tlcore.models.build import build_model
from tlcore.models.zoo import find_architecture
from tlcore.system.device import choose_device
from tlcore.transforms.spec import TransformSpec

VIEW = {"operations": [{"op": "Resize", "size": 36}, {"op": "CenterCrop", "size": 32}], "decode": "reduced"}


def small_predictor(classes: Sequence[str]) -> Predictor:
    """A small_cnn for images of 32 px, on the CPU in fp32; always with the same values."""
    torch.manual_seed(0)
    return Predictor(
        title="run test, epoch 1",
        classes=tuple(classes),
        transform=TransformSpec.model_validate(VIEW),
        architecture=find_architecture("small_cnn"),
        model=build_model("small_cnn", "none", len(classes)).eval(),
        choice=choose_device("cpu", "fp32"),
        epoch=1,
    )
