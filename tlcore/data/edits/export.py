"""Write a dataset with its edits to a new folder: class folders or a table, and `changes.csv` with what was changed.

Files are hard links to the originals where the file system allows that, else copies. The folder appears under its name
only when it is complete.
"""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from tlcore.data.dataset import Dataset, Sample
from tlcore.data.edits.actions import COLUMNS, Edits
from tlcore.data.formats.cells import escape_cell
from tlcore.data.intake.names import numbered, visible_part
from tlcore.errors import StorageError, UnreadableImage

Form = Literal["folders", "csv"]
TABLE, CHANGES = "dataset.csv", "changes.csv"
_IMAGES = "images"  # folder of the images beside a table


class ExportProgress(NamedTuple):
    done: int
    total: int
    """`done` of `total` images."""


@dataclass(frozen=True)
class Exported:
    folder: Path
    linked: int
    copied: int
    """Files that are copies, or new files for images that were in no file of their own."""
    left_out: tuple[str, ...]
    """Ids of images whose file is gone or may not be read."""
    renamed: dict[str, str]
    """Class names that could not be written as they are, and what they are called in the folder."""


def export_edited(
    dataset: Dataset, edits: Edits, folder: Path, form: Form = "folders", *, copy: bool = False
) -> Generator[ExportProgress, None, Exported]:
    """Write the images of a dataset with its edits, and yield the progress.

    `folders`: SPLIT/CLASS/file; `csv`: a table of path,label,split beside a folder of images. Files have their names,
    with a number where two would have the same. `copy`: no hard links, so that the files can be changed without
    changing the originals. Raises StorageError if the folder has something in it or cannot be written; then, or if the
    caller stops early, nothing is left behind.
    """
    check_free(folder)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=parent, ignore_cleanup_errors=True) as name:
            made = Path(name) / "made"
            made.mkdir()
            exported = yield from _Writer(dataset, made, form, copy).write(edits)
            if folder.exists():
                folder.rmdir()  # it was empty; this fails if it is no longer
            made.rename(folder)
    except (OSError, shutil.Error) as error:
        raise StorageError(f"Cannot write {folder}: {getattr(error, 'strerror', None) or error}.") from None
    return exported(folder)


def check_free(folder: Path) -> None:
    """Raises StorageError unless the folder is empty or does not exist."""
    try:
        filled = os.path.lexists(folder) and (not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()))
    except OSError as error:
        raise StorageError(f"Cannot read {folder}: {error.strerror}.") from None
    if filled:
        raise StorageError(f"{folder} is there already and is not empty: nothing is overwritten. Give a new folder.")


class _Writer:
    def __init__(self, dataset: Dataset, root: Path, form: Form, copy: bool) -> None:
        self._dataset, self._root, self._form, self._copy = dataset, root, form, copy
        self._links = self._copies = 0
        self._places: dict[str, str] = {}  # id -> where it is in the folder
        self._left_out: list[str] = []
        self._labels = _labels(dataset.classes, _folder_name if form == "folders" else escape_cell)

    def write(self, edits: Edits) -> "Generator[ExportProgress, None, Callable[[Path], Exported]]":
        samples, taken = self._dataset.samples, set[str]()
        for done, sample in enumerate(samples, 1):
            try:
                file = self._dataset.source.file(sample.id)
                place = _free(self._wanted(sample, file), taken)
                self._write(sample, file, self._root / place)
            except (UnreadableImage, FileNotFoundError, PermissionError):
                self._left_out.append(sample.id)
            else:
                self._places[sample.id] = place
            if done % 100 == 0 or done == len(samples):
                yield ExportProgress(done, len(samples))
        if self._form == "csv":
            rows = (
                (self._places[sample.id], self._labels[self._dataset.classes[sample.target]], sample.split)
                for sample in samples
                if sample.id in self._places
            )
            _write_csv(self._root / TABLE, ("path", "label", "split"), rows)
        self._write_changes(edits)
        renamed = {label: name for label, name in self._labels.items() if label != name}
        return lambda folder: Exported(folder, self._links, self._copies, tuple(self._left_out), renamed)

    def _wanted(self, sample: Sample, file: Path | None) -> str:
        name = visible_part(PurePosixPath(sample.id).name, "image")
        if file is None:
            name = f"{name}.png"
        folder = f"{sample.split}/{self._labels[self._dataset.classes[sample.target]]}"
        return f"{folder if self._form == 'folders' else _IMAGES}/{name}"

    def _write(self, sample: Sample, file: Path | None, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        if file is None:
            self._dataset.source.decode(sample.id).image.save(place)
            self._copies += 1
        elif not self._copy and _link(file, place):
            self._links += 1
        else:
            shutil.copyfile(file, place)
            self._copies += 1

    def _write_changes(self, edits: Edits) -> None:
        table = edits.table()
        table = table[table["in_effect"] & (table["id"] != "")]
        columns = [name for name in COLUMNS if name != "in_effect"]
        rows = (
            [*(escape_cell(value) for value in row), self._places.get(row[columns.index("id")], "")]
            for row in table[columns].itertuples(index=False, name=None)
        )
        _write_csv(self._root / CHANGES, (*columns, "file"), rows)


def _folder_name(label: str) -> str:
    return visible_part(label, "class")


def _labels(labels: Iterable[str], write: Callable[[str], str]) -> dict[str, str]:
    """A name for each label, all different even where upper and lower case are one."""
    result: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        result[label] = _free(write(label), taken)
    return result


def _free(name: str, taken: set[str]) -> str:
    """The name, or the name with the first free number, which is then taken."""
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = numbered(name, number)
    taken.add(free.casefold())
    return free


def _link(file: Path, place: Path) -> bool:
    """Whether a hard link could be made. To the file itself, if `file` is a symbolic link."""
    try:
        os.link(os.path.realpath(file), place)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or a file system without hard links
        return False
    return True


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
