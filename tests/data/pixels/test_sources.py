import os

import numpy as np
import pytest
import torch

from tlcore.data.pixels import sources
from tlcore.data.pixels.digests import MISSING
from tlcore.data.pixels.sources import ArraySource, FileSource
from tlcore.errors import UnreadableImage


@pytest.fixture
def files(root, put) -> FileSource:
    put("ants", 1)
    return FileSource(root)


def reason(source: FileSource, name: str) -> str:
    with pytest.raises(UnreadableImage) as caught:
        source.load(name)
    return str(caught.value)


def test_a_file_that_cannot_be_read_says_why(files, root, monkeypatch):
    os.mkfifo(root / "pipe.png")
    assert reason(files, "none.png") == "file not found"
    assert reason(files, "ants") == "not a plain file"
    assert reason(files, "pipe.png") == "not a plain file"
    assert reason(files, "nul\0.png") == "not a file name"
    assert reason(files, "ants/0.png/x.png") == "cannot be read: Not a directory"
    assert reason(files, "x" * 5000) == "cannot be read: File name too long"
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 10)
    assert reason(files, "ants/0.png").startswith("too large: a file of")


def test_a_link_is_followed_unless_the_source_is_confined(files, root, tmp_path, put):
    put("../elsewhere", ["x.png"])
    (root / "link.png").symlink_to(tmp_path / "elsewhere/x.png")
    (root / "inner.png").symlink_to(root / "ants/0.png")
    confined = FileSource(root, confined=True)
    assert files.load("link.png").shape == (3, 3, 4)
    assert reason(confined, "link.png") == "leads out of the image folder by a symbolic link"
    assert confined.load("inner.png").shape == (3, 3, 4)
    assert [d == MISSING for d in confined.digests(["inner.png", "link.png", "ants/0.png"])] == [False, True, False]


def test_an_image_folder_that_is_a_link_itself_confines_nothing(files, root, tmp_path):
    (tmp_path / "alias").symlink_to(root, target_is_directory=True)
    assert FileSource(tmp_path / "alias", confined=True).load("ants/0.png").shape == (3, 3, 4)


def test_arrays_tell_equal_images_and_their_shapes_apart():
    source = ArraySource({"a": np.zeros((2, 4, 2), np.uint8), "b": np.zeros((1, 2, 4), np.uint8)})
    first, second, other, unknown = source.digests(["a/0", "a/1", "b/0", "c/0"])
    assert first == second != other
    assert unknown == MISSING


def test_colour_arrays_are_given_channels_first():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 2, 5, 3), dtype=np.uint8)
    image = ArraySource({"a": pixels}).load("a/0")
    assert torch.equal(image, torch.from_numpy(pixels[0]).permute(2, 0, 1))
