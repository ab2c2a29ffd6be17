import os

import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset, Sample, Skipped
from tlcore.data.pixels.readable import DecodedImages, decode_all
from tlcore.system.drive import drive
from tlcore.transforms.spec import TransformSpec

IMAGE_BYTES = 3 * 4 * 3


@pytest.fixture
def dataset(root, put):
    put("ants", 20)
    put("bees", 20)
    (root / "ants/empty.jpg").write_bytes(b"")
    (root / "bees/page.jpg").write_bytes(b"<html>")
    Image.new("RGB", (4, 3)).save(root / "bees/really a bitmap.jpg", "BMP")
    return open_dataset(DataConfig(source=str(root)))


def for_training(dataset: Dataset) -> list[tuple[Sample, TransformSpec]]:
    return [(sample, TransformSpec(operations=())) for sample in dataset.samples]


def decoded_all(dataset: Dataset, budget_bytes: int) -> DecodedImages:
    return drive(decode_all(for_training(dataset), dataset.source, budget_bytes))


def test_unreadable_images_are_listed_and_the_rest_is_kept(dataset):
    decoded = decoded_all(dataset, 10**6)
    reasons = {skipped.id: skipped.reason for skipped in decoded.skipped}
    assert reasons.keys() == {"ants/empty.jpg", "bees/page.jpg"}
    assert reasons["ants/empty.jpg"] == "empty file"
    assert reasons["bees/page.jpg"].startswith("not an image")
    assert decoded.images is not None
    assert len(decoded.images) == 41
    assert decoded.images["bees/really a bitmap.jpg"].shape == (3, 3, 4)


def test_images_over_the_budget_are_all_dropped_but_all_are_checked(dataset):
    assert decoded_all(dataset, 41 * IMAGE_BYTES).images is not None
    decoded = decoded_all(dataset, 41 * IMAGE_BYTES - 1)
    assert decoded.images is None
    assert len(decoded.skipped) == 2


def test_each_sample_done_is_counted(dataset):
    assert list(decode_all(for_training(dataset), dataset.source, 0)) == list(range(1, 44))


def test_a_pipe_is_left_out_and_does_not_hang(dataset, root):
    (root / "ants/0.png").unlink()
    os.mkfifo(root / "ants/0.png")
    assert Skipped("ants/0.png", "not a plain file") in decoded_all(dataset, 0).skipped
