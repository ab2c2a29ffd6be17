"""Fixtures for all tests: a separate home, small datasets and configurations."""

import hashlib
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import order
from tests.support.photographs import COLOURS, write_colours
from tlcore.config import RunConfig, parse_config
from tlcore.hosting.limits.admission import limit_work
from tlcore.hosting.limits.quotas import limit_spaces

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for tiny tensors a second thread only waits


limit_work()
limit_spaces()  # as the server of a hosted dashboard does; it says nothing about a space without a host


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order.by_duration(items)


@pytest.hookimpl(optionalhook=True)  # without xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return order.scheduler(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty TLCORE_HOME."""
    folder = tmp_path / "home"
    monkeypatch.setenv("TLCORE_HOME", str(folder))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch-home"))
    return folder


@pytest.fixture(scope="session")
def _drawn_once(pytestconfig: pytest.Config) -> Path:
    """The demo dataset in pytest's cache, because drawing takes seconds. The cache key is the code that draws it."""
    from tlcore.data.formats.demo import demo_folder, draw_demo

    package = Path(__file__).parents[1] / "tlcore"
    sources = [package / "data/formats/demo.py", *sorted((package / "drawing").rglob("*.py"))]
    code = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(pytestconfig.cache.mkdir(f"demo-{code[:16]}")))
        for _ in draw_demo():
            pass
        return demo_folder()


@pytest.fixture
def drawn_demo(home: Path, _drawn_once: Path) -> Path:
    """The folder of a complete demo dataset for one test."""
    from tlcore.data.formats.demo import demo_folder

    shutil.copytree(_drawn_once, demo_folder())
    return demo_folder()


@pytest.fixture
def make_images(tmp_path: Path) -> Callable[..., Path]:
    """Writes class folders of noisy coloured images, 40 x 36 px: `make_images(train=10, val=5)` per class."""

    def make(folder: str = "colours", classes: int = 2, seed: int = 0, **splits: int) -> Path:
        root = tmp_path / folder
        write_colours(root, sorted(COLOURS)[:classes], seed, **splits)
        return root

    return make


@pytest.fixture
def colours(make_images: Callable[..., Path]) -> Path:
    """Two classes, 21 train, 9 val and 7 test images each: no batch size divides them."""
    return make_images(train=21, val=9, test=7)


@pytest.fixture
def configure(colours: Path) -> Callable[..., RunConfig]:
    """A quick RunConfig on `colours`, frozen small_cnn on the CPU in fp32, with changes by keyword."""

    def make(**changes: Any) -> RunConfig:
        settings = {
            "data": {"source": str(colours)},
            "model": {"backbone": "small_cnn", "weights": "none"},
            "epochs": 3,
            "batch_size": 8,
            "device": "cpu",
            "precision": "fp32",
            "workers": 0,
        }
        return parse_config({**settings, **changes})

    return make


@pytest.fixture
def on_a_gpu() -> Callable[[Path], None]:
    """Changes a file of torch.save as if its tensors had been on a GPU: the pickle names their device."""
    import zipfile

    def move(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                if name.endswith("data.pkl"):
                    assert b"X\x03\x00\x00\x00cpu" in content
                    content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
                archive.writestr(name, content)

    return move


@pytest.fixture
def write_idx() -> Callable[..., Path]:
    """`write_idx(folder, train_labels, test_labels)`: noise of 28 x 28 px in MNIST's file format."""
    draw = np.random.default_rng(0)

    def images(count: int) -> bytes:
        return struct.pack(">IIII", 0x803, count, 28, 28) + draw.integers(0, 256, count * 784, np.uint8).tobytes()

    def write(folder: Path, train_labels: list[int], test_labels: list[int]) -> Path:
        folder.mkdir(parents=True)
        for part, labels in (("train", train_labels), ("t10k", test_labels)):
            (folder / f"{part}-images-idx3-ubyte").write_bytes(images(len(labels)))
            (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, len(labels)) + bytes(labels))
        return folder

    return write


@pytest.fixture
def fashion(home: Path, write_idx: Callable[..., Path]) -> Path:
    """The folder of a FashionMNIST with 100 train and 10 test images, where the project looks for it."""
    return write_idx(home / "datasets/FashionMNIST/raw", [*range(10)] * 10, [*range(10)])


@pytest.fixture
def cifar(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a CIFAR-10 with 100 train and 20 test images, which torchvision accepts as the original."""
    from torchvision import datasets

    folder = home / "datasets/cifar-10-batches-py"
    folder.mkdir(parents=True)
    draw = np.random.default_rng(0)

    def put(name: str, content: dict[str, Any]) -> str:
        (folder / name).write_bytes(pickle.dumps(content))
        return hashlib.md5((folder / name).read_bytes()).hexdigest()

    def batch(name: str) -> list[str]:
        return [name, put(name, {"data": draw.integers(0, 256, (20, 3072), np.uint8), "labels": [*range(10)] * 2})]

    md5 = put("batches.meta", {"label_names": [f"label {number}" for number in range(10)]})
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [batch(f"data_batch_{number}") for number in range(1, 6)])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [batch("test_batch")])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": md5})
    return folder
