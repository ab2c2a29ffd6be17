import io

import numpy as np
import pytest
from PIL import Image

from tlcore.data.pixels import thumbnails as making
from tlcore.data.pixels.sources import ArraySource, FileSource
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.system.cache import DiskCache


@pytest.fixture
def source(root) -> FileSource:
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(root / "large.jpg", exif=exif)
    Image.new("RGB", (20, 10), "red").save(root / "small.png")
    (root / "broken.png").write_bytes(b"nothing")
    return FileSource(root)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_thumbnails_are_small_upright_jpegs(source):
    made = thumbnails(source, ["large.jpg", "small.png"])
    assert [opened(data).format for data in made.values()] == ["JPEG", "JPEG"]
    assert opened(made["large.jpg"]).size == (85, 128)
    assert opened(made["small.png"]).size == (20, 10)
    assert np.abs(np.subtract(opened(made["small.png"]).getpixel((5, 5)), (255, 0, 0))).max() < 8


def test_an_unreadable_image_has_none(source):
    assert thumbnails(source, ["broken.png", "none.png"]) == {}


def test_arrays_have_thumbnails_too():
    pixels = np.full((2, 28, 28), 200, np.uint8)
    made = thumbnails(ArraySource({"train": pixels}), ["train/1"])
    assert opened(made["train/1"]).size == (28, 28)


def test_only_large_files_are_kept_and_not_read_again(source, home, monkeypatch):
    first = thumbnails(source, ["large.jpg", "small.png"])
    assert len(list(home.rglob("*.jpg"))) == 1
    monkeypatch.setattr(making, "encode_jpeg", lambda image, size_px: b"made anew")
    again = thumbnails(source, ["large.jpg", "small.png"])
    assert again == {"large.jpg": first["large.jpg"], "small.png": b"made anew"}


def test_a_changed_file_gets_a_new_thumbnail(source, root):
    thumbnails(source, ["large.jpg"])
    Image.effect_noise((500, 250), 80).save(root / "large.jpg", quality=100)
    assert opened(thumbnails(source, ["large.jpg"])["large.jpg"]).size == (128, 64)


def test_the_oldest_are_dropped(root, home, monkeypatch):
    monkeypatch.setattr(making, "_CACHE", DiskCache("thumbnails", ".jpg", max_entries=4))
    monkeypatch.setattr(making, "WORTH_KEEPING_BYTES", 0)
    for number in range(9):
        Image.new("RGB", (9, 9), (number, 0, 0)).save(root / f"{number}.png")
        thumbnails(FileSource(root), [f"{number}.png"])
    assert len(list(home.rglob("*.jpg"))) <= 4
