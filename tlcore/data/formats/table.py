"""A table of labelled image paths with an image folder, as a `Dataset`.

A table is untrusted input: its paths must stay inside the image folder.
"""

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.assemble import assemble, check_class_count
from tlcore.data.formats.columns import FALSE, TAG_COLUMNS, TRUE, Columns, find_columns
from tlcore.data.formats.groups import GroupColumns, named_column
from tlcore.data.formats.lookup import FolderLookup, Lookup
from tlcore.data.formats.names import is_harmless, listed, shown
from tlcore.data.formats.rows import TABLE_EXTENSIONS, Row, encoding_note, key_of, read_rows
from tlcore.data.formats.split_names import SPLIT_NAMES, split_of, split_of_table
from tlcore.data.formats.splits import Labelled
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound, suggestion
from tlcore.system.paths import given_path
from tlcore.words import count

MAX_LABEL_LENGTH = 200
MAX_MISSING = 50_000
"""A table is rejected after this many rows without one existing image."""

_HEAD = 200  # first rows, from which the columns are identified
_BROKEN_SHARE = 0.1  # largest fraction of unreadable rows; above it the table is rejected
_CONFLICT_SHARE = 0.05  # fraction of images with several labels above which the table is taken as multi-label
_NO_LABEL = frozenset(("", "nan", "NaN", "NAN", "<NA>", "null", "NULL"))
_PLAIN_PATH = re.compile(r"[^\\/:\0.][^\\:\0]*")  # a path that needs no tidying, unless it contains one of the next
_DETOUR = re.compile(r"//|/\.")
_LINES_SHOWN = 5


@dataclass
class TableImages:
    """The content of a table's rows."""

    images: list[Labelled]
    missing: list[str]
    """Ids of images whose file is missing."""
    columns: Columns
    notes: list[str] = field(default_factory=list)

    @property
    def group_columns(self) -> GroupColumns:
        columns = self.columns
        return GroupColumns(None if columns.group is None else columns.names[columns.group], columns.unused)


def open_table(path: Path, config: DataConfig) -> Dataset:
    """Open a table of labelled image paths. Missing files stay in the list; they are reported when images are read.

    Raises DatasetNotFound without a table or image folder; DatasetInvalid names the line that cannot be used.
    """
    path = path.absolute()
    folder = given_path(config.images).absolute() if config.images else path.parent
    if not os.path.isdir(folder):
        raise DatasetNotFound(f"There is no image folder {folder}, which the paths in {path.name} start from.")
    group = named_column(config)
    table = read_table(path, FolderLookup(folder), lambda cell, where: _inside(cell, folder, where), group)
    if len(table.missing) == len(table.images):
        raise DatasetInvalid(
            f"None of the {count(len(table.images))} images in {path} exists: looked for {table.images[0].id!r} in "
            f"{folder}. Set `images` to the folder that the paths start from."
        )
    notes = [*table.notes, *_tables_beside(path)]
    source = FileSource(folder, confined=True)
    return assemble(path.stem, table.images, source, config, columns=table.group_columns, notes=notes)


def _tables_beside(path: Path) -> list[str]:
    """A note on the tables of other splits, if this is the table of one split."""
    own = split_of_table(path.stem)
    if own is None:
        return []
    others = [
        name
        for name in os.listdir(path.parent)
        if name.lower().endswith(TABLE_EXTENSIONS) and split_of_table(os.path.splitext(name)[0]) not in (None, own)
    ]
    return (
        [f"Tables of other splits beside it are not used: {listed(others)}. Give their folder to use all."]
        if others
        else []
    )


def read_table(path: Path, lookup: Lookup, tidy: Callable[[str, str], str], group: str | None = None) -> TableImages:
    """The labelled images of a table, with the ids that `lookup` finds.

    `tidy` turns a cell into a posix path; it gets the cell's place for its errors, and raises DatasetInvalid.
    `group` names the column of groups, if it is not to be found by its name. Raises
    DatasetInvalid for a table without rows or labels, with several labels per image, or with too many unreadable rows.
    """
    rows = read_rows(path)
    head = list(islice(rows, _HEAD))
    if not head:
        raise DatasetInvalid(f"{path} has no rows. Expected is a path and a label per line, like: ants/1.jpg,ants")

    def exists(cell: str) -> bool:
        try:
            return bool(cell) and lookup.find(tidy(cell, "")) is not None
        except DatasetInvalid:
            return False

    columns = find_columns(head, exists, f"{path}, line {head[0].line}", group)
    if columns.has_header:
        head = head[1:]
        if not head:
            raise DatasetInvalid(f"{path} has no rows below its header.")
    return _Reader(path, columns, lookup, tidy).read(chain(head, rows))


