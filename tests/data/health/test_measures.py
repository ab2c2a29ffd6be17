import io

import numpy as np
import pytest
from PIL import Image

from tlcore.data.health.measures import LIKENESS_PX, measure, perceptual_hash
from tlcore.data.pixels.sources import ArraySource, FileSource
from tlcore.words import CHANNELS


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 20, 30, 3), dtype=np.uint8)


@pytest.fixture
def source(root, pixels) -> FileSource:
    root.joinpath("a").mkdir()
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(root / f"a/{number}.png")
    return FileSource(root)


def test_means_and_deviations_are_those_of_the_pixels(source, pixels):
    columns = measure(source, [f"a/{number}.png" for number in range(5)])
    for index, channel in enumerate(CHANNELS):
        values = pixels[..., index].reshape(5, -1) / 255
        np.testing.assert_allclose(columns[f"{channel}_mean"], values.mean(1), rtol=1e-12)
        np.testing.assert_allclose(columns[f"{channel}_std"], values.std(1), rtol=1e-9)


def test_the_hash_is_that_of_imagehash(source, pixels):
    phash = pytest.importorskip("imagehash").phash
    hashes = measure(source, [f"a/{number}.png" for number in range(5)])["hash"]
    expected = [int(str(phash(Image.fromarray(image))), 16) for image in pixels]
    assert [int(value) for value in hashes] == expected


def test_a_file_is_described_by_its_content(root, source):
    Image.new("RGB", (8, 4), (255, 0, 0)).save(root / "photo.jpg", "PNG")
    columns = measure(source, ["photo.jpg", "a/0.png"])
    assert columns["format"] == ["PNG", "PNG"]
    assert columns["extension_agrees"] == [False, True]
    assert (columns["width"][0], columns["height"][0]) == (8, 4)
    assert columns["bytes"][0] == (root / "photo.jpg").stat().st_size
    assert columns["contrast"][0] == 0
    assert columns["dark"][0] == columns["bright"][0] == pytest.approx(76 / 255)


def test_a_turned_photograph_has_its_upright_size(root, source):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 4)).save(root / "turned.jpg", exif=exif)
    columns = measure(source, ["turned.jpg"])
    assert (columns["width"], columns["height"], columns["turned"]) == ([4], [8], [True])


def test_equal_pixels_have_one_digest_whatever_the_format(root, source, pixels):
    Image.fromarray(pixels[0]).save(root / "same.bmp")
    Image.fromarray(pixels[0].reshape(30, 20, 3)).save(root / "other.bmp")
    png, bmp, other = measure(source, ["a/0.png", "same.bmp", "other.bmp"])["digest"]
    assert png == bmp != other


def test_an_unreadable_file_has_a_reason_and_no_figures(root, source):
    (root / "broken.png").write_bytes(b"\x89PNG")
    columns = measure(source, ["broken.png", "a/0.png", "none.png"])
    assert columns["reason"][0].startswith("not an image")
    assert columns["reason"][1:] == ["", "file not found"]
    assert np.isnan(columns["brightness"]).tolist() == [True, False, True]
    assert columns["digest"][0] == ""


def test_arrays_are_measured_like_files(source, pixels):
    arrays = ArraySource({"train": pixels, "grey": pixels[..., 0]})
    files = measure(source, ["a/3.png"])
    memory = measure(arrays, ["train/3"])
    for name in ("digest", "grey", "width", "height", "extension_agrees"):
        assert memory[name] == files[name]
    assert memory["hash"] == files["hash"]
    assert measure(arrays, ["grey/1"])["red_mean"] == pytest.approx([pixels[1, ..., 0].mean() / 255])


def test_dark_and_bright_leave_out_one_percent_at_each_end():
    grey = np.full((1, 100, 100), 100, np.uint8)
    grey[0, 0, :99], grey[0, -1, :99] = 0, 255
    columns = measure(ArraySource({"a": grey}), ["a/0"])
    assert columns["dark"][0] == columns["bright"][0] == pytest.approx(100 / 255)


def test_a_hash_hardly_changes_with_quality_and_brightness():
    draw = np.random.default_rng(1)
    image = Image.fromarray(draw.integers(0, 256, (6, 6), dtype=np.uint8)).resize((90, 90), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    versions = [image, Image.open(buffer), image.point(lambda value: value * 0.8)]
    greys = np.stack([np.asarray(version.convert("L").resize((LIKENESS_PX, LIKENESS_PX))) for version in versions])
    first, *others = perceptual_hash(greys)
    assert all(np.bitwise_count(first ^ other) <= 4 for other in others)
