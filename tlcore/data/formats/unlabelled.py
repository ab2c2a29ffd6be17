"""A folder of photographs without labels, as competitions publish their test sets.

It is no `Dataset`: there is nothing to learn from it. A run can predict it, and what a person accepts becomes training
data of the run's dataset.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tlcore.data.formats.tree import list_tree
from tlcore.data.pixels.formats import FORMATS
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound
from tlcore.system.paths import given_path
from tlcore.words import count


@dataclass(frozen=True)
class Photographs:
    """Images without labels."""

    name: str
    ids: tuple[str, ...]
    """Posix paths relative to the folder, sorted."""
    source: FileSource
    notes: tuple[str, ...] = ()
    """Sentences on what else is in the folder."""


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
    notes = []
    if others := list(tree.others_below()):
        notes.append(f"Not counted: {count(len(others), 'file')}, no images, like {others[0]}.")
    if misnamed := list(tree.misnamed_below()):
        notes.append(f"Ignored: {count(len(misnamed), 'name')}, not UTF-8 or with control characters.")
    return Photographs(folder.name, tuple(ids), FileSource(folder, confined=True), tuple(notes))
