import gzip
import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.data.dataset import Dataset
from tlcore.data.formats.torchvision_sets import missing_files
from tlcore.errors import DatasetInvalid, DatasetNotFound, UnreadableImage


def opened(name: str, download: bool = False, **settings) -> Dataset:
    return open_dataset(DataConfig(source=name, **settings), download)


def test_fashion_mnist_is_found_on_disk_by_a_name_in_any_case(fashion):
    dataset = opened("fashionmnist")
    assert dataset.name == "FashionMNIST"
    assert dataset.classes[9] == "Ankle boot"
    assert [len(dataset.split(split)) for split in ("train", "val", "test")] == [80, 20, 10]
    assert dataset.made_splits == ("val",)
    assert "No val split: 20 % of train (20 images)" in dataset.notes[0]


def test_grey_images_are_given_as_rgb_and_can_be_changed(fashion):
    dataset = opened("FashionMNIST")
    image = dataset.source.load("train/00003")
    raw = np.frombuffer((fashion / "train-images-idx3-ubyte").read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
    assert image.dtype == torch.uint8
    assert image.shape == (3, 28, 28)
    assert all(np.array_equal(channel, raw[3]) for channel in image.numpy())
    image.zero_()
    assert dataset.source.load("train/00003").any()


def test_an_unknown_id_is_unreadable(fashion):
    for sample_id in ("train/99999", "train/-1", "dev/0", "train/x"):
        with pytest.raises(UnreadableImage, match="no such image"):
            opened("FashionMNIST").source.load(sample_id)


def test_a_changed_pixel_changes_the_fingerprint(fashion):
    before = fingerprint(opened("FashionMNIST"))
    path = fashion / "t10k-images-idx3-ubyte"
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    assert fingerprint(opened("FashionMNIST")) != before


def test_another_root_can_be_given(tmp_path, write_idx):
    write_idx(tmp_path / "mine/MNIST/raw", [*range(10)] * 3, [*range(10)])
    assert opened("mnist", images=str(tmp_path / "mine")).name == "MNIST"


def test_files_that_are_not_there_are_named_with_the_place_for_them(home):
    with pytest.raises(DatasetNotFound) as caught:
        opened("CIFAR10")
    message = str(caught.value)
    assert "CIFAR10 is not on this machine. Put these files into" in message
    assert caught.value.cli == "--download fetches them."
    assert str(home / "datasets/cifar-10-batches-py") in message
    assert "data_batch_5, test_batch, batches.meta" in message
    assert missing_files("cifar100") == [f"cifar-100-python/{name}" for name in ("train", "test", "meta")]


@pytest.mark.parametrize("name", ["FashionMNIST", "CIFAR100"])
def test_a_download_without_network_is_one_clear_error(name, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(
        DatasetNotFound, match=rf"(?s){name} could not be downloaded \(.*unreachable.*\).*Put these files"
    ):
        opened(name, download=True)


def test_archives_as_torchvision_downloads_them_are_unpacked(home, write_idx, monkeypatch):
    raw = write_idx(home / "datasets/MNIST/raw", [*range(10)] * 3, [*range(10)])
    resources = []
    for path in sorted(raw.iterdir()):
        packed = gzip.compress(path.read_bytes())
        (raw / f"{path.name}.gz").write_bytes(packed)
        path.unlink()
        resources.append((f"{path.name}.gz", hashlib.md5(packed).hexdigest()))
    with pytest.raises(DatasetNotFound):
        opened("MNIST")
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    assert len(opened("MNIST").samples) == 40


def test_a_damaged_file_is_named_as_such(fashion):
    path = fashion / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetInvalid, match=r"files of FashionMNIST in .* are damaged .* get them again"):
        opened("FashionMNIST")


@pytest.mark.parametrize("labels", [[0, 1], [*range(10)] * 9 + [*range(1, 11)]])
def test_labels_that_do_not_fit_the_images_are_refused(fashion, labels):
    (fashion / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, len(labels)) + bytes(labels))
    with pytest.raises(DatasetInvalid, match=r"Labels and images of FashionMNIST in .* do not match"):
        opened("FashionMNIST")


def test_cifar_is_read_in_colour(cifar):
    dataset = opened("cifar10")
    assert dataset.classes[:2] == ("label 0", "label 1")
    assert [len(dataset.split(split)) for split in ("train", "val", "test")] == [80, 20, 20]
    pixels = pickle.loads((cifar / "test_batch").read_bytes())["data"]
    assert np.array_equal(dataset.source.load("test/00007").numpy(), pixels[7].reshape(3, 32, 32))


def test_a_cifar_file_that_is_not_the_original_is_never_unpickled(cifar, tmp_path):
    class Payload:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (cifar / "test_batch").write_bytes(pickle.dumps(Payload()))
    with pytest.raises(DatasetInvalid, match=r"files of CIFAR10 in .* are damaged"):
        opened("CIFAR10")
    assert not (tmp_path / "ran").exists()
