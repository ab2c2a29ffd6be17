"""What each column of a table is, from its name and from whether its cells are paths of existing files."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tlcore.data.formats.names import listed
from tlcore.data.formats.rows import Row, key_of
from tlcore.data.formats.split_names import split_of
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid

# Names in the form of `key_of`; the first one found in the header is used
PATH_COLUMNS = (
    *("path", "file", "filename", "image", "file_name", "filepath", "file_path", "image_path", "image_name"),
    *("image_file", "img_path", "img_name", "img_file", "img", "fname", "image_uri", "uri", "image_url", "filenames"),
    *(
        "filepaths",
        "files",
        "images",
        "paths",
        "image_index",
        "image_id",
        "img_id",
        "imageid",
        "photo",
        "picture",
        "id",
    ),
)
LABEL_COLUMNS = (
    *("label", "class", "target", "class_name", "category", "labels", "label_name", "class_label", "classname"),
    *("classes", "lbl", "y", "finding_labels", "species", "breed", "diagnosis", "dx", "tag", "tags"),
)
SPLIT_COLUMNS = ("split", "subset")
_MAYBE_SPLIT = ("partition", "set", "data_set", "dataset", "data_split", "phase", "usage", "fold")
GROUP_COLUMNS = (
    *("group", "group_id", "patient", "patient_id", "patientid", "patient_no", "subject", "subject_id", "animal_id"),
    *("individual", "individual_id", "participant_id", "video", "video_id", "clip_id", "sequence_id", "seq_id"),
    *("case_id", "lesion_id", "specimen_id", "plant_id", "slide_id", "session_id", "burst_id", "study_id"),
)
"""Only names that can hardly mean anything else, because the health report trusts them."""
FLAG_COLUMNS = {
    **dict.fromkeys(("is_valid", "is_val", "is_validation", "valid", "validation"), "val"),
    **dict.fromkeys(("is_test",), "test"),
}
"""True/false columns -> the split that true means."""
TAG_COLUMNS = ("tag", "tags", "labels", "finding_labels", "classes", "categories", "keywords")
_INDEX = ("", "index", "unnamed:_0", "unnamed_0")
TRUE, FALSE = ("true", "1", "1.0", "yes", "t", "y"), ("false", "0", "0.0", "no", "f", "n", "")
_SHOWN = 12  # most names listed in a message


@dataclass(frozen=True)
class Columns:
    path: int
    label: int | None
    """None if each class has its own column."""
    split: int | None
    width: int
    """Number of cells that every row must have."""
    names: tuple[str, ...]
    """Names of all columns; empty without a header."""
    flags: tuple[tuple[int, str], ...] = ()
    """True/false columns, with the split that true means."""
    one_hot: tuple[int, ...] = ()
    """One-hot columns: one per class, with a 1 for the image's class."""
    unused: tuple[str, ...] = ()
    """Names of the columns that are not used."""
    group: int | None = None
    """The column that says which images belong together."""

    @property
    def has_header(self) -> bool:
        return bool(self.names)


def find_columns(rows: Sequence[Row], exists: Callable[[str], bool], where: str, group: str | None = None) -> Columns:
    """What the columns of a table are, from its first rows (at least one). `exists` looks for a cell's file.

    `group` names the column of groups; without it, it is found by its name.
    Raises DatasetInvalid, which says what is missing and which names are known.
    """
    first, others = rows[0].cells, [row.cells for row in rows[1:]]
    keys = [key_of(cell) for cell in first]
    path, hits = _find_path(keys, first, others, exists)
    label = _first_of(LABEL_COLUMNS, keys, path)
    if not _is_header(first, others, path, label, keys, exists, hits):
        return _without_header(rows, path if hits else None, where)
    if path is None:
        raise DatasetInvalid(
            f"{where}: the header has no path column. Name it one of: {', '.join(PATH_COLUMNS[:_SHOWN])}. "
            f"It has {listed(first)}."
        )
    split = _find_split(keys, others, {path, label})
    flags = tuple(
        (index, FLAG_COLUMNS[key]) for index, key in enumerate(keys) if key in FLAG_COLUMNS and index != label
    )
    flags = () if split is not None else flags
    taken = {path, label, split, *(index for index, _ in flags)}
    left = [index for index, key in enumerate(keys) if index not in taken and key not in _INDEX]
    one_hot: tuple[int, ...] = ()
    if label is None:
        label, one_hot = _label_by_elimination(left, keys, first, others, where)
    left = [index for index in left if index != label and index not in one_hot]
    found = _find_group(keys, left, group)
    unused = tuple(first[index] for index in left if index != found)
    return Columns(path, label, split, len(first), tuple(first), flags, one_hot, unused, found)


