"""A folder of images with tables inside: which tables contain the labels of the images, and which do not."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.assemble import assemble
from tlcore.data.formats.folder import read_folder
from tlcore.data.formats.groups import GroupColumns, named_column
from tlcore.data.formats.lookup import TreeLookup
from tlcore.data.formats.names import listed, shown
from tlcore.data.formats.rows import TABLE_EXTENSIONS, read_rows
from tlcore.data.formats.split_names import split_of, split_of_table
from tlcore.data.formats.splits import Labelled
from tlcore.data.formats.table import TableImages, read_table, tidy_path
from tlcore.data.formats.tree import Tree, list_tree
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DataError, DatasetInvalid
from tlcore.words import count

MAX_TABLES = 50
"""At most this many tables are read."""
ENOUGH = 0.5
"""Fraction of the images that tables must label before they count as a contradiction to class folders."""

_ANSWERS = re.compile(r"predict|prediction|\bpreds?\b|submission|submit|result|output|answer|scores?\b")
_LABELS = re.compile(r"label|metadata|annotation|truth|classes|train")
_MOST_BASES = 200  # folders that paths may be relative to
_AGREEING = 0.95


class _Read(NamedTuple):
    path: str
    """Path of the table below the root."""
    table: TableImages
    found: dict[str, str]
    """Existing image -> its label."""


class Chosen(NamedTuple):
    """The combined content of the tables of a folder."""

    images: list[Labelled]
    labelled: int
    """How many of the named images exist."""
    notes: list[str]
    used: list[str]
    unused: list[str]
    columns: GroupColumns


def open_place(path: Path, config: DataConfig, prefer_tables: bool = False) -> Dataset:
    """Open a folder: its class folders, else the tables in it.

    `prefer_tables`: if both are possible and contradict each other, the tables are used.
    Raises DatasetNotFound or DatasetInvalid, as `open_folder` and `open_table` do.
    """
    path = path.absolute()
    tree = list_tree(path)
    tables = find_tables(tree)
    try:
        dataset = read_folder(path, tree, config)
    except DatasetInvalid as refusal:
        if not tables or not tree.has_images:
            raise
        return _by_tables(path, tree, tables, config, refusal)
    if not tables:
        return dataset
    return _folders_or_tables(path, tree, tables, config, dataset, prefer_tables)


def find_tables(tree: Tree) -> list[str]:
    """Paths of the tables in a folder, the likeliest to contain labels first. Text lists count if their name fits."""
    paths = (path for path in tree.others_below() if path.lower().endswith(TABLE_EXTENSIONS))
    return sorted((path for path in paths if is_table_name(path)), key=_unlikely)


def is_table_name(path: str) -> bool:
    """Whether a file may be a table of labels, by its name: a .csv or .tsv, or a .txt with a name like `train`."""
    stem, _, ending = path.rpartition("/")[2].lower().rpartition(".")
    return f".{ending}" in TABLE_EXTENSIONS and (ending != "txt" or bool(split_of_table(stem) or _LABELS.search(stem)))


def choose(root: Path, tree: Tree, tables: Sequence[str], group: str | None = None) -> Chosen:
    """The table that labels most images, and tables of the same form that label others, such as one per split.

    Tables of predictions are used only if there are no others. `group` names the column of groups.
    Raises DatasetInvalid if no table names an existing image, or if two tables label the same images differently and
    nothing tells which one is meant.
    """
    lookup = TreeLookup(tree.images_below())
    reads: list[_Read] = []
    refused: dict[str, str] = {}
    for path in tables[:MAX_TABLES]:
        try:
            read = _read(root, tree, path, lookup, group)
        except DataError as error:
            refused[path] = str(error).replace(f"{root}/", "")
        else:
            if read.found:
                reads.append(read)
            else:
                first = shown(read.table.images[0].id)
                refused[path] = f"{path} names none of the images that are there: looked for {first}."
    if not reads:
        raise DatasetInvalid(next(iter(refused.values())))
    reads.sort(key=lambda read: (_is_answer(read.path), -len(read.found), _unlikely(read.path)))
    used = _together(reads)
    _check_not_contradicted(used[0], reads)
    images = _with_splits(used)
    labelled = {image for read in used for image in read.found}
    notes = [f"Labels come from {listed(read.path for read in used)}: {count(len(labelled), 'image')}."]
    unused = [path for path in tables if path not in {read.path for read in used}]
    if unused:
        reasons = [reason.partition(". ")[0].rstrip(".") for reason in refused.values()]
        why = f" {reasons[0]}." if reasons and len(reasons[0]) < 200 else ""
        notes.append(f"Tables that are not used: {listed(unused)}.{why}")
    if left := sorted(set(tree.images_below()) - labelled):
        notes.append(f"Left out, because the table has no label for them: {count(len(left), 'image')}, like {left[0]}.")
    for read in used:
        notes += read.table.notes
    columns = used[0].table.group_columns
    return Chosen(images, len(labelled), list(dict.fromkeys(notes)), [read.path for read in used], unused, columns)


def _by_tables(path: Path, tree: Tree, tables: list[str], config: DataConfig, refusal: DatasetInvalid) -> Dataset:
    try:
        chosen = choose(path, tree, tables, named_column(config))
    except DatasetInvalid as error:
        if tree.filled:
            raise DatasetInvalid(f"{refusal} Its tables do not help: {error}") from None
        raise  # all images are in one folder: only a table can give their labels
    return _dataset(path, chosen, config)


def _folders_or_tables(
    path: Path, tree: Tree, tables: list[str], config: DataConfig, dataset: Dataset, prefer_tables: bool
) -> Dataset:
    beside = f"Tables that are not used, because the class folders are: {listed(tables)}."
    likely = [table for table in tables if not _is_answer(table)]
    try:
        chosen = choose(path, tree, likely, named_column(config)) if likely else None
    except DatasetInvalid:
        chosen = None
    if chosen is None or chosen.labelled < ENOUGH * len(dataset.samples) or _agree(path, dataset, chosen):
        return _noted(dataset, beside)
    if prefer_tables:
        folders = f"The class folders ({listed(dataset.classes)}) are not used: the table says otherwise."
        return _noted(_dataset(path, chosen, config), folders)
    return _noted(
        dataset,
        f"{listed(chosen.used)} labels {count(chosen.labelled, 'image')} otherwise than the class folders do. "
        "The folders are used; open the table itself to use it instead.",
        beside,
    )


def _dataset(path: Path, chosen: Chosen, config: DataConfig) -> Dataset:
    source = FileSource(path, confined=True)
    return assemble(path.name, chosen.images, source, config, columns=chosen.columns, notes=chosen.notes)


def _noted(dataset: Dataset, *notes: str) -> Dataset:
    return replace(dataset, notes=(*dataset.notes, *notes))


def _agree(path: Path, dataset: Dataset, chosen: Chosen) -> bool:
    """Whether the table's labels are the folders' classes, perhaps under other names: 0 and 1 for ants and bees."""
    root = dataset.source.root if isinstance(dataset.source, FileSource) else path
    prefix = "" if root == path else f"{root.relative_to(path).as_posix()}/"
    by_folder = {prefix + sample.id: sample.target for sample in dataset.samples}
    pairs = Counter((by_folder[image.id], image.label) for image in chosen.images if image.id in by_folder)
    if not pairs:
        return False
    meant: dict[int, str] = {}
    for (target, label), _ in pairs.most_common():
        meant.setdefault(target, label)
    alike = sum(times for (target, label), times in pairs.items() if meant[target] == label)
    return len(set(meant.values())) == len(meant) and alike >= _AGREEING * pairs.total()


def _read(root: Path, tree: Tree, path: str, lookup: TreeLookup, group: str | None) -> _Read:
    based = lookup.based(_base(root, tree, path, lookup))
    table = read_table(root / path, based, lambda cell, where: tidy_path(cell), group)
    missing = set(table.missing)
    return _Read(path, table, {image.id: image.label for image in table.images if image.id not in missing})


def _base(root: Path, tree: Tree, path: str, lookup: TreeLookup) -> str:
    """The folder that the paths in a table are relative to: the one where most of the first paths exist."""
    cells = [[tidy_path(cell) for cell in row.cells] for row in islice(read_rows(root / path), _MOST_BASES)]
    folder = path.rpartition("/")[0]
    here = f"{folder}/" if folder else ""
    split = split_of_table(path.rpartition("/")[2].rpartition(".")[0])
    holding = Counter(image.rpartition("/")[0] for image in tree.images_below())
    folders = [f"{name}/" if name else "" for name, _ in holding.most_common(_MOST_BASES)]
    named = [name for name in folders if split and split_of(name[:-1].rpartition("/")[2]) == split]
    bases = list(dict.fromkeys([*named, here, "", *folders]))
    return max(bases, key=lambda base: sum(any(lookup.find_at(cell, base) for cell in row) for row in cells))


def _together(reads: list[_Read]) -> list[_Read]:
    """The best table, and the tables of the same form that label other images."""
    best, *others = reads
    used = [best]
    labelled = set(best.found)
    for read in others:
        alike = read.table.columns.names == best.table.columns.names
        named = _split(read) is not None and _split(best) is not None
        if _is_answer(read.path) == _is_answer(best.path) and (alike or named) and labelled.isdisjoint(read.found):
            used.append(read)
            labelled |= read.found.keys()
    return used


def _with_splits(used: list[_Read]) -> list[Labelled]:
    """The images of all tables, with the splits given in the tables, else with those in the tables' names."""
    own = [read for read in used if read.table.images[0].split]
    by_name = not own and len(used) > 1 and all(_split(read) for read in used)
    images: dict[str, Labelled] = {}
    for read in used:
        for image in read.table.images:
            split = _split(read) if by_name else image.split
            images.setdefault(image.id, image._replace(split=split or ("train" if own else None)))
    return list(images.values())


