"""Tiny datasets on disk."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder for a dataset."""
    folder = tmp_path / "set"
    folder.mkdir()
    return folder


@pytest.fixture
def put(root: Path) -> Callable[..., list[Path]]:
    """`put("train/ants", 3)` writes three images there, each with a different grey."""
    written = 0

    def write(folder: str, names: int | Iterable[str]) -> list[Path]:
        nonlocal written
        paths = []
        for name in [f"{number}.png" for number in range(names)] if isinstance(names, int) else names:
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 3), (written % 256, written // 256, 0)).save(path)
            written += 1
            paths.append(path)
        return paths

    return write


@pytest.fixture
def dataset(root: Path, put: Callable[..., list[Path]]) -> Dataset:
    """Ants and bees, ten images each, without splits."""
    put("ants", 10)
    put("bees", 10)
    return open_dataset(DataConfig(source=str(root)))
