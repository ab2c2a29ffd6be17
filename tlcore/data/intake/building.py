"""Datasets that are being built, class by class, from single photographs. They are on disk from the first one on.

Each lies in its own folder below `datasets_dir()/.building`, which `list_sources` does not list, until it is finished.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tlcore.data.catalog import open_dataset
from tlcore.data.formats.assemble import class_order
from tlcore.data.formats.names import shown
from tlcore.data.intake.archive import LIMITS, Limits
from tlcore.data.intake.library import free_name
from tlcore.data.intake.names import safe_name, visible_part
from tlcore.data.intake.photographs import Taken, Upload, take_in
from tlcore.data.pixels.digests import MISSING, file_digests
from tlcore.errors import DataError, DatasetInvalid, DatasetNotFound, RecordError, StorageError
from tlcore.system.files import write_json
from tlcore.system.home import datasets_dir
from tlcore.system.records import read_record
from tlcore.words import count

LEAST_IMAGES = 3
"""Images that each class needs: one to learn from, one for val, one for test."""
MOST_CLASSES = 100
_KEY = re.compile(r"[0-9a-f]{16}")
_RECORD, _IMAGES = "draft.json", "images"


@dataclass(frozen=True)
class Draft:
    """A dataset that is not finished. What it holds is read from the disk at each call."""

    key: str
    """16 hexadecimal digits that nobody can guess."""

    @property
    def folder(self) -> Path:
        return _drafts() / self.key

    @property
    def images(self) -> Path:
        """The folder of the class folders."""
        return self.folder / _IMAGES

    @property
    def name(self) -> str:
        with suppress(OSError, RecordError):
            return read_record(self.folder / _RECORD, dict[str, str], "a draft").get("name", "")
        return ""

    def rename(self, name: str) -> None:
        """Raises DatasetNotFound if the draft is gone."""
        self._check_there()
        write_json(self.folder / _RECORD, {"name": safe_name(name, "")})

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order that the dataset will have."""
        try:
            return class_order(entry.name for entry in os.scandir(self.images) if entry.is_dir())
        except OSError:
            return ()

    def add_class(self, name: str) -> str:
        """Returns the name as it is stored: valid as a folder. A known name, in any case, is the class that is there.

        Raises DatasetInvalid for an empty name and for more than MOST_CLASSES; DatasetNotFound if the draft is gone.
        """
        self._check_there()
        label = class_folder(name)
        known = {other.casefold(): other for other in self.classes}
        if label.casefold() in known:
            return known[label.casefold()]
        if len(known) >= MOST_CLASSES:
            raise DatasetInvalid(f"At most {MOST_CLASSES} classes are built here. Add a dataset with more as a zip.")
        (self.images / label).mkdir(exist_ok=True)
        return label

    def remove_class(self, label: str) -> None:
        """Delete a class with its photographs."""
        shutil.rmtree(self._class(label), ignore_errors=True)

    def photographs(self, label: str) -> list[str]:
        """File names of a class, the oldest first."""
        found = []
        with suppress(OSError):
            for entry in os.scandir(self._class(label)):
                if not entry.name.startswith("."):
                    found.append((entry.stat().st_mtime_ns, entry.name))
        return [name for _, name in sorted(found)]

    @property
    def counts(self) -> dict[str, int]:
        """Photographs per class."""
        return {label: len(self.photographs(label)) for label in self.classes}

    def add(self, label: str, uploads: Iterable[Upload], limits: Limits = LIMITS) -> Taken:
        """Check and store photographs. One that any class holds already is skipped.

        Raises DatasetInvalid for too many files, DatasetNotFound if the draft or the class is gone, StorageError.
        """
        folder, uploads = self._class(label), list(uploads)
        if sum(self.counts.values()) + len(uploads) > limits.files:
            raise DatasetInvalid(f"A dataset that is built here has at most {limits.files:,} images.")
        os.utime(self.folder)
        return take_in(folder, uploads, self._known(), limits)

    def remove(self, label: str, name: str) -> None:
        """Delete one photograph."""
        if name in self.photographs(label):
            (self._class(label) / name).unlink(missing_ok=True)

    def lacking(self) -> str:
        """What is missing before it can be trained on, in one sentence; empty if nothing is."""
        counts = self.counts
        if len(counts) < 2:
            missing = "two classes" if not counts else "a second class"
            return f"A classifier tells classes apart: name {missing}."
        few = {label: LEAST_IMAGES - number for label, number in counts.items() if number < LEAST_IMAGES}
        if not few:
            return ""
        listed = [f"{number} more of {shown(label)}" for label, number in few.items()]
        more = f" and of {count(len(listed) - 3, 'other class', 'other classes')}" if len(listed) > 3 else ""
        return (
            f"Still needed: {', '.join(listed[:3])}{more}. Each class takes {LEAST_IMAGES} photographs at least: to "
            "learn from, to choose by, and to test on."
        )

    def finish(self) -> str:
        """Make it a dataset of the library; existing ones are not touched. Returns its source.

        Raises DatasetInvalid if something is lacking or the folders cannot be read as classes, DatasetNotFound if the
        draft is gone.
        """
        self._check_there()
        if lacking := self.lacking():
            raise DatasetInvalid(lacking)
        name = self.name or " and ".join(self.classes[:3])
        try:
            open_dataset(str(self.images))
        except DataError as error:
            raise DatasetInvalid(str(error).replace(str(self.images), name)) from None
        while True:
            target = datasets_dir() / free_name(name)
            try:
                os.rename(self.images, target)
            except FileNotFoundError:
                raise _gone() from None
            except OSError as error:
                if target.exists():  # another one took the name first
                    continue
                raise StorageError(f"{name} could not be moved into {datasets_dir()}: {error.strerror}.") from None
            self.discard()
            return str(target)

    def discard(self) -> None:
        """Delete it with its photographs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            _drafts().rmdir()  # the last one also removes the common folder

    def _known(self) -> dict[str, str]:
        names = [f"{label}/{name}" for label in self.classes for name in self.photographs(label)]
        digests = file_digests(self.images, names)
        return {digest: name for digest, name in zip(digests, names, strict=True) if digest != MISSING}

    def _class(self, label: str) -> Path:
        if label not in self.classes:  # so that no text becomes a path
            raise DatasetNotFound(f"The class {shown(label)} is gone: it was removed, or the dataset is finished.")
        return self.images / label

    def _check_there(self) -> None:
        if not self.images.is_dir():
            raise _gone()


def class_folder(name: str) -> str:
    """The folder of a class, which is its name. Raises DatasetInvalid for a name without a letter."""
    if not any(letter.isprintable() and letter not in " ./\\" for letter in name):
        raise DatasetInvalid("A class needs a name, such as ants.")
    return visible_part(name, "class")


def new_draft(name: str = "") -> Draft:
    """Raises StorageError if nothing can be written."""
    draft = Draft(secrets.token_hex(8))
    try:
        draft.images.mkdir(parents=True)
        draft.rename(name)
    except OSError as error:
        raise StorageError(f"Nothing can be written to {datasets_dir()}: {error.strerror}.") from None
    return draft


def find_draft(key: str) -> Draft | None:
    """The draft with that key, which may come from outside; None if there is none."""
    draft = Draft(key) if _KEY.fullmatch(key) else None
    return draft if draft is not None and draft.images.is_dir() else None


def list_drafts() -> list[Draft]:
    """All of them, the one that was last added to first."""
    try:
        found = [(entry.stat().st_mtime_ns, entry.name) for entry in os.scandir(_drafts())]
    except OSError:
        return []
    return [draft for _, key in sorted(found, reverse=True) if (draft := find_draft(key)) is not None]


def remove_stale_drafts(older_than_s: float) -> None:
    """Delete those that nothing was added to for so long."""
    for draft in list_drafts():
        with suppress(OSError):
            if time.time() - draft.folder.stat().st_mtime > older_than_s:
                draft.discard()


def _drafts() -> Path:
    return datasets_dir() / ".building"


def _gone() -> DatasetNotFound:
    return DatasetNotFound("This dataset is not being built any more: it was finished or discarded in another tab.")
