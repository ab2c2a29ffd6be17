import subprocess
import sys
from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset, save_samples
from tlcore.data.dataset import Dataset
from tlcore.errors import ConfigError, DatasetInvalid, DatasetNotFound


def opened(path: Path | str, **settings) -> Dataset:
    return open_dataset(DataConfig(source=str(path), **settings))


def test_a_folder_is_opened_by_its_path(dataset):
    assert dataset.classes == ("ants", "bees")


def test_a_table_is_opened_by_its_path(dataset, root):
    save_samples(dataset, root / "samples.csv")
    table = opened(root / "samples.csv")
    assert table.samples == dataset.samples
    assert table.made_splits == ()


def test_a_missing_dataset_lists_the_known_ones(tmp_path):
    with pytest.raises(DatasetNotFound, match=r"nothing at .*nowhere\. Give a folder .* FashionMNIST, MNIST, CIFAR10"):
        opened(tmp_path / "nowhere")


@pytest.mark.parametrize("source", ["a\0b", "~nobody-of-that-name/x"])
def test_a_path_that_cannot_be_one_is_not_found(source):
    with pytest.raises(DatasetNotFound):
        opened(source)


def test_an_archive_must_be_unpacked_first(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"PK")
    with pytest.raises(DatasetInvalid, match=r"set\.zip is neither a folder nor a table .*Unpack an archive first"):
        opened(tmp_path / "set.zip")


def test_images_do_not_go_with_a_folder(root):
    with pytest.raises(ConfigError, match="`images` goes with a table"):
        opened(root, images=".")


def test_opening_and_fingerprinting_a_folder_import_neither_torch_nor_pillow(dataset, root):
    code = (
        "import sys\n"
        "from tlcore.config import DataConfig\n"
        "from tlcore.data.catalog import fingerprint, open_dataset\n"
        f"fingerprint(open_dataset(DataConfig(source={str(root)!r})))\n"
        "assert not {'torch', 'torchvision', 'PIL'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
