import numpy as np
import torch

from tlcore.transforms.network_input import network_input
from tlcore.transforms.spec import TransformSpec

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
SPEC = TransformSpec(operations=(), mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.2))


def test_the_numbers_are_those_of_the_transform():
    expected = SPEC.build()(torch.from_numpy(IMAGE).permute(2, 0, 1))
    np.testing.assert_array_equal(network_input(SPEC, IMAGE).values_HWC, expected.permute(1, 2, 0))


def test_denormalised_input_is_the_image():
    np.testing.assert_array_equal(network_input(SPEC, IMAGE).brought_back(), IMAGE)


def test_stretched_runs_from_black_to_white_and_keeps_the_order():
    seen = network_input(SPEC, IMAGE)
    stretched = seen.stretched()
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert seen.values_HWC.argmax() in np.flatnonzero(stretched.ravel() == 255)


def test_a_flat_image_can_be_stretched():
    flat = TransformSpec(operations=(), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    assert network_input(flat, np.full((2, 2, 3), 7, dtype=np.uint8)).stretched().max() == 0


def test_ranges_are_per_channel():
    image = IMAGE.copy()
    image[..., 0] = 255
    ranges = network_input(SPEC, image).ranges().set_index("channel")
    np.testing.assert_allclose(ranges.loc["red", ["min", "mean", "max"]].astype(float), 1.8, rtol=1e-6)
    assert ranges.loc["red", "std"] < 1e-6 < ranges.loc["blue", "std"]
