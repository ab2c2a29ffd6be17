"""Write a dataset with its edits to a new folder: class folders or a table, and `changes.csv` with what was changed.

Files are hard links to the originals where the file system allows that, else copies. The folder appears under its name
only when it is complete.
"""

import csv
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from tlcore.data.dataset import Dataset, Sample
from tlcore.data.edits.actions import COLUMNS, Edits
from tlcore.data.formats.cells import escape_cell
from tlcore.data.intake.names import distinct_names, first_free, folder_name, visible_part
from tlcore.errors import UnreadableImage
from tlcore.system.new_folder import link_or_copy, new_folder

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
    with new_folder(folder) as made:
        exported = yield from _Writer(dataset, made, form, copy).write(edits)
    return exported(folder)


class _Writer:
    def __init__(self, dataset: Dataset, root: Path, form: Form, copy: bool) -> None:
        self._dataset, self._root, self._form, self._copy = dataset, root, form, copy
        self._links = self._copies = 0
        self._places: dict[str, str] = {}  # id -> where it is in the folder
        self._left_out: list[str] = []
        self._labels = distinct_names(dataset.classes, folder_name if form == "folders" else escape_cell)

    def write(self, edits: Edits) -> "Generator[ExportProgress, None, Callable[[Path], Exported]]":
        samples, taken = self._dataset.samples, set[str]()
        for done, sample in enumerate(samples, 1):
            try:
                file = self._dataset.source.file(sample.id)
                place = first_free(self._wanted(sample, file), taken)
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
        elif link_or_copy(file, place, copy=self._copy):
            self._links += 1
        else:
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


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
