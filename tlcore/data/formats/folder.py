"""A folder of class folders, with or without split folders above them, as a `Dataset`."""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tlcore.config import DataConfig
from tlcore.data.dataset import SPLIT_NAMES, Dataset
from tlcore.data.formats.assemble import assemble, listed
from tlcore.data.formats.splits import Labelled
from tlcore.data.formats.tree import Tree, list_tree
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound

LAYOUT = (
    "Expected is one folder per class with its images inside, FOLDER/CLASS/image.jpg, "
    "or the same below split folders, FOLDER/train/CLASS/image.jpg, with val and test beside train"
)


class _Part(NamedTuple):
    """A folder of class folders: the whole dataset, or one split of it."""

    prefix: str
    """Of the paths inside: nothing for the whole dataset, else like `train/`."""
    split: str | None
    tree: Tree


def open_folder(path: Path, config: DataConfig) -> Dataset:
    """Open a folder of class folders. Lists names only: no image is read.

    Raises DatasetNotFound where there is no such folder, DatasetInvalid where it is not laid out as in LAYOUT.
    """
    path = path.absolute()
    if not os.path.isdir(path):
        raise DatasetNotFound(f"There is no folder {path}. Check the path. {LAYOUT}.")
    root, tree, notes = _unwrap(path, list_tree(path))
    splits = _find_splits(root, tree)
    if splits:
        parts = [_Part(f"{name}/", split, tree.folders[name]) for name, split in splits.items()]
        notes += _beside_splits(tree, splits)
    else:
        _check_class_folders(root, tree)
        parts = [_Part("", None, tree)]
    images = [image for part in parts for image in _labelled(part)]
    if not images:
        raise DatasetInvalid(f"No images in {root}. {LAYOUT}, in files that end in {_extensions()}.")
    notes += _passed_over(parts, tree)
    name = os.path.basename(os.path.abspath(path))  # of `..` too
    return assemble(name, images, FileSource(root), config, notes=notes)


def _unwrap(path: Path, tree: Tree) -> tuple[Path, Tree, list[str]]:
    """Step into a folder that holds nothing but the folder with the dataset, as unpacked archives often do."""
    notes: list[str] = []
    while not tree.images and len(tree.folders) == 1:
        ((name, inner),) = tree.folders.items()
        if name.lower() in SPLIT_NAMES or inner.images or not any(f.has_images for f in inner.folders.values()):
            break
        path, tree = path / name, inner
        notes = [f"The dataset was found one or more folders further down, in {path}."]
    return path, tree, notes


def _find_splits(root: Path, tree: Tree) -> dict[str, str]:
    """Name of each split folder -> its split. Empty where the folders are classes.

    They are splits if one is named like `train` and holds folders of images; a folder named `train` with images
    directly inside is a class of trains. Raises DatasetInvalid for two folders of one split, or for no train.
    """
    named = {name: SPLIT_NAMES[name.lower()] for name in tree.folders if name.lower() in SPLIT_NAMES}
    holding = {name for name in named if any(inner.has_images for inner in tree.folders[name].folders.values())}
    if not holding:
        return {}
    if not any(named[name] == "train" for name in holding):
        if len(named) < len(tree.folders):
            return {}
        raise DatasetInvalid(f"{root} has class folders in {listed(holding)}, but none in a folder 'train'. {LAYOUT}.")
    folders: dict[str, str] = {}
    for name, split in named.items():
        if split in folders:
            raise DatasetInvalid(
                f"{root} has both {folders[split]!r} and {name!r}, and either could be {split}. Remove or rename one."
            )
        folders[split] = name
    return named


def _check_class_folders(root: Path, tree: Tree) -> None:
    classes = [name for name, inner in tree.folders.items() if inner.has_images]
    if tree.images and not classes:
        raise DatasetInvalid(
            f"The images in {root} are in no class folder ({len(tree.images)}, like {tree.images[0]!r}). {LAYOUT}."
        )
    if classes and all(name.lower() in SPLIT_NAMES for name in classes):
        raise DatasetInvalid(f"The images in {root} have no labels: {listed(classes)} hold no class folders. {LAYOUT}.")


def _labelled(part: _Part) -> Iterator[Labelled]:
    for name, tree in part.tree.folders.items():
        label = unicodedata.normalize("NFC", name)  # macOS and Linux write the same letters in different bytes
        for path in tree.images_below(f"{part.prefix}{name}/"):
            yield Labelled(path, label, part.split)


def _beside_splits(tree: Tree, splits: Mapping[str, str]) -> list[str]:
    """Notes on images beside the split folders."""
    beside = [f"{name}/" for name, inner in tree.folders.items() if name not in splits and inner.has_images]
    beside += tree.images
    return [f"Ignored beside the split folders: {listed(beside)}."] if beside else []


def _passed_over(parts: Sequence[_Part], tree: Tree) -> list[str]:
    """Notes on what is in the folders, but not in the dataset."""
    notes = []
    filled = {name for part in parts for name, inner in part.tree.folders.items() if inner.has_images}
    empty = {name for part in parts for name in part.tree.folders} - filled
    if empty:
        notes.append(f"Ignored, because there are no images in them: {listed(empty)}.")
    loose = [part.prefix + name for part in parts for name in part.tree.images]
    if loose:
        notes.append(f"Ignored, because they are in no class folder: {len(loose)} images, like {loose[0]}.")
    others = [
        path
        for part in parts
        for name, inner in part.tree.folders.items()
        for path in inner.others_below(f"{part.prefix}{name}/")
    ]
    if others:
        count = f"{len(others)} files that are no images" if len(others) > 1 else "1 file that is no image"
        notes.append(f"Not counted: {count} by name, like {others[0]}.")
    misnamed = list(tree.misnamed_below())
    if misnamed:
        notes.append(f"Ignored: {len(misnamed)} names that are not UTF-8, like {misnamed[0]}. Rename them to use them.")
    return notes


def _extensions() -> str:
    return ", ".join(sorted(IMAGE_EXTENSIONS))
