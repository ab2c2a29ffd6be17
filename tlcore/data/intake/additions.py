"""More photographs for a dataset that lies under `datasets_dir()`: into a class that it has, or a new one.

A dataset whose files are elsewhere is never changed.
"""

import csv
import io
import os
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from filelock import FileLock

from tlcore.config import DataConfig
from tlcore.data.catalog import open_unedited
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.formats.names import shown
from tlcore.data.formats.split_names import split_of
from tlcore.data.intake.archive import LIMITS, Limits
from tlcore.data.intake.building import class_folder
from tlcore.data.intake.library import uploaded_folder
from tlcore.data.intake.photographs import Taken, Upload, take_in
from tlcore.data.pixels.digests import MISSING
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, StorageError
from tlcore.system.files import write_atomic

_HEADERS = (["path", "label"], ["path", "label", "split"])


def own_splits(dataset: Dataset) -> tuple[str, ...]:
    """The splits that photographs can be added to: those of the data, not those that were made here."""
    return tuple(name for name in dataset.split_names if name not in dataset.made_splits)


def add_photographs(
    source: str, label: str, uploads: Sequence[Upload], split: str = "train", limits: Limits = LIMITS
) -> Taken:
    """Check and store photographs in a class of an own dataset; a new name makes a new class, in train.

    Returns the ids in the dataset, and what was skipped: also what any class holds already.
    Raises DatasetInvalid for a dataset whose files are elsewhere, a split that it lacks, a new class outside of train,
    or if the dataset could not be opened with them; StorageError.
    """
    home = _own(source)
    with FileLock(home / ".adding.lock"):
        dataset = _as_stored(source)
        label = _label(dataset, label)
        if split not in own_splits(dataset):
            raise DatasetInvalid(f"{dataset.name} has no {split} split of its own: {', '.join(own_splits(dataset))}.")
        if label not in dataset.classes and split != "train":
            raise DatasetInvalid(f"The class {shown(label)} is new: begin it in train, or nothing could learn it.")
        if len(dataset.samples) + len(uploads) > limits.files:
            raise DatasetInvalid(f"A dataset that lies here has at most {limits.files:,} images.")
        root, table = _root(dataset, source), _table(source)
        inner = class_folder(label) if table else _folder_of(dataset, label, split)
        taken = _store(root, inner, uploads, _known(dataset), limits)
        if table and taken.names:
            _add_rows(table, [[name, label, split] for name in taken.names])
        try:
            _as_stored(source)
        except DatasetInvalid as error:
            for name in taken.names:
                _delete(root, table, name)
            raise DatasetInvalid(f"They cannot be added, because the dataset would not open then. {error}") from None
    return taken


def remove_photograph(source: str, sample_id: str) -> None:
    """Delete a photograph that was just added. Raises DatasetInvalid for a file that is not inside of the dataset."""
    home = _own(source)
    with FileLock(home / ".adding.lock"):
        dataset = _as_stored(source)
        if not any(sample.id == sample_id for sample in dataset.samples):
            return
        path = (_root(dataset, source) / sample_id).resolve()
        if not path.is_relative_to(home.resolve()):
            raise DatasetInvalid(f"{shown(sample_id)} is not inside of {home.name}.")
        _delete(_root(dataset, source), _table(source), sample_id)


def _own(source: str) -> Path:
    home = uploaded_folder(source)
    if home is None:
        raise DatasetInvalid(f"The files of {shown(source)} are not the dashboard's own, so none is added to them.")
    return home


def _as_stored(source: str) -> Dataset:
    return open_unedited(DataConfig(source=source))


def _root(dataset: Dataset, source: str) -> Path:
    return dataset.source.root if isinstance(dataset.source, FileSource) else Path(source)


def _table(source: str) -> Path | None:
    return Path(source) if os.path.isfile(source) else None


def _label(dataset: Dataset, label: str) -> str:
    """The class of that name, in any case, or the name as a new class has it."""
    if label in dataset.classes:
        return label
    name = class_folder(label)
    return {known.casefold(): known for known in dataset.classes}.get(name.casefold(), name)


def _known(dataset: Dataset) -> dict[str, str]:
    ids = [sample.id for sample in dataset.samples]
    return {digest: i for i, digest in zip(ids, dataset.source.digests(ids), strict=True) if digest != MISSING}


def _folder_of(dataset: Dataset, label: str, split: str) -> str:
    """The folder of a class in an own split, below the root of the images, as the folders of the others lie."""
    of_class = [sample for sample in dataset.samples if dataset.classes[sample.target] == label]
    same = next((sample for sample in of_class if sample.split == split), None)
    if same is not None:
        return _split_apart(dataset, same)[1]
    name = PurePosixPath(_split_apart(dataset, of_class[0])[0]).name if of_class else label
    class_path, folder = _split_apart(dataset, dataset.split(split)[0])
    return (PurePosixPath(class_path).parent / name / PurePosixPath(folder).relative_to(class_path)).as_posix()


def _split_apart(dataset: Dataset, sample: Sample) -> tuple[str, str]:
    """The path that ends in the class of a sample, and the folder of its images: the same, or a split below it."""
    parts = PurePosixPath(sample.id).parts[:-1]
    own = own_splits(dataset)
    given = sample.split in own and len(own) > 1
    first = 1 if given and parts and split_of(parts[0]) == sample.split and len(parts) > 1 else 0
    named = [unicodedata.normalize("NFC", part) for part in parts]
    try:
        position = named.index(dataset.classes[sample.target], first)
    except ValueError:
        raise DatasetInvalid(f"No folder in {shown(sample.id)} is called like its class.") from None
    below = position + 1
    deeper = given and first == 0 and below < len(parts) and split_of(parts[below]) == sample.split
    return "/".join(parts[:below]), "/".join(parts[: below + deeper])


def _store(root: Path, inner: str, uploads: Sequence[Upload], known: dict[str, str], limits: Limits) -> Taken:
    folder = root / inner
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {shown(inner)} could not be made: {error.strerror}.") from None
    try:
        taken = take_in(folder, uploads, known, limits)
    finally:
        if new:
            with suppress(OSError):
                folder.rmdir()  # if nothing was stored
    return taken._replace(names=tuple(f"{inner}/{name}" for name in taken.names))


def _delete(root: Path, table: Path | None, sample_id: str) -> None:
    if table:
        _remove_row(table, sample_id)
    path = root / sample_id
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()  # of a class that began with it


def _add_rows(table: Path, rows: Sequence[Sequence[str]]) -> None:
    header, before = _read_rows(table)
    _write_rows(table, [header, *before, *(row[: len(header)] for row in rows)])


def _remove_row(table: Path, sample_id: str) -> None:
    header, rows = _read_rows(table)
    _write_rows(table, [header, *(row for row in rows if row[:1] != [sample_id])])


def _read_rows(table: Path) -> tuple[list[str], list[list[str]]]:
    """Raises DatasetInvalid for a table that was not written here."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error):
        header, rows = [], []
    if header not in _HEADERS:
        raise DatasetInvalid(f"The table {table.name} was not written here, so no row is added to it.")
    return header, rows


def _write_rows(table: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomic(table, lambda file: file.write(text.getvalue().encode()), make_folder=False)