class _Reader:
    """Collects images row by row, and what was left out."""

    def __init__(self, path: Path, columns: Columns, lookup: Lookup, tidy: Callable[[str, str], str]) -> None:
        self._path = path
        self._columns = columns
        self._lookup = lookup
        self._tidy = tidy
        self._images: dict[str, Labelled] = {}
        self._labels: dict[str, str | None] = {}  # path in the table -> path used
        self._splits: dict[str, str | None] = {}
        self._missing: list[str] = []
        self._guessed: list[str] = []
        self._unlabelled: list[int] = []
        self._repeated: list[int] = []
        self._conflicts: dict[str, str] = {}
        self._broken: list[int] = []
        self._first_problem = ""
        self._with_split = 0

    def read(self, rows: Iterator[Row]) -> TableImages:
        taken = 0
        for row in rows:
            self._take(row)
            taken += 1
            if taken == MAX_MISSING and len(self._missing) == len(self._images) > 0:
                raise DatasetInvalid(
                    f"None of the first {count(taken)} images in {self._path} exists: looked for {self._missing[0]!r}. "
                    "Set `images` to the folder that the paths start from."
                )
        if self._broken and len(self._broken) > _BROKEN_SHARE * taken:
            raise DatasetInvalid(self._first_problem)
        if not self._images:
            raise DatasetInvalid(f"No row of {self._path} has a label.")
        self._check_single_labels()
        images = [image for image in self._images.values() if image.id not in self._conflicts]
        missing = [name for name in self._missing if name not in self._conflicts]
        return TableImages(images, missing, self._columns, self._notes(missing))

    def _take(self, row: Row) -> None:
        columns, cells = self._columns, row.cells
        if len(cells) != columns.width and (len(cells) < columns.width or any(cells[columns.width :])):
            self._skip(row, f"{len(cells)} columns instead of {columns.width}. Quote cells that hold a comma.")
            return
        label = self._label(row)
        if label is None:
            return
        where = f"{self._path}, line {row.line}"
        cell = cells[columns.path]
        if not cell or "\0" in cell:
            self._skip(row, "the path is empty or holds a NUL byte.")
            return
        written = cell if _PLAIN_PATH.fullmatch(cell) and not _DETOUR.search(cell) else self._tidy(cell, where)
        found = self._lookup.find(written)
        name = found or written
        known = self._images.get(name)
        if known is not None:
            if known.label == label:
                self._repeated.append(row.line)
            else:
                self._conflicts.setdefault(name, label)
            return
        if found is None:
            self._missing.append(name)
        elif not found.endswith(written):
            self._guessed.append(written)
        split = self._split(row)
        self._with_split += split is not None
        if self._with_split not in (0, len(self._images) + 1):
            raise DatasetInvalid(f"{where}: some lines name a split and others do not. Fill in all, or none.")
        group = cells[columns.group] if columns.group is not None else ""
        self._images[name] = Labelled(name, label, split, group or None)

    def _label(self, row: Row) -> str | None:
        columns, cells = self._columns, row.cells
        if columns.label is None:
            ones = [index for index in columns.one_hot if cells[index].lower() in TRUE]
            if len(ones) > 1:
                both = " and ".join(repr(columns.names[index]) for index in ones[:2])
                raise DatasetInvalid(
                    f"{self._path}, line {row.line}: the image is marked as {both}. "
                    "Several labels per image (multi-label) are not supported."
                )
            written = columns.names[ones[0]] if ones else ""
        else:
            written = cells[columns.label]
        if written in self._labels:
            return self._labels[written]
        if written in _NO_LABEL:
            self._unlabelled.append(row.line)
            return None
        label = unicodedata.normalize("NFC", written)
        if len(label) > MAX_LABEL_LENGTH or not is_harmless(label):
            self._skip(row, f"the label is longer than {MAX_LABEL_LENGTH} letters or holds control characters.")
            return None
        self._labels[written] = label
        check_class_count(str(self._path), len(self._labels))
        return label

    def _split(self, row: Row) -> str | None:
        columns, cells = self._columns, row.cells
        if columns.split is not None:
            name = cells[columns.split]
            if name not in self._splits:
                self._splits[name] = split_of(name)
                if name and not self._splits[name]:
                    raise DatasetInvalid(
                        f"{self._path}, line {row.line}: no split named {name[:50]!r}. "
                        f"{suggestion(name[:50].lower(), SPLIT_NAMES)}"
                    )
            return self._splits[name]
        split = "train" if columns.flags else None
        for index, meant in columns.flags:
            value = cells[index].lower()
            if value in TRUE:
                split = meant
            elif value not in FALSE:
                raise DatasetInvalid(
                    f"{self._path}, line {row.line}: {columns.names[index]} is {cells[index][:50]!r}. "
                    "Expected is True or False."
                )
        return split

    def _skip(self, row: Row, problem: str) -> None:
        self._first_problem = self._first_problem or f"{self._path}, line {row.line}: {problem}"
        self._broken.append(row.line)

    def _check_single_labels(self) -> None:
        refusal = "Several labels per image (multi-label) are not supported: give each image one."
        if len(self._conflicts) > _CONFLICT_SHARE * len(self._images):
            name, other = next(iter(self._conflicts.items()))
            raise DatasetInvalid(
                f"{self._path}: {count(len(self._conflicts), 'image has', 'images have')} rows of different labels, "
                f"like {name!r} with {self._images[name].label!r} and {other!r}. {refusal}"
            )
        column = self._columns.label
        tags = column is not None and self._columns.has_header and key_of(self._columns.names[column]) in TAG_COLUMNS
        if example := several_labels({image.label for image in self._images.values()}, tags):
            raise DatasetInvalid(f"{self._path}: a label like {example!r} seems to be several. {refusal}")

    def _notes(self, missing: list[str]) -> list[str]:
        assumed = encoding_note(self._path)
        notes = [assumed] if assumed else []
        columns = self._columns
        if columns.flags:
            names = " and ".join(f"{columns.names[index]!r} ({meant})" for index, meant in columns.flags)
            notes.append(f"Splits are taken from the column {names} of {self._path.name}.")
        if columns.label is None:
            notes.append(f"Each of {count(len(columns.one_hot), 'column')} of {self._path.name} is a class.")
        if columns.unused:
            notes.append(f"Columns of {self._path.name} that are not used: {listed(columns.unused)}.")
        if self._guessed:
            images = count(len(self._guessed), "image")
            notes.append(
                f"{self._path.name} writes {images} otherwise than the files are called, like "
                f"{shown(self._guessed[0])}: the only file that fits was taken."
            )
        for lines, what in (
            (self._unlabelled, "without a label"),
            (self._repeated, "with an image that is in the table already"),
            (self._broken, "that could not be read"),
        ):
            if lines:
                noun = "line" if len(lines) == 1 else "lines"
                more = f" and {len(lines) - _LINES_SHOWN:,} more" if len(lines) > _LINES_SHOWN else ""
                numbers = ", ".join(map(str, lines[:_LINES_SHOWN]))
                notes.append(
                    f"Left out of {self._path.name}: {count(len(lines), 'row')} {what} ({noun} {numbers}{more})."
                )
        if self._conflicts:
            images = count(len(self._conflicts), "image")
            notes.append(f"Left out: {images} with several labels in {self._path.name}, {listed(self._conflicts)}.")
        if missing:
            images = count(len(missing), "image")
            notes.append(f"In {self._path.name}, but not there: {images}, like {shown(missing[0])}.")
        return notes


