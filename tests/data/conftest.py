"""Tiny datasets on disk, and a home folder that is the test's own."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tlcore-home"
    monkeypatch.setenv("TLCORE_HOME", str(folder))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder for a dataset."""
    folder = tmp_path / "set"
    folder.mkdir()
    return folder


@pytest.fixture
def put(root: Path) -> Callable[..., list[Path]]:
    """`put("train/ants", 3)` writes three images there, each of its own grey."""
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
