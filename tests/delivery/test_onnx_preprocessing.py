import numpy as np
import onnxruntime
import pytest
import torch

from tlcore.delivery.onnx_preprocessing import preprocessing_graph
from tlcore.errors import ConfigError
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, Resize, TransformSpec

SIZES = [(75, 114), (114, 75), (60, 47), (40, 66), (3, 5), (300, 31)]


def pixels_of(transform: TransformSpec, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """What the graph makes of a random image, and what torchvision does, both in steps of 1 of 255."""
    session = onnxruntime.InferenceSession(
        preprocessing_graph(transform).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    image_HWC = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = session.run(None, {"images": image_HWC[None]})[0][0]
    expected = transform.build()(torch.from_numpy(image_HWC).permute(2, 0, 1)).numpy()
    steps = 255 * np.reshape(transform.std, (3, 1, 1))
    return found * steps, expected * steps


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "nearest", "nearest-exact"])
@pytest.mark.parametrize(
    "operations",
    [
        lambda how: (Resize(size=40, interpolation=how), CenterCrop(size=32)),
        lambda how: (Resize(size=(33, 50), interpolation=how),),
        lambda how: (Resize(size=30, interpolation=how), CenterCrop(size=(37, 41))),
    ],
    ids=["shorter side, crop", "both sides", "crop with black around"],
)
def test_the_graph_gives_torchvisions_pixels(operations, interpolation):
    transform = TransformSpec(operations=operations(interpolation))
    for height, width in SIZES:
        found, expected = pixels_of(transform, height, width)
        assert found.shape == expected.shape
        apart = np.abs(found - expected)
        assert apart.max() < 1.1  # a sum of weights in float32 may be rounded the other way
        assert (apart > 0.1).mean() < 0.002


def test_a_batch_of_images_is_prepared_image_by_image():
    transform = TransformSpec(operations=(Resize(size=24), CenterCrop(size=20)))
    session = onnxruntime.InferenceSession(
        preprocessing_graph(transform).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    images = np.random.default_rng(0).integers(0, 256, (3, 50, 61, 3), dtype=np.uint8)
    (together,) = session.run(None, {"images": images})
    alone = [session.run(None, {"images": image[None]})[0][0] for image in images]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_what_cannot_be_made_equal_is_not_offered():
    with pytest.raises(ConfigError, match="RandomHorizontalFlip cannot be a part of an ONNX file"):
        preprocessing_graph(TransformSpec(operations=(RandomHorizontalFlip(),)))