def _find_path(
    keys: list[str], first: list[str], others: list[list[str]], exists: Callable[[str], bool]
) -> tuple[int | None, bool]:
    """The column whose cells are existing files, else the one with a known name; and whether any file exists."""
    rows = [*others, first]
    hits = [sum(index < len(row) and exists(row[index]) for row in rows) for index in range(len(first))]
    named = _first_of(PATH_COLUMNS, keys, None)
    if hits and max(hits) > 0:
        best = max(hits)
        return (named if named is not None and hits[named] == best else hits.index(best)), True
    return named, False


def _is_header(
    first: list[str],
    others: list[list[str]],
    path: int | None,
    label: int | None,
    keys: list[str],
    exists: Callable[[str], bool],
    hits: bool,
) -> bool:
    if path is not None and hits and exists(first[path]):
        return False
    if label is not None or _first_of(PATH_COLUMNS, keys, None) is not None:
        return not any(map(_looks_like_path, first))
    if path is None or _looks_like_path(first[path]):
        return False
    later = {cell for row in others for index, cell in enumerate(row) if index != path}
    return not any(cell in later for index, cell in enumerate(first) if index != path and cell)


def _looks_like_path(cell: str) -> bool:
    return "/" in cell or "\\" in cell or os.path.splitext(cell)[1].lower() in IMAGE_EXTENSIONS


def _without_header(rows: Sequence[Row], path: int | None, where: str) -> Columns:
    width = len(rows[0].cells)
    if width not in (2, 3):
        raise DatasetInvalid(
            f"{where}: {width} columns and no header. Expected is path,label or path,label,split, "
            "or a header that names these columns."
        )
    path = path or 0
    left = [index for index in range(width) if index != path]
    if width == 2:
        return Columns(path, left[0], None, width, ())
    index = next((index for index in left if _counts_up(rows, index)), None)
    if index is not None and not _all_splits([row.cells for row in rows], index):
        return Columns(path, next(other for other in left if other != index), None, width, ())
    split = next((index for index in left if _all_splits([row.cells for row in rows], index)), left[-1])
    return Columns(path, next(other for other in left if other != split), split, width, ())


def _counts_up(rows: Sequence[Row], column: int) -> bool:
    """Whether a column only numbers the rows, as pandas writes it: 0, 1, 2 …"""
    cells = [row.cells[column] if column < len(row.cells) else "" for row in rows]
    if len(cells) < 2 or not all(cell.isascii() and cell.isdigit() and len(cell) < 10 for cell in cells):
        return False
    return all(int(after) == int(before) + 1 for before, after in pairwise(cells))


def _find_split(keys: list[str], others: list[list[str]], taken: set[int | None]) -> int | None:
    for index, key in enumerate(keys):
        if index not in taken and key in SPLIT_COLUMNS:
            return index
    for index, key in enumerate(keys):
        if index not in taken and key in _MAYBE_SPLIT and _all_splits(others, index):
            return index
    return None


def _find_group(keys: list[str], left: Sequence[int], named: str | None) -> int | None:
    if named is not None:
        return keys.index(key_of(named)) if key_of(named) in keys else None
    return next((keys.index(name) for name in GROUP_COLUMNS if name in keys and keys.index(name) in left), None)


def _all_splits(rows: list[list[str]], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row)]
    return bool(cells) and all(split_of(cell) for cell in cells)


def _label_by_elimination(
    left: list[int], keys: list[str], first: list[str], others: list[list[str]], where: str
) -> tuple[int | None, tuple[int, ...]]:
    """The only remaining column, or one column per class."""
    binary = tuple(
        index
        for index in left
        if others and all(row[index].lower() in ("0", "1", "0.0", "1.0") for row in others if index < len(row))
    )
    if len(binary) >= 2:
        return None, binary
    words = [index for index in left if keys[index] not in _MAYBE_SPLIT]
    if len(words) > 1:
        words = [index for index in words if keys[index] not in GROUP_COLUMNS]
    if len(words) == 1:
        return words[0], ()
    has = f" It has {listed(first)}." if words else ""
    raise DatasetInvalid(
        f"{where}: the header has no label column. Name it one of: {', '.join(LABEL_COLUMNS[:_SHOWN])}.{has}"
    )


def _first_of(known: Sequence[str], keys: Sequence[str], taken: int | None) -> int | None:
    return next((keys.index(name) for name in known if name in keys and keys.index(name) != taken), None)
