"""A dataset of two classes with all splits, and its edits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tlcore.data.edits import Edits, open_edits


@pytest.fixture
def source(root: Path, put: Callable[..., list[Path]]) -> str:
    """Ants and bees: six images each in train, three in val and three in test."""
    for split, images in (("train", 6), ("val", 3), ("test", 3)):
        for name in ("ants", "bees"):
            put(f"{split}/{name}", images)
    return str(root)


@pytest.fixture
def edits(source: str) -> Edits:
    return open_edits(source)
