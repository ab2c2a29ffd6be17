"""Uploaded datasets: each is assembled in a staging folder, described, then added to the library or discarded.

`archive` unpacks; `library` lists the available datasets; `building` makes one of single photographs.
"""

import csv
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
from tlcore.data.formats.intake_notes import save_notes
from tlcore.data.formats.names import shown
from tlcore.data.formats.tables import find_tables, is_table_name, open_place
from tlcore.data.formats.tree import OTHER_EXTENSIONS, list_tree
from tlcore.data.intake.archive import LIMITS, Limits, Unpacked, Unpacking, unpack
from tlcore.data.intake.entries import NO_IMAGE
from tlcore.data.intake.first_look import BUDGET_S, look_first
from tlcore.data.intake.library import add_path, free_name
from tlcore.data.intake.names import safe_name, safe_part
from tlcore.data.intake.photographs import Upload, wish_for
from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, IMAGE_EXTENSIONS, image_format
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DataError, DatasetInvalid
from tlcore.system.allowance import room_for
from tlcore.system.home import datasets_dir
from tlcore.words import count

_STALE_S = 24 * 3600
_NOT_KEPT = ("No val", "No test", "No images in", "In ")  # notes that are created again whenever the dataset is opened


@dataclass(frozen=True)
class Summary:
    """What was recognised in an upload; the user confirms it."""

    classes: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    """Split -> class -> images, without those that are known to be unreadable."""
    skipped: tuple[Skipped, ...]
    """What was left out."""
    unreadable: tuple[Skipped, ...]
    """What stays with the dataset, but cannot be used."""
    looked_at: int
    """Images that were tried; the others may be unreadable too. All of them, where there was time."""
    notes: tuple[str, ...]

    @property
    def images(self) -> int:
        return sum(sum(counts.values()) for counts in self.counts.values())

    @property
    def all_looked_at(self) -> bool:
        return self.looked_at >= self.images + len(self.unreadable)


@dataclass(frozen=True)
class Staged:
    """A dataset that waits for a decision, in its own folder, which `list_sources` does not list."""

    name: str
    source: Path
    """A folder, or a table whose folder contains all its images."""
    folder: Path
    """The folder that is removed in the end."""
    summary: Summary

    def accept(self) -> str:
        """Move it into the library; existing datasets are not touched. Returns its source."""
        is_table = self.source.is_file()
        root = self.source.parent if is_table else self.source
        while True:
            target = datasets_dir() / free_name(self.name)
            try:
                os.rename(root, target)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another upload took the name first
                    continue
                raise DataError(f"{self.name} could not be moved into {datasets_dir()}: {error.strerror}.") from None
            self.discard()
            return add_path(str(target / self.source.name)) if is_table else str(target)

    def discard(self) -> None:
        _remove(self.folder)


def stage_archive(archive: BinaryIO, name: str, limits: Limits = LIMITS) -> Generator[Unpacked, None, Staged]:
    """Stage a zip of class folders, of split folders with class folders, or of tables and their images.

    Yields the progress. Nothing is left behind if the generator is closed, or raises DatasetInvalid, or NotAllowed if a
    visitor has no room for it.
    """
    return _stage(name, lambda root: unpack(archive, root, limits))


def stage_table(
    table: Upload, images: Sequence[Upload], name: str, limits: Limits = LIMITS
) -> Generator[Unpacked, None, Staged]:
    """Stage a CSV or TSV of `path,label` and the images that it names. Otherwise as `stage_archive`."""
    files = [(safe_part(Path(file).name), data) for file, data in [table, *images]]
    return _stage(name, lambda root: _write_all(files, root, limits))


def summarise(dataset: Dataset, skipped: Iterable[Skipped] = (), budget_s: float = BUDGET_S) -> Summary:
    """What a dataset holds. Images are tried for `budget_s` at most; all unreadable ones are found by a `scan`.

    A sample that is among the `skipped`, because its file is not there, counts as neither an image nor unreadable.
    """
    skipped = tuple(skipped)
    gone = {image.id for image in skipped}
    there = [sample for sample in dataset.samples if sample.id not in gone]
    look = look_first(there, dataset.source, budget_s)
    unreadable = {image.id for image in look.unreadable}
    counts = {split: dict.fromkeys(dataset.class_counts(split), 0) for split in dataset.split_names}
    for sample in there:
        counts[sample.split][dataset.classes[sample.target]] += sample.id not in unreadable
    return Summary(dataset.classes, counts, skipped, look.unreadable, look.images, dataset.notes)


def _stage(
    name: str, fill: Callable[[Path], Generator[Unpacked, None, Unpacking]]
) -> Generator[Unpacked, None, Staged]:
    name = safe_name(name)
    incoming = _incoming()
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        remove_stale_uploads()
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=incoming))
        root = folder / name
        root.mkdir()
    except OSError as error:
        raise DataError(f"Nothing can be written to {datasets_dir()}: {error.strerror}.") from None
    try:
        filled = yield from fill(root)
        source, dataset = _understand(root, filled)
        return Staged(name, source, folder, summarise(dataset, [*filled.skipped, *_not_there(dataset)]))
    except OSError as error:
        _remove(folder)
        raise DataError(f"The upload could not be stored: {error.strerror}. Is the disk full?") from None
    except DataError as error:
        _remove(folder)
        raise type(error)(str(error).replace(str(root), name)) from error
    except BaseException:  # also GeneratorExit, on cancel
        _remove(folder)
        raise


