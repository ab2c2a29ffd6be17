"""The validation view in a lesson, made without torch, equals torchvision's."""

import numpy as np
import pytest
from PIL import Image

from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec
from ui.recipes.views import evaluation_picture


@pytest.mark.parametrize(
    "operations",
    [
        (Resize(size=256),),
        (Resize(size=256), CenterCrop(size=224)),
        (Resize(size=255), CenterCrop(size=(101, 200))),
        (Resize(size=(90, 61)),),
    ],
)
@pytest.mark.parametrize("size", [(640, 427), (427, 640), (333, 500)])
def test_a_drawn_view_is_what_torchvision_makes(operations, size):
    from torchvision.transforms import v2

    across, down = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    image = Image.fromarray(np.stack([across, down, across[::-1]], axis=-1).astype(np.uint8))
    steps = [
        v2.Resize(step.size, antialias=True) if isinstance(step, Resize) else v2.CenterCrop(step.size)
        for step in operations
    ]
    expected = v2.Compose(steps)(image)
    drawn = evaluation_picture(image, TransformSpec(operations=operations))
    assert drawn.size == expected.size
    assert np.abs(np.asarray(drawn, dtype=int) - np.asarray(expected, dtype=int)).max() <= 1
