"""The built-in dataset `demo`: drawn insects, made in the cache on first use, with a few deliberate flaws to find.

`tlcore.drawing` draws the pictures.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.folder import open_folder
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.system.home import host_dir
from tlcore.system.spawn import start

if TYPE_CHECKING:
    from PIL import Image

NAME = "demo"
_VERSION = 1  # each version has its own folder: raise it whenever the drawings change
IMAGES = {"train": 40, "val": 20, "test": 40}
"""Images per class."""
RARE_CLASS = "dragonfly"
"""The class with half as many images."""

EXACT_DUPLICATES = {"test/ant/ant-007.jpg": "train/ant/ant-011.jpg", "val/bee/bee-004.jpg": "train/bee/bee-023.jpg"}
"""Copies and their originals."""
NEAR_DUPLICATES = {
    "train/ladybird/ladybird-031.jpg": "train/ladybird/ladybird-002.jpg",  # saved again at lower quality
    "train/butterfly/butterfly-018.jpg": "train/butterfly/butterfly-005.jpg",  # brightened
    "val/beetle/beetle-013.jpg": "train/beetle/beetle-030.jpg",  # cropped at the edges
}
WRONG_LABELS = {"train/ant/ant-025.jpg": "bee", "train/beetle/beetle-009.jpg": "ladybird"}
"""Wrongly labelled images, with their true class."""
UNREADABLE = "train/butterfly/butterfly-033.jpg"

DESCRIPTION = (
    "Insects drawn by Transfer Lab itself: six classes, 220 images to train on, 110 to validate, 220 to test.",
    "Flaws on purpose: 2 exact duplicates across splits, 3 near-duplicates, 2 wrong labels, 1 unreadable file, "
    f"and half the images of class {RARE_CLASS}.",
)


def demo_folder() -> Path:
    return host_dir() / "cache" / f"{NAME}-{_VERSION}"


def is_drawn() -> bool:
    """Whether all files are there, and no others."""
    folder = demo_folder()
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*/*")} == set(_files())


def open_demo(config: DataConfig) -> Dataset:
    """The demo dataset, drawn if needed. Raises DatasetInvalid, and ConfigError for settings that do not fit."""
    if config.images is not None:
        raise ConfigError(f"`images` goes with a table, and {NAME} is built in: leave it out.")
    for _ in draw_demo():
        pass
    dataset = open_folder(demo_folder(), config)
    return replace(dataset, name=NAME, notes=DESCRIPTION)


def draw_demo() -> Iterator[tuple[int, int]]:
    """Draw the dataset if it is not there yet, and yield (done, total) after each picture.

    The folder appears when it is complete. If the caller stops early, nothing is left behind.
    Raises DatasetInvalid if drawing failed.
    """
    if is_drawn():
        return
    target = demo_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True) as name:
        made = Path(name) / target.name
        yield from _draw_all(made)
        _add_flaws(made)
        if is_drawn():  # another process finished it first
            return
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _files() -> dict[str, str]:
    """Path of each image -> the class of its folder."""
    from tlcore.drawing.insects import INSECTS  # only drawing needs Pillow

    return {
        f"{split}/{kind}/{kind}-{number:03d}.jpg": kind
        for split, images in IMAGES.items()
        for kind in INSECTS
        for number in range(1, 1 + (images // 2 if kind == RARE_CLASS else images))
    }


def _draw_all(folder: Path) -> Iterator[tuple[int, int]]:
    """Draw in as many processes as there are cores; each draws every n-th picture."""
    files = _files()
    work = [(WRONG_LABELS.get(path, kind), path, str(folder / path)) for path, kind in files.items()]
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    done: Queue[bytes | None] = Queue()
    parts = min(8, os.cpu_count() or 1)
    processes = [_start_drawing(work[part::parts], done) for part in range(parts)]
    try:
        drawn, running = 0, parts
        while running:
            if done.get() is None:
                running -= 1
            else:
                drawn += 1
                yield drawn, len(work)
        if drawn < len(work):
            raise DatasetInvalid(
                f"Only {drawn} of {len(work)} pictures of the demo dataset could be drawn into {folder.parent.parent}. "
                "Check that there is space on the disk, and try again."
            )
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start_drawing(work: list[tuple[str, str, str]], done: "Queue[bytes | None]") -> "subprocess.Popen[bytes]":
    """A process that draws. It puts each finished path into the queue, then None. It imports only this package."""
    process = start([], module="tlcore.drawing.demo", stdin=subprocess.PIPE, stdout=subprocess.PIPE, gives_way=False)
    assert process.stdin is not None
    process.stdin.write(json.dumps(work).encode())
    process.stdin.close()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                done.put(line)
        done.put(None)

    Thread(target=read, daemon=True).start()
    return process


def _add_flaws(folder: Path) -> None:
    from PIL import ImageEnhance

    for copy, original in EXACT_DUPLICATES.items():
        shutil.copyfile(folder / original, folder / copy)
    saved, brightened, cut = NEAR_DUPLICATES
    _original(folder, saved).save(folder / saved, "JPEG", quality=55)
    ImageEnhance.Brightness(_original(folder, brightened)).enhance(1.15).save(folder / brightened, "JPEG", quality=90)
    whole = _original(folder, cut)
    whole.crop((5, 4, whole.width - 4, whole.height - 5)).save(folder / cut, "JPEG", quality=90)
    path = folder / UNREADABLE
    path.write_bytes(path.read_bytes()[:400])


def _original(folder: Path, near_duplicate: str) -> "Image.Image":
    from PIL import Image

    with Image.open(folder / NEAR_DUPLICATES[near_duplicate]) as image:
        return image.convert("RGB")
