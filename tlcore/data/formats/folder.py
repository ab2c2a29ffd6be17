"""A folder of class folders as a `Dataset`, with split folders above or below the classes, or without splits.

Only names are read here: `tree` lists the files, `split_names` knows the names of splits.
"""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.assemble import assemble
from tlcore.data.formats.hints import HOW, HOW_CLI, labels_elsewhere
from tlcore.data.formats.names import listed, shown
from tlcore.data.formats.split_names import is_filler, split_of
from tlcore.data.formats.splits import Labelled
from tlcore.data.formats.tree import Tree, list_tree
from tlcore.data.pixels.formats import FORMATS
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound
from tlcore.words import count

LAYOUT = (
    "Expected is one folder per class with its images inside, FOLDER/CLASS/image.jpg, "
    "or the same below split folders, FOLDER/train/CLASS/image.jpg, with val and test beside train"
)


class _Part(NamedTuple):
    """A folder of images of one class, in one split."""

    prefix: str
    """Path of the folder, posix, with a slash at its end."""
    label: str
    split: str | None
    tree: Tree


class _Layout(NamedTuple):
    parts: list[_Part]
    notes: list[str]
    """Notes on what is in none of them."""


def open_folder(path: Path, config: DataConfig) -> Dataset:
    """Open a folder of class folders. No image is decoded; files with unknown endings are judged by their first bytes.

    Raises DatasetNotFound if there is no such folder, DatasetInvalid if its layout is not one of LAYOUT.
    """
    path = path.absolute()
    if not os.path.isdir(path):
        raise DatasetNotFound(f"There is no folder {path}. Check the path. {LAYOUT}.")
    return read_folder(path, list_tree(path), config)


def read_folder(path: Path, listing: Tree, config: DataConfig) -> Dataset:
    """As `open_folder`, for a folder that is already listed."""
    root, tree, notes = _unwrap(path, listing)
    hint = labels_elsewhere(listing)
    layout = _find_layout(root, tree, hint)
    images = [Labelled(image, part.label, part.split) for part in layout.parts for image in _images(part)]
    if not images:
        raise DatasetInvalid(f"No images in {root}. {LAYOUT}, with files of {', '.join(FORMATS)}.")
    notes += [*layout.notes, *_passed_over(tree, layout.parts)]
    name = os.path.basename(os.path.abspath(path))  # also for `..`
    return assemble(name, images, FileSource(root), config, notes=notes, hint=hint)


def _unwrap(path: Path, tree: Tree) -> tuple[Path, Tree, list[str]]:
    """Enter a folder that contains only the folder with the dataset, as unpacked archives often do."""
    notes: list[str] = []
    while not tree.images and len(filled := tree.filled) == 1:
        ((name, inner),) = filled.items()
        if split_of(name) or inner.images or not inner.filled:
            break
        if len(tree.folders) > 1 and not is_filler(name) and not _named_splits(inner):
            break  # next to empty class folders, it may itself be a class
        beside = sorted({*tree.folders} - {name})
        path, tree = path / name, inner
        notes = [note for note in notes if note.startswith("Ignored")]
        if beside:
            notes.append(f"Ignored, because there are no images in them: {listed(beside)}.")
        notes.append(f"The dataset was found one or more folders further down, in {path}.")
    return path, tree, notes


def _find_layout(root: Path, tree: Tree, hint: str) -> _Layout:
    splits = _find_splits(root, tree)
    if splits:
        return _splits_above(tree, splits)
    classes = tree.filled
    below = [name for name, inner in classes.items() if _holds_splits(inner)]
    if classes and len(below) == len(classes):
        _check_not_the_other_way_round(
            root,
            {
                name: next(t for f, t in inner.filled.items() if split_of(f) == "train")
                for name, inner in classes.items()
            },
        )
        return _splits_below(classes)
    if below:
        others = sorted({*classes} - {*below})
        raise DatasetInvalid(
            f"In {root}, {listed(below)} hold split folders ({listed(classes[below[0]].filled)}), and {listed(others)} "
            f"do not. Lay all classes out alike. {LAYOUT}."
        )
    _check_classes(root, tree, classes, hint)
    return _Layout([_Part(f"{name}/", _label(name), None, inner) for name, inner in classes.items()], [])


def _find_splits(root: Path, tree: Tree) -> dict[str, str]:
    """Name of each split folder -> its split. Empty if the folders are classes.

    They are splits if one is named like `train` and contains folders of images; a folder named `train` with images
    directly inside is a class of trains. Raises DatasetInvalid for two folders of one split, or if train is missing.
    """
    named = _named_splits(tree)
    holding = {name for name in named if tree.folders[name].filled}
    if not holding:
        return {}
    if not any(named[name] == "train" for name in holding):
        if len(named) < len(tree.filled):
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


def _named_splits(tree: Tree) -> dict[str, str]:
    return {name: split for name in tree.folders if (split := split_of(name))}


def _holds_splits(tree: Tree) -> bool:
    """Whether a possible class has images only in split folders, at least in train and one other."""
    named = [split_of(name) for name in tree.filled]
    return None not in named and "train" in named and len(set(named)) == len(named) > 1


