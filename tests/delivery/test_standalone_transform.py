"""The transform of a bundle, with numpy alone, gives the pixels of torchvision."""

import platform

import numpy as np
import pytest
import torch

from tests.support.photographs import jpeg, photograph
from tlcore.data.pixels.images import decode
from tlcore.data.pixels.tensors import to_tensor
from tlcore.delivery.standalone.transform import Transform
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

SIZES = [(64, 90), (90, 64), (200, 151), (33, 33), (21, 300), (3, 5)]  # width, height
WHOLE = platform.machine() in ("aarch64", "arm64") or torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "nearest", "nearest-exact"])
@pytest.mark.parametrize("size", [24, 40, (29, 50)])
def test_an_image_is_resized_cropped_and_normalised_as_by_torchvision(interpolation, size):
    spec = TransformSpec(operations=(Resize(size=size, interpolation=interpolation), CenterCrop(size=(31, 28))))
    transform, build = Transform.parse(spec.model_dump_json()), spec.build()
    for width, height in SIZES:
        image = photograph(width, height)
        expected = build(to_tensor(image)).numpy()
        found = transform(image)
        assert found.dtype == np.float32
        steps = np.abs(found - expected) * 255 * np.reshape(spec.std, (3, 1, 1))
        assert steps.max() <= (0 if WHOLE else 1.01), (width, height)


@pytest.mark.parametrize("operations", [(CenterCrop(size=30),), (CenterCrop(size=30), Resize(size=24)), ()])
def test_what_comes_first_decides_how_a_jpeg_is_unpacked(operations):
    for first in ((Resize(size=(16, 24)),), (Resize(size=16),), ()):
        spec = TransformSpec(operations=(*first, *operations), decode="reduced")
        transform = Transform.parse(spec.model_dump_json())
        for size in ((320, 240), (323, 245), (150, 333), (101, 75), (31, 60)):
            data = jpeg(photograph(*size))
            ours, theirs = (decode(data, transform=each).image for each in (transform, spec))
            assert ours.size == theirs.size
            assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_all_pixels_are_unpacked_unless_the_transform_says_otherwise():
    assert Transform.parse(TransformSpec(operations=(Resize(size=16),)).model_dump_json()).reduction((999, 999)) == 1


def test_an_operation_that_it_does_not_know_is_refused():
    with pytest.raises(ValueError, match="unknown operation RandomCrop"):
        Transform.parse('{"operations": [{"op": "RandomCrop", "size": 8}], "mean": [0, 0, 0], "std": [1, 1, 1]}')
