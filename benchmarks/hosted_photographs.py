"""Photographs of simulated visitors: each has fifty of their own, in two classes, as a zip in a folder."""

import io
import zipfile
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.photographs import photograph

IMAGES = 50
WIDTH, HEIGHT = 640, 480
_QUALITY = 80  # about 150 kB each


def write_photographs(folder: Path, words: list[str], seed: int, images: int = IMAGES) -> list[Path]:
    """A zip per visitor, whose class folders carry the visitor's word. Every photograph is another one."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            pool.submit(_write_zip, folder / f"{word} birds.zip", word, seed * 1000 + number, images)
            for number, word in enumerate(words)
        ]
        return [job.result() for job in jobs]


def read_photographs(path: Path) -> list[tuple[str, str, bytes]]:
    """The class, the file name and the bytes of each photograph in such a zip."""
    with zipfile.ZipFile(path) as file:
        return [(name.split("/")[0], name.split("/")[1], file.read(name)) for name in file.namelist()]


def one_photograph(seed: int) -> bytes:
    return _jpeg(np.random.default_rng(seed), None)


def _write_zip(path: Path, word: str, seed: int, images: int) -> Path:
    draw = np.random.default_rng(seed)
    tint = draw.integers(-60, 60, 3)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for number in range(images):
            tinted = number % 2 == 0
            file.writestr(
                f"{word}{'tinted' if tinted else 'plain'}/{word}{number:02d}.jpg", _jpeg(draw, tint if tinted else None)
            )
    return path


def _jpeg(draw: np.random.Generator, tint: npt.NDArray[np.int64] | None) -> bytes:
    """A part of a large noise picture, mixed with another one: structure at every scale, and never the same."""
    large = _large()
    parts = []
    for _ in range(2):
        top, left = draw.integers(0, large.shape[0] - HEIGHT), draw.integers(0, large.shape[1] - WIDTH)
        parts.append(large[top : top + HEIGHT, left : left + WIDTH, draw.permutation(3)])
    pixels = parts[0] + (parts[1] - 128) // 2 + (0 if tint is None else tint)
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


@cache
def _large() -> npt.NDArray[np.int16]:
    return np.asarray(photograph(2 * WIDTH, 2 * HEIGHT)).astype(np.int16)
