import numpy as np
import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.health.scan import scan
from tlcore.data.health.sizes import image_sizes
from tlcore.data.pixels.sources import ArraySource


@pytest.fixture
def dataset(make_images):
    root = make_images(train=4, val=2)
    upright = Image.Exif()
    upright[0x0112] = 6  # EXIF orientation: rotated by 90 degrees
    Image.new("RGB", (90, 30)).save(root / "train/blue/turned.jpg", exif=upright)
    (root / "train/blue/zzz.jpg").write_bytes(b"no image")
    return open_dataset(DataConfig(source=str(root)))


def exhaust(generator):
    for _ in generator:
        pass


@pytest.mark.parametrize("scanned", [False, True])
def test_sizes_are_those_of_upright_readable_images_of_the_split(dataset, scanned):
    if scanned:
        exhaust(scan(dataset))
    sizes = image_sizes(dataset)
    assert sorted(zip(sizes["height"], sizes["width"], strict=True)) == [(36, 40)] * 8 + [(90, 30)]
    assert len(image_sizes(dataset, "val")) == 4
    assert len(image_sizes(dataset, "test")) == len(dataset.split("test"))


@pytest.mark.parametrize("scanned", [False, True])
def test_of_many_images_some_are_picked_evenly(dataset, scanned):
    if scanned:
        exhaust(scan(dataset))
    assert len(image_sizes(dataset, at_most=3)) in (2, 3)  # the damaged image may be one of them


def test_images_in_an_array_have_its_size():
    source = ArraySource({"train": np.zeros((3, 28, 27), dtype=np.uint8)})
    samples = tuple(Sample(f"train/{index}", 0, "train") for index in range(3))
    sizes = image_sizes(Dataset("digits", ("a", "b"), samples, source))
    assert sizes.to_numpy().tolist() == [[28, 27]] * 3