def _write_all(files: Sequence[Upload], root: Path, limits: Limits) -> Generator[Unpacked, None, Unpacking]:
    """Write single files; if a name is taken, a number is added."""
    skipped: list[Skipped] = []
    if len(files) > limits.files:
        raise DatasetInvalid(f"{len(files):,} files are too many: at most {limits.files:,} are taken at once.")
    with room_for(wish_for(files)):
        for number, (name, data) in enumerate(files, start=1):
            size = data.seek(0, os.SEEK_END)
            data.seek(0)
            if reason := _no_image(name, data):
                skipped.append(Skipped(name, reason))
            elif size > limits.file_bytes:
                skipped.append(Skipped(name, f"too large: more than {limits.file_bytes >> 20} MB"))
            else:
                target = _free_path(root / name)
                target.parent.mkdir(exist_ok=True)
                with target.open("xb") as file:
                    shutil.copyfileobj(data, file)
            yield Unpacked(number, len(files))
    return Unpacking(skipped, [])


def _no_image(name: str, data: BinaryIO) -> str | None:
    """Why a file is neither an image nor a table; None if it is one of them."""
    ending = os.path.splitext(name)[1].lower()
    if ending in IMAGE_EXTENSIONS or is_table_name(name):
        return None
    if ending in OTHER_EXTENSIONS:
        return NO_IMAGE
    found = image_format(data.read(HEAD_BYTES))
    data.seek(0)
    return None if found in FORMATS else "not an image, by its first bytes"


def _free_path(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def _understand(root: Path, filled: Unpacking) -> tuple[Path, Dataset]:
    """The source in the staged files and the dataset it opens to: from tables that fit them, else from class folders.

    The source is the innermost folder that contains everything, or one table in it with the name of the dataset. The
    notes are stored there.
    """
    found = open_place(root, DataConfig(source=str(root)), prefer_tables=True)
    place = found.source.root if isinstance(found.source, FileSource) else root
    notes = [*filled.notes, *_left_out(filled.skipped)]
    source = place
    if isinstance(found.source, FileSource) and found.source.confined:
        source = _as_one_table(found, root)
        notes = [*(note for note in found.notes if not note.startswith(_NOT_KEPT)), *notes]
    save_notes(source if source.is_dir() else source.parent, tuple(notes))
    return source, open_dataset(DataConfig(source=str(source)))


def _left_out(skipped: Sequence[Skipped]) -> list[str]:
    if not skipped:
        return []
    first = f"{shown(skipped[0].id)} ({skipped[0].reason})"
    return [f"Left out when it was taken in: {count(len(skipped), 'file')}, like {first}."]


def _as_one_table(dataset: Dataset, root: Path) -> Path:
    """Merge the tables of an upload into one, in the folder that contains all images, and delete the originals."""
    there = [sample for sample in dataset.samples if _stays_inside(sample.id) and (root / sample.id).exists()]
    inner = os.path.commonpath([os.path.dirname(sample.id) for sample in there]) if there else ""
    prefix = f"{inner}/" if inner else ""
    # a split made here is made again when the dataset is opened
    split_of = {s.id: "train" if s.split in dataset.made_splits else s.split for s in dataset.samples}
    with_splits = set(split_of.values()) != {"train"}
    for path in find_tables(list_tree(root)):
        (root / path).unlink()
    table = _free_path(root / inner / f"{root.name}.csv")
    with table.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "label", "split"][: 3 if with_splits else 2])
        for sample in dataset.samples:
            path = sample.id.removeprefix(prefix)
            if _stays_inside(path):
                row = [path, dataset.classes[sample.target], split_of[sample.id]]
                writer.writerow(row[: 3 if with_splits else 2])
    return table


def _stays_inside(path: str) -> bool:
    return not (path.startswith(("/", "../", "..\\")) or path[1:2] == ":" or path in (".", ".."))


def _not_there(dataset: Dataset) -> list[Skipped]:
    ids = [sample.id for sample in dataset.samples]
    stamps = dataset.source.stamps(ids)
    return [Skipped(i, "in the table, but not uploaded") for i, stamp in zip(ids, stamps, strict=True) if not stamp]


def remove_stale_uploads() -> None:
    """Remove what dead processes left behind, and uploads without a decision for a day."""
    for entry in _incoming().glob("*"):
        process = entry.name.partition("-")[0]
        with suppress(OSError):
            old = time.time() - entry.stat().st_mtime > _STALE_S
            if old or not process.isdecimal() or not psutil.pid_exists(int(process)):
                shutil.rmtree(entry, ignore_errors=True)


def _incoming() -> Path:
    return datasets_dir() / ".incoming"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # the last one also removes the common folder