def _splits_above(tree: Tree, splits: Mapping[str, str]) -> _Layout:
    """Images in FOLDER/train/CLASS."""
    parts, loose, notes = [], [], []
    empty: set[str] = set()
    for name, split in splits.items():
        prefix, inner = _step_in(f"{name}/", tree.folders[name])
        loose += [prefix + image for image in inner.images]
        filled = inner.filled
        empty |= {*inner.folders} - {*filled}
        parts += [_Part(f"{prefix}{folder}/", _label(folder), split, below) for folder, below in filled.items()]
    empty -= {os.path.basename(part.prefix[:-1]) for part in parts}
    if empty:
        notes.append(f"Ignored, because there are no images in them: {listed(empty)}.")
    if loose:
        notes.append(f"Ignored, because they are in no class folder: {count(len(loose), 'image')}, like {loose[0]}.")
    beside = [f"{name}/" for name, inner in tree.filled.items() if name not in splits]
    if beside or tree.images:
        number = sum(1 for name in beside for _ in tree.folders[name[:-1]].images_below()) + len(tree.images)
        classes = {part.label for part in parts}
        alike = [name for name in beside if len(classes & {_label(f) for f in tree.folders[name[:-1]].filled}) > 1]
        advice = f" {listed(alike)} holds the same classes: name it val or test to use it." if alike else ""
        notes.append(
            f"Ignored beside the split folders: {listed([*beside, *tree.images])} ({count(number, 'image')}).{advice}"
        )
    return _Layout(parts, notes)


def _step_in(prefix: str, tree: Tree) -> tuple[str, Tree]:
    """Skip folders between a split and its classes whose names say nothing: `train/images/ants`, `train/train/ants`."""
    while not tree.images and len(filled := tree.filled) == 1:
        ((name, inner),) = filled.items()
        if inner.images or not inner.filled or not (is_filler(name) or split_of(name)):
            break
        prefix, tree = f"{prefix}{name}/", inner
    return prefix, tree


def _splits_below(classes: Mapping[str, Tree]) -> _Layout:
    """Images in FOLDER/CLASS/train."""
    parts = [
        _Part(f"{name}/{folder}/", _label(name), split_of(folder), below)
        for name, inner in classes.items()
        for folder, below in inner.filled.items()
    ]
    notes = [f"The split folders are below the class folders, as in {parts[0].prefix[:-1]}."]
    loose = [f"{name}/{image}" for name, inner in classes.items() for image in inner.images]
    if loose:
        notes.append(f"Ignored, because they are in no split folder: {count(len(loose), 'image')}, like {loose[0]}.")
    return _Layout(parts, notes)


def _check_classes(root: Path, tree: Tree, classes: Mapping[str, Tree], hint: str) -> None:
    """Raises DatasetInvalid if the folders are probably not classes."""
    if tree.images and not classes:
        raise DatasetInvalid(
            f"The images in {root} are in no class folder ({len(tree.images)}, like {tree.images[0]!r}). "
            f"{hint}{LAYOUT}. {HOW}",
            cli=HOW_CLI,
        )
    if classes and all(split_of(name) for name in classes):
        raise DatasetInvalid(
            f"The images in {root} have no labels: {listed(classes)} hold no class folders. {hint}{LAYOUT}. {HOW}",
            cli=HOW_CLI,
        )
    _check_not_the_other_way_round(root, classes)


def _check_not_the_other_way_round(root: Path, classes: Mapping[str, Tree]) -> None:
    """Raises DatasetInvalid if all possible classes contain folders of the same names, and no images themselves."""
    if len(classes) < 2 or any(inner.images for inner in classes.values()):
        return
    common = set.intersection(*({_label(name) for name in inner.filled} for inner in classes.values()))
    if len(common) > 1:
        raise DatasetInvalid(
            f"It is not clear what the classes in {root} are: {listed(classes)} all hold the folders {listed(common)}. "
            f"If {listed(common)} are the classes, rename the folders above them to train, val and test, or give one "
            f"of them alone. If {listed(classes)} are the classes, put their images into them directly."
        )


def _label(folder: str) -> str:
    return unicodedata.normalize("NFC", folder)  # macOS and Linux encode the same letters as different bytes


def _images(part: _Part) -> Iterator[str]:
    return part.tree.images_below(part.prefix)


def _passed_over(tree: Tree, parts: Sequence[_Part]) -> list[str]:
    """Notes on what is in the folder but not in the dataset."""
    notes = []
    if not any(part.split for part in parts):
        if empty := {*tree.folders} - {*tree.filled}:
            notes.append(f"Ignored, because there are no images in them: {listed(empty)}.")
        if loose := tree.images:
            notes.append(
                f"Ignored, because they are in no class folder: {count(len(loose), 'image')}, like {loose[0]}."
            )
    if others := list(tree.others_below()):
        are = "1 file that is no image" if len(others) == 1 else f"{count(len(others))} files that are no images"
        notes.append(f"Not counted: {are}, like {others[0]}.")
    if misnamed := list(tree.misnamed_below()):
        names = "1 name that is" if len(misnamed) == 1 else f"{count(len(misnamed))} names that are"
        notes.append(
            f"Ignored: {names} not UTF-8 or hold control characters, like {misnamed[0]}. Rename them to use them."
        )
    if links := list(tree.not_followed_below()):
        are = "1 link" if len(links) == 1 else f"{count(len(links))} links"
        notes.append(f"Not followed: {are} to folders that are read already, like {shown(links[0])}.")
    return notes