def several_labels(labels: set[str], tags: bool = False) -> str | None:
    """A label that is really several in one cell, like `clear|road`, if the parts occur in other cells; else None.

    `tags`: the column has a name like "tags", so blanks separate too. Of parts between commas nearly all must occur
    elsewhere, because a label may be a phrase.
    """
    for divider, share in (("|", 0.0), (";", 0.6), (",", 0.6), *(((" ", 0.3),) if tags else ())):
        joined = sorted(label for label in labels if divider in label)
        if not joined:
            continue
        parts = [{part.strip(" []'\"") for part in label.split(divider)} for label in labels]
        times: dict[str, int] = {}
        for part in chain.from_iterable(parts):
            times[part] = times.get(part, 0) + 1
        again = sum(number > 1 for number in times.values())
        if again > share * len(times):
            return joined[0]
    return None


def _inside(cell: str, folder: Path, where: str) -> str:
    """The posix path relative to `folder`, without `..`. Only the text is used: links are checked when it is read."""
    path = tidy_path(cell)
    if PurePosixPath(path).is_relative_to(folder.as_posix()):
        path = PurePosixPath(path).relative_to(folder.as_posix()).as_posix()
    if path.startswith(("/", "../")) or path in (".", "..") or re.match(r"[A-Za-z]:", path):
        raise DatasetInvalid(
            f"{where}: {cell[:200]!r} is outside of the image folder {folder}. Use paths relative to it."
        )
    return path


def tidy_path(cell: str) -> str:
    """A path with forward slashes and without `.` and `..`."""
    return posixpath.normpath(cell.replace("\\", "/"))
