import shutil
from pathlib import Path

from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.data.dataset import Dataset


def opened(path: Path | str, **settings) -> Dataset:
    return open_dataset(DataConfig(source=str(path), **settings))


def test_the_fingerprint_survives_moving_the_folder(dataset, root, tmp_path):
    before = fingerprint(dataset)
    shutil.move(root, tmp_path / "moved")
    assert fingerprint(opened(tmp_path / "moved")) == before


def test_the_fingerprint_shows_a_changed_pixel(dataset, root):
    before = fingerprint(dataset)
    with Image.open(root / "ants/0.png") as image:
        image.putpixel((0, 0), (1, 2, 3))
        image.save(root / "ants/0.png")
    assert fingerprint(dataset) != before


def test_the_fingerprint_shows_another_split(dataset, root):
    assert fingerprint(opened(root, split_seed=1)) != fingerprint(dataset)


def test_the_fingerprint_shows_a_new_or_missing_image(dataset, root):
    before = fingerprint(dataset)
    (root / "ants/0.png").unlink()
    missing = fingerprint(dataset)
    assert missing != before
    assert fingerprint(opened(root)) not in (before, missing)
