"""Datasets that come from outside: each is put together beside the library, described, then taken in or thrown away.

Unpacking is the business of `archive`, what there is to choose from that of `library`.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset, Skipped
from tlcore.data.intake.archive import LIMITS, TABLES, Limits, Unpacked, unpack
from tlcore.data.intake.library import add_path, free_name
from tlcore.data.intake.names import safe_name, safe_path
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DataError, DatasetInvalid
from tlcore.system.home import datasets_dir

_STALE_S = 24 * 3600
_FOUND_SHARE = 0.5  # of the images in a table that must be there, for it to be the table of these images

Upload = tuple[str, BinaryIO]
"""A file's name and its content."""


@dataclass(frozen=True)
class Summary:
    """What was understood, for the person to agree to."""

    classes: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    """Split -> class -> images."""
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    @property
    def images(self) -> int:
        return sum(sum(counts.values()) for counts in self.counts.values())


@dataclass(frozen=True)
class Staged:
    """A dataset that waits for a decision, in a folder of its own that `list_sources` does not see."""

    name: str
    source: Path
    """A folder, or a table whose folder has all its images."""
    folder: Path
    """What is removed in the end."""
    summary: Summary

    def accept(self) -> str:
        """Move it into the library, beside what is there; returns its source."""
        is_table = self.source.is_file()
        root = self.source.parent if is_table else self.source
        while True:
            target = datasets_dir() / free_name(self.name)
            try:
                os.rename(root, target)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # somebody was quicker with the same name
                    continue
                raise DataError(f"{self.name} could not be moved into {datasets_dir()}: {error.strerror}.") from None
            self.discard()
            return add_path(str(target / self.source.name)) if is_table else str(target)

    def discard(self) -> None:
        _remove(self.folder)


def stage_archive(archive: BinaryIO, name: str, limits: Limits = LIMITS) -> Generator[Unpacked, None, Staged]:
    """A zip of class folders, of split folders with class folders, or of a table and its images.

    Yields how far it is. Closing the generator leaves nothing behind, and neither does DatasetInvalid.
    """
    return _stage(name, lambda root: unpack(archive, root, limits))


def stage_table(
    table: Upload, images: Sequence[Upload], name: str, limits: Limits = LIMITS
) -> Generator[Unpacked, None, Staged]:
    """A CSV or TSV of `path,label`, and the images that it names. Otherwise as `stage_archive`."""
    files = [(safe_path(Path(table[0]).name), table[1]), *((safe_path(Path(n).name), data) for n, data in images)]
    return _stage(name, lambda root: _write_all(files, root, limits))


def stage_classes(
    images: Mapping[str, Sequence[Upload]], name: str, limits: Limits = LIMITS
) -> Generator[Unpacked, None, Staged]:
    """Images by class name. Two classes of one name, but for case, become one. Otherwise as `stage_archive`."""
    folders: dict[str, str] = {}
    files: list[Upload] = []
    for label, uploads in images.items():
        folder = folders.setdefault(safe_name(label, "class").casefold(), safe_name(label, "class"))
        files += [(f"{folder}/{safe_name(file_name, 'image')}", data) for file_name, data in uploads]
    return _stage(name, lambda root: _write_all(files, root, limits))


def summarise(dataset: Dataset, skipped: Iterable[Skipped] = ()) -> Summary:
    """What a dataset holds. Looks at names only: which images cannot be read is found by a `scan`."""
    counts = {split: dataset.class_counts(split) for split in dataset.split_names}
    return Summary(dataset.classes, counts, tuple(skipped), dataset.notes)


