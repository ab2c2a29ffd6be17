"""Large JPEGs unpacked at a smaller scale, as a transform says."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.photographs import jpeg, photograph
from tlcore.data.pixels.images import decode
from tlcore.data.pixels.sources import ArraySource, FileSource
from tlcore.data.pixels.tensors import to_tensor
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

REDUCED = TransformSpec(operations=(Resize(size=32), CenterCrop(size=28)), decode="reduced")
FULL = REDUCED.model_copy(update={"decode": "full"})


def view(data: bytes, transform: TransformSpec) -> np.ndarray:
    image_CHW = to_tensor(decode(data, transform=transform).image)
    return transform.build_operations()(image_CHW).numpy().astype(int)


@pytest.mark.parametrize(
    ("size", "reduced"), [((640, 480), (160, 120)), ((512, 512), (64, 64)), ((100, 100), (100, 100))]
)
def test_a_jpeg_is_unpacked_at_the_scale_of_the_transform(size, reduced):
    data = jpeg(photograph(*size))
    assert decode(data, transform=REDUCED).image.size == reduced
    assert decode(data, transform=FULL).image.size == decode(data).image.size == size


@pytest.mark.parametrize(
    ("size", "mean"),
    [((640, 480), 0.5), ((643, 485), 0.5), ((389, 388), 0.6), ((517, 1043), 1.3), ((1043, 517), 1.3)],
    ids=lambda value: str(value),
)
def test_a_reduced_image_gives_almost_the_same_view(size, mean):
    data = jpeg(photograph(*size))
    assert decode(data, transform=REDUCED).image.size != size
    difference = np.abs(view(data, REDUCED) - view(data, FULL))
    assert 0 < difference.mean() < mean
    assert difference.max() <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_image_is_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = jpeg(photograph(643, 485), exif=exif)
    assert np.abs(view(data, REDUCED) - view(data, FULL)).mean() < 0.5


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_sides_count_as_they_are_in_the_upright_image(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    wide = TransformSpec(operations=(Resize(size=(30, 120)),), decode="reduced")
    upright = decode(jpeg(photograph(480, 480 * 2), exif=exif), transform=wide).image.size
    assert upright == ((240, 480) if orientation == 1 else (240, 120))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colours_are_reduced_too(mode):
    image = decode(jpeg(photograph(640, 480).convert(mode)), transform=REDUCED).image
    assert (image.size, image.mode) == ((160, 120), "RGB")


def test_other_formats_are_unpacked_in_full():
    file = io.BytesIO()
    photograph(640, 480).save(file, "WEBP")
    assert decode(file.getvalue(), transform=REDUCED).image.size == (640, 480)


def test_an_image_above_the_limit_of_whole_pixels_is_reduced_by_the_larger_factor(monkeypatch):
    data = jpeg(photograph(640, 480))
    for limit, size in ((10_000, (80, 60)), (160 * 120, (160, 120)), (10**6, (160, 120))):
        monkeypatch.setattr("tlcore.data.pixels.cost.WHOLE_PIXELS", limit)
        assert decode(data, transform=REDUCED).image.size == size


def test_sources_unpack_for_a_transform(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(photograph(640, 480)))
    files = FileSource(tmp_path)
    assert files.load("a.jpg", REDUCED).shape == (3, 120, 160)
    assert files.load("a.jpg").shape == (3, 480, 640)
    arrays = ArraySource({"train": np.zeros((1, 50, 60), np.uint8)})
    assert torch.equal(arrays.load("train/0", REDUCED), arrays.load("train/0"))
