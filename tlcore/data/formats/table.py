"""A CSV or TSV of `path,label` beside an image folder, with an optional `split` column, as a `Dataset`.

A table is outside input: its paths must stay inside the image folder.
"""

import csv
import os
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.assemble import assemble
from tlcore.data.formats.split_names import SPLIT_NAMES, split_of
from tlcore.data.formats.splits import Labelled
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound, suggestion

# Column names that are recognised, in lower case; the first that a header has is taken
PATH_COLUMNS = ("path", "file", "filename", "image", "file_name", "filepath", "file_path", "image_path", "image_name")
LABEL_COLUMNS = ("label", "class", "target", "class_name", "category")
SPLIT_COLUMNS = ("split", "subset")
MAX_TABLE_BYTES = 1 << 29
MAX_LABEL_LENGTH = 200

_SNIFFED = 1 << 16  # characters of the first line that the delimiter is guessed from
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)


class _Columns(NamedTuple):
    path: int
    label: int
    split: int | None
    width: int
    """Cells that every row must have."""


def open_table(path: Path, config: DataConfig) -> Dataset:
    """Open a table of labelled image paths. Missing files stay listed; they are reported when images are read.

    Integer labels are ordered by value, others by name.
    Raises DatasetNotFound without a table or image folder, DatasetInvalid with the line that cannot be used.
    """
    path = path.absolute()
    folder = Path(os.path.expanduser(config.images)).absolute() if config.images else path.parent
    if not os.path.isdir(folder):
        raise DatasetNotFound(f"There is no image folder {folder}, which the paths in {path.name} start from.")
    images = _read_images(path, folder)
    if not images:
        raise DatasetInvalid(f"{path} has no rows. Expected is a path and a label per line, like: ants/1.jpg,ants")
    if not any(os.path.lexists(folder / image.id) for image in images):
        raise DatasetInvalid(
            f"None of the {len(images)} images in {path} exists: looked for {images[0].id!r} in {folder}. "
            "Set `images` to the folder that the paths start from."
        )
    labels = {image.label for image in images}
    integers = all(_INTEGER.fullmatch(label) for label in labels)
    classes = sorted(labels, key=lambda label: (int(label), label)) if integers else sorted(labels)
    return assemble(path.stem, images, FileSource(folder, confined=True), config, classes=classes)


def _read_images(path: Path, folder: Path) -> list[Labelled]:
    images: list[Labelled] = []
    line_of: dict[str, int] = {}
    columns: _Columns | None = None
    with_split = 0
    for line, row in _read_rows(path):
        where = f"{path}, line {line}"
        if columns is None:
            columns, is_header = _find_columns(row, where)
            if is_header:
                continue
        image = _parse_row(row, columns, folder, where)
        if image.id in line_of:
            raise DatasetInvalid(f"{where}: {image.id!r} is in line {line_of[image.id]} already. Keep one of them.")
        line_of[image.id] = line
        with_split += image.split is not None
        if with_split not in (0, len(images) + 1):
            raise DatasetInvalid(f"{where}: some lines name a split and others do not. Fill in all, or none.")
        images.append(image)
    return images


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each row that is not blank."""
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise DatasetInvalid(
                f"{path} is larger than {MAX_TABLE_BYTES >> 20} MiB, which no table of paths should be."
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _find_delimiter(path, file.readline(_SNIFFED))
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield reader.line_num, cells
    except FileNotFoundError:
        raise DatasetNotFound(f"There is no table {path}. Check the path.") from None
    except OSError as error:
        raise DatasetInvalid(f"Cannot read {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DatasetInvalid(f"{path} is not UTF-8 text. Save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise DatasetInvalid(
            f"{path}, line {reader.line_num}: not a readable row ({error}). Is a quote left open?"
        ) from None


def _find_delimiter(path: Path, first_line: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(",;\t", key=first_line.count)


def _find_columns(first_row: Sequence[str], where: str) -> tuple[_Columns, bool]:
    """Which cell is what, and whether the first row is a header that says so."""
    names = [cell.lower() for cell in first_row]
    path, label, split = (_index(names, known) for known in (PATH_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS))
    if path is not None and label is not None:
        return _Columns(path, label, split, len(names)), True
    if path is not None or label is not None:
        lacking, known = ("label", LABEL_COLUMNS) if label is None else ("path", PATH_COLUMNS)
        raise DatasetInvalid(f"{where}: the header has no {lacking} column. Name it one of: {', '.join(known)}.")
    if len(names) not in (2, 3):
        raise DatasetInvalid(
            f"{where}: {len(names)} columns and no header. Expected is path,label or path,label,split, "
            "or a header that names these columns."
        )
    return _Columns(0, 1, 2 if len(names) == 3 else None, len(names)), False


def _index(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _parse_row(row: Sequence[str], columns: _Columns, folder: Path, where: str) -> Labelled:
    if len(row) != columns.width:
        raise DatasetInvalid(f"{where}: {len(row)} columns instead of {columns.width}. Quote cells that hold a comma.")
    label = unicodedata.normalize("NFC", row[columns.label])
    if not label or len(label) > MAX_LABEL_LENGTH or not label.isprintable():
        raise DatasetInvalid(f"{where}: the label is empty, longer than {MAX_LABEL_LENGTH} letters or not printable.")
    return Labelled(_parse_path(row[columns.path], folder, where), label, _parse_split(row, columns, where))


def _parse_split(row: Sequence[str], columns: _Columns, where: str) -> str | None:
    name = row[columns.split] if columns.split is not None else ""
    split = split_of(name)
    if name and not split:
        raise DatasetInvalid(f"{where}: no split named {name[:50]!r}. {suggestion(name[:50].lower(), SPLIT_NAMES)}")
    return split


def _parse_path(cell: str, folder: Path, where: str) -> str:
    """The path relative to `folder`, posix, without detours. By its text alone: links are judged when it is read."""
    if not cell or "\0" in cell:
        raise DatasetInvalid(f"{where}: the path is empty or holds a NUL byte.")
    path = posixpath.normpath(cell.replace("\\", "/"))
    if PurePosixPath(path).is_relative_to(folder.as_posix()):
        path = PurePosixPath(path).relative_to(folder.as_posix()).as_posix()
    if path.startswith(("/", "../")) or path in (".", "..") or re.match(r"[A-Za-z]:", path):
        raise DatasetInvalid(
            f"{where}: {cell[:200]!r} is outside of the image folder {folder}. Use paths relative to it."
        )
    return path
