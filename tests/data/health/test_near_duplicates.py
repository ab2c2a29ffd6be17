import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from tlcore.data.health import near_duplicates
from tlcore.data.health.measures import LIKENESS_PX, perceptual_hash
from tlcore.data.health.near_duplicates import MAX_MISFIT, misfit, near_duplicate_groups
from tlcore.system.drive import drive


def scene(seed: int) -> Image.Image:
    """Coloured boxes on a gradient: as different from each other as photographs."""
    draw = np.random.default_rng(seed)
    pixels = np.linspace(*draw.integers(0, 256, (2, 120, 3)), 160, axis=1)
    for _ in range(25):
        x, y, width, height = draw.integers(0, (150, 110, 60, 50))
        pixels[y : y + height + 4, x : x + width + 4] = draw.integers(0, 256, 3)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def groups(images: list[Image.Image], classes: list[int] | None = None) -> list[int]:
    size = (LIKENESS_PX, LIKENESS_PX)
    greys = np.stack([np.asarray(image.convert("L").resize(size, Image.Resampling.LANCZOS)) for image in images])
    labels = np.array(classes or [0] * len(images))
    return list(drive(near_duplicate_groups(perceptual_hash(greys), greys, labels)))


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    return [scene(seed) for seed in range(60)]


def recoded(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=40)
    return Image.open(buffer)


CHANGES = {
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "half the size": lambda image: image.resize((80, 60)),
    "grey": lambda image: image.convert("L"),
    "mirrored": lambda image: ImageOps.mirror(image),
    "mirrored and encoded anew": lambda image: recoded(ImageOps.mirror(image)),
    "cut": lambda image: image.crop((4, 3, 158, 117)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_grouped_with_its_original_and_nothing_else(scenes, change):
    found = groups([*scenes, CHANGES[change](scenes[7])])
    assert found[7] == found[-1] == 0
    assert [number for number in found if number >= 0] == [0, 0]


def test_different_images_are_not_grouped(scenes):
    assert groups(scenes) == [-1] * 60


def test_small_copies_are_found_too(scenes):
    small = [image.resize((28, 28), Image.Resampling.BILINEAR).convert("L") for image in scenes]
    found = groups([*small, CHANGES["cut"](scenes[7]).resize((28, 28), Image.Resampling.BILINEAR).convert("L")])
    assert [index for index, number in enumerate(found) if number >= 0] == [7, 60]


def test_groups_are_joined_and_numbered_in_order(scenes):
    images = [*scenes, CHANGES["brightened"](scenes[9]), CHANGES["grey"](scenes[9]), CHANGES["cut"](scenes[2])]
    found = groups(images)
    assert [found[index] for index in (2, 62, 9, 60, 61)] == [0, 0, 1, 1, 1]


def test_images_that_are_alike_by_nature_need_more_to_be_called_the_same():
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    images = [Image.fromarray((image * 15.9).astype(np.uint8)).resize((28, 28)) for image in digits.images[:900]]
    found = groups([*images, ImageEnhance.Brightness(images[3]).enhance(0.8)], [*digits.target[:900], 3])
    assert found[3] == found[-1] >= 0
    assert sum(number >= 0 for number in found) <= 4


def test_a_dark_corner_is_not_every_dark_corner(scenes):
    images = []
    for background, corner in ((240, 0), (100, 70)):
        pixels = np.full((32, 32), background, np.uint8)
        pixels[27:, 26:] = corner
        images.append(Image.fromarray(pixels))
    assert groups([*scenes, *images])[-2:] == [-1, -1]


def test_equal_light_with_other_details_does_not_fit():
    draw = np.random.default_rng(0)
    light = np.linspace(30, 220, 32)[:, None] + np.linspace(-20, 20, 32)
    details = [np.kron(draw.normal(0, 3, (16, 16)), np.ones((2, 2))) for _ in range(2)]
    greys = np.stack([light + detail for detail in details]).clip(0, 255).astype(np.uint8)
    assert misfit(greys, np.array([[0, 1]]))[0] > MAX_MISFIT
    assert misfit(greys, np.array([[0, 0]]))[0] < 0.001


def test_large_sets_are_compared_by_quarters_of_the_hash(scenes, monkeypatch):
    monkeypatch.setattr(near_duplicates, "EXHAUSTIVE", 10)
    found = groups([*scenes, CHANGES["less contrast"](scenes[7])])
    assert [index for index, number in enumerate(found) if number >= 0] == [7, 60]


def test_too_many_candidates_leave_the_closest(scenes, monkeypatch):
    monkeypatch.setattr(near_duplicates, "MAX_PAIRS", 2)
    monkeypatch.setattr(near_duplicates, "MAX_DISTANCE", 40)
    found = groups([*scenes, CHANGES["grey"](scenes[7])])
    assert found[7] == found[-1] == 0


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare_is_no_group(count):
    greys = np.zeros((count, LIKENESS_PX, LIKENESS_PX), np.uint8)
    assert list(drive(near_duplicate_groups(perceptual_hash(greys), greys, np.zeros(count, np.int64)))) == [-1] * count
