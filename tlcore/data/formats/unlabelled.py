"""Photographs without labels, and a folder of them, as competitions publish their test sets.

They are no `Dataset`: there is nothing to learn from them. A run can predict them, and what a person accepts becomes
training data of the run's dataset. `data.intake.inputs` opens everything else that they can come as.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tlcore.data.dataset import ImageSource, Skipped
from tlcore.data.formats.tree import list_tree
from tlcore.data.pixels.formats import FORMATS
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound
from tlcore.system.paths import given_path
from tlcore.words import count


class PhotographSource(ImageSource, Protocol):
    """Where the bytes of photographs come from."""

    def read(self, sample_id: str) -> bytes:
        """The bytes of an image as they are in its file. Raises UnreadableImage."""
        ...


@dataclass(frozen=True)
class Photographs:
    """Images without labels."""

    name: str
    ids: tuple[str, ...]
    """Posix paths relative to the folder, or in the archive, sorted; or paths as a list gives them, in its order."""
    source: PhotographSource
    notes: tuple[str, ...] = ()
    """Sentences on what else is there."""
    skipped: tuple[Skipped, ...] = ()
    """What may be an image, but cannot be read whatever is in it, and why."""


def open_unlabelled(path: str | Path) -> Photographs:
    """The images in a folder and below it, whatever its folders are called. No image is decoded.

    Raises DatasetNotFound if there is no such folder, DatasetInvalid if there is no image in it.
    """
    folder = given_path(str(path)).absolute()
    if not os.path.isdir(folder):
        raise DatasetNotFound(f"There is no folder {folder}. Check the path.")
    tree = list_tree(folder)
    ids = sorted(tree.images_below())
    if not ids:
        raise DatasetInvalid(f"There are no images in {folder}, with files of {', '.join(FORMATS)}.")
    notes = list(not_counted(list(tree.others_below())))
    if misnamed := list(tree.misnamed_below()):
        notes.append(f"Ignored: {count(len(misnamed), 'name')}, not UTF-8 or with control characters.")
    if links := list(tree.not_followed_below()):
        notes.append(f"Not followed: {count(len(links), 'link')} to folders that are read already, like {links[0]}.")
    return Photographs(folder.name, tuple(ids), FileSource(folder, confined=True), tuple(notes))


def not_counted(others: Sequence[str]) -> Iterator[str]:
    """A sentence on files that are no images, if there are any."""
    if others:
        yield f"Not counted: {count(len(others), 'file')}, no images, like {others[0]}."