def _stage(
    name: str, fill: Callable[[Path], Generator[Unpacked, None, list[Skipped]]]
) -> Generator[Unpacked, None, Staged]:
    name = safe_name(name)
    incoming = datasets_dir() / ".incoming"
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        _remove_stale(incoming)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=incoming))
        root = folder / name
        root.mkdir()
    except OSError as error:
        raise DataError(f"Nothing can be written to {datasets_dir()}: {error.strerror}.") from None
    try:
        skipped = yield from fill(root)
        source, dataset = _understand(root)
        return Staged(name, source, folder, summarise(dataset, [*skipped, *_not_there(dataset)]))
    except OSError as error:
        _remove(folder)
        raise DataError(f"The upload could not be stored: {error.strerror}. Is the disk full?") from None
    except DataError as error:
        _remove(folder)
        raise type(error)(str(error).replace(str(root), name)) from error
    except BaseException:  # also GeneratorExit: cancelled
        _remove(folder)
        raise


def _write_all(files: Sequence[Upload], root: Path, limits: Limits) -> Generator[Unpacked, None, list[Skipped]]:
    """Write single files; a name that is taken gets a number."""
    skipped: list[Skipped] = []
    if len(files) > limits.files:
        raise DatasetInvalid(f"{len(files):,} files are too many: at most {limits.files:,} are taken at once.")
    for number, (name, data) in enumerate(files, start=1):
        size = data.seek(0, os.SEEK_END)
        data.seek(0)
        if os.path.splitext(name)[1].lower() not in (*IMAGE_EXTENSIONS, *TABLES):
            skipped.append(Skipped(name, "not an image or a table, by its ending"))
        elif size > limits.file_bytes:
            skipped.append(Skipped(name, f"too large: more than {limits.file_bytes >> 20} MB"))
        else:
            target = _free_path(root / name)
            target.parent.mkdir(exist_ok=True)
            with target.open("xb") as file:
                shutil.copyfileobj(data, file)
        yield Unpacked(number, len(files))
    return skipped


def _free_path(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def _understand(root: Path) -> tuple[Path, Dataset]:
    """The source that the files make, and the dataset it opens to: that of a table that fits them, else of a folder.

    That is the innermost one that holds it all. A table is moved to the folder that its paths start from, so that it
    can be opened without saying which that is, and called like the dataset.
    """
    tables = sorted(path for path in root.rglob("*") if path.suffix.lower() in TABLES)
    refusals: list[DataError] = []
    for table in tables[:3]:
        for folder in dict.fromkeys([table.parent, root, *_image_folders(root)]):
            try:
                dataset = open_dataset(DataConfig(source=str(table), images=str(folder)))
            except DataError as error:
                refusals.append(error)
                continue
            if len(_not_there(dataset)) <= (1 - _FOUND_SHARE) * len(dataset.samples):
                moved = table.rename(_free_path(folder / f"{root.name}{table.suffix.lower()}"))
                return moved, open_dataset(DataConfig(source=str(moved)))
    try:
        found = open_dataset(DataConfig(source=str(root)))
        inner = found.source.root if isinstance(found.source, FileSource) else root
        return inner, found if inner == root else open_dataset(DataConfig(source=str(inner)))
    except DataError as error:
        raise (refusals[0] if refusals else error) from None


def _image_folders(root: Path) -> list[Path]:
    """The first few folders that images lie in."""
    found = (path.parent for path in root.rglob("*") if path.suffix.lower() in IMAGE_EXTENSIONS)
    return list(dict.fromkeys(found))[:8]


def _not_there(dataset: Dataset) -> list[Skipped]:
    ids = [sample.id for sample in dataset.samples]
    stamps = dataset.source.stamps(ids)
    return [Skipped(i, "in the table, but not uploaded") for i, stamp in zip(ids, stamps, strict=True) if not stamp]


def _remove_stale(incoming: Path) -> None:
    """What processes left behind that are gone, and what nobody decided on for a day."""
    for entry in incoming.iterdir():
        process = entry.name.partition("-")[0]
        with suppress(OSError):
            old = time.time() - entry.stat().st_mtime > _STALE_S
            if old or not process.isdecimal() or not psutil.pid_exists(int(process)):
                shutil.rmtree(entry, ignore_errors=True)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # the last one takes the common folder along