def _split(read: _Read) -> str | None:
    """The split in the name of a table or of its folder."""
    folder, _, name = read.path.rpartition("/")
    return split_of_table(name.rpartition(".")[0]) or split_of(folder.rpartition("/")[2])


def _check_not_contradicted(best: _Read, reads: list[_Read]) -> None:
    for other in reads:
        same = _rank(other.path) == _rank(best.path) and len(other.found) == len(best.found)
        differ = sum(best.found.get(image, label) != label for image, label in other.found.items())
        if other is not best and same and differ > (1 - _AGREEING) * len(best.found):
            raise DatasetInvalid(
                f"{best.path} and {other.path} label the same images, {differ} of them differently, and nothing tells "
                "which is meant. Keep one of them, or give the path of the table itself."
            )


def _is_answer(path: str) -> bool:
    """Whether a table contains predictions, or images to predict, judged by its name."""
    return bool(_ANSWERS.search(path.rpartition("/")[2].lower().replace("_", " ")))


def _rank(path: str) -> int:
    """How unlikely a table is to contain the labels, judged by its name."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return 2 if _is_answer(path) else 0 if _LABELS.search(stem.lower()) or split_of_table(stem) else 1


def _unlikely(path: str) -> tuple[int, int, str]:
    return _rank(path), path.count("/"), path
