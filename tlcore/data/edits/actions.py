"""Mend a dataset: each action is checked against the dataset as it is now, and then appended to its log."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tlcore.config import DataConfig
from tlcore.data.dataset import SPLITS, Dataset, Sample
from tlcore.data.edits.added import added_contents, contents_of, keep_photograph
from tlcore.data.edits.apply import changed, changed_samples, unusable, with_edits
from tlcore.data.edits.lines import (
    MAX_IMAGES,
    MAX_TEXT,
    Accept,
    Add,
    AddedImage,
    Discard,
    EditedImage,
    Exclude,
    ImagesLine,
    Include,
    Line,
    Move,
    Note,
    Redo,
    Relabel,
    Undo,
    after_words,
    fold,
    line_words,
)
from tlcore.data.edits.log import Log, log_version, open_for_writing, read_log
from tlcore.data.formats.names import listed, shown
from tlcore.data.formats.unlabelled import PhotographSource
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import DataError, EditRefused, suggestion
from tlcore.system.allowance import Wish, room_for
from tlcore.system.home import is_mine
from tlcore.system.records import list_problems
from tlcore.words import count

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("number", "at", "action", "id", "before", "after", "why", "in_effect")


class Edits:
    """The edits of one dataset. Every call sees what other processes have appended since.

    Actions raise EditRefused, and write nothing, for images, labels and splits that the dataset does not have now, for
    a change that leaves a class without training images or a split without images, for text that is too long, and if no
    image would change. They raise what opening the dataset raises, and RecordError or StorageError for a log that
    cannot be read or written. Images that have the label or split already are left out of the line.
    """

    def __init__(self, source: str, dataset: Dataset | None = None) -> None:
        """`dataset` is that of `source`, with or without its edits, so that it need not be opened again."""
        from tlcore.data.catalog import edits_path

        self.source = source
        self._path = edits_path(source)
        self._dataset = dataset

    @property
    def version(self) -> int:
        """Number of lines in the log now: what `DataConfig.edits` counts. Quick."""
        return log_version(self._path)

    def add(self, labels: Mapping[str, str], source: PhotographSource, split: str = "train", why: str = "") -> int:
        """Add photographs that are not in the dataset: `labels` maps ids in `source` to classes of the dataset.

        They are kept under `TLCORE_HOME/edits`. Those whose content the dataset has already are left out of the line.
        Returns the number of the new line. Raises NotAllowed if a visitor has no room for them.
        """
        dataset = self._at(read_log(self._path))
        unknown = [label for label in dict.fromkeys(labels.values()) if label not in dataset.classes]
        if unknown:
            raise EditRefused(f"No class is named {shown(unknown[0])}. {suggestion(unknown[0], dataset.classes)}")
        if split not in dataset.split_names:
            raise EditRefused(f"There is no split {shown(split)}. {suggestion(split, dataset.split_names)}")
        if not 0 < len(labels) <= MAX_IMAGES:
            raise EditRefused(f"{count(len(labels), 'image')} are chosen, and one edit has 1 to {MAX_IMAGES:,}.")
        known = contents_of(dataset.unedited)
        names: dict[str, str] = {}  # content -> the first photograph with it
        for name, content in zip(labels, source.digests(list(labels)), strict=True):
            if content not in known and content != MISSING:
                names.setdefault(content, name)
        new: dict[str, AddedImage] = {}
        with room_for(Wish(images=sum(not _is_own_file(source, name) for name in names.values()))):
            for content, name in names.items():
                kept = keep_photograph(source, name, content)
                new[content] = AddedImage(id=kept, content=content, label=labels[name])
        with open_for_writing(self._path) as (log, append):
            added = added_contents(log)  # another tab may have added some since
            images = tuple(image for content, image in new.items() if content not in added)
            if not images:
                raise EditRefused("Nothing would change: the dataset has these photographs, or their files are gone.")
            return append(_checked(Add, at=_now(), images=images, split=split, why=why))

    def relabel(self, ids: Sequence[str], label: str, why: str = "") -> int:
        """Give images another label, which must be a class of the dataset. Returns the number of the new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            if label not in dataset.classes:
                raise EditRefused(f"No class is named {shown(label)}. {suggestion(label, dataset.classes)}")
            images = log.images(samples, [dataset.classes[sample.target] for sample in samples], label)
            return log.make(Relabel, images, label=label, why=why)

        return self._append(ids, line)

    def exclude(self, ids: Sequence[str], why: str = "") -> int:
        """Leave images out. Returns the number of the new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            return log.make(Exclude, log.images(samples), why=why)

        return self._append(ids, line)

    def include(self, ids: Sequence[str], why: str = "") -> int:
        """Bring images back that are left out, with the label and the split that they had. Returns the number of the
        new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            return log.make(Include, log.images(samples), why=why)

        return self._append(ids, line, left_out=True)

    def move(self, ids: Sequence[str], split: str, why: str = "") -> int:
        """Put images into another split: `train`, `val` or `test`. Returns the number of the new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            if split not in SPLITS:
                raise EditRefused(f"No split is named {shown(split)}. {suggestion(split, SPLITS)}")
            return log.make(Move, log.images(samples, [s.split for s in samples], split), split=split, why=why)

        return self._append(ids, line)

    def accept(self, finding: str, ids: Sequence[str], why: str = "") -> int:
        """Say that a finding is fine for these images. `finding` is the `kind` of a health finding, or any other name
        of letters and underscores. Returns the number of the new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            return log.make(Accept, log.images(samples), finding=finding, why=why)

        return self._append(ids, line)

    def note(self, ids: Sequence[str], text: str) -> int:
        """Write a note on images. Returns the number of the new line."""

        def line(dataset: Dataset, samples: Sequence[Sample], log: "_Parts") -> Line:
            return log.make(Note, log.images(samples), text=text)

        return self._append(ids, line)

    def undo(self) -> str | None:
        """Take the last action back; returns what it was, in words, or None if there was nothing to undo."""
        return self._step(Undo(at=_now()), lambda log: fold(log.lines).last)

    def redo(self) -> str | None:
        """Do again what was undone last, in the same way. There is nothing to redo after a new action."""
        return self._step(Redo(at=_now()), lambda log: fold(log.lines).undone)

    def discard_all(self) -> str | None:
        """Take all actions back, in the same way. This can itself be undone."""
        with open_for_writing(self._path) as (log, append):
            actions = len(fold(log.lines).in_effect)
            if not actions:
                return None
            append(Discard(at=_now()))
            return count(actions, "edit")

    def next_undo(self) -> str | None:
        """What `undo` would take back, in words."""
        log = read_log(self._path)
        return _words(log, fold(log.lines).last)

    def next_undo_why(self) -> str:
        """The reason that the action which `undo` would take back was made for; empty if it has none."""
        log = read_log(self._path)
        number = fold(log.lines).last
        line = None if number is None else log.lines[number - 1]
        return line.why if isinstance(line, ImagesLine) else ""

    def next_redo(self) -> str | None:
        """What `redo` would do again, in words."""
        log = read_log(self._path)
        return _words(log, fold(log.lines).undone)

    def table(self) -> "pd.DataFrame":
        """One row per line and image, in the order of the log, with the columns of COLUMNS.

        `before` and `after` are labels, splits, or words. `in_effect` is False for what was undone or discarded, and
        for images that are gone or have changed. Lines without images, such as an undo, have an empty `id`.
        """
        import pandas as pd

        log = read_log(self._path)
        try:
            edits = self._at(log).edits
        except DataError:  # the list is needed most when the edits do not fit the files any more
            edits = None
        found = {number: {} for number in fold(log.lines).in_effect} if edits is None else edits.found
        rows: list[tuple[object, ...]] = []
        for number, line in enumerate(log.lines, 1):
            if isinstance(line, ImagesLine):
                now = found.get(number)
                common = (number, line.at, line.action)
                after, why = after_words(line), line.why
                for image in line.images:
                    in_effect = now is not None and (edits is None or bool(now.get(image.id)))
                    label = image.label if isinstance(image, AddedImage) else after
                    rows.append((*common, image.id, image.before, label, why, in_effect))
            elif line is not None:
                rows.append((number, line.at, line.action, "", "", "", "", False))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _append(
        self, ids: Sequence[str], make: "Callable[[Dataset, Sequence[Sample], _Parts], Line]", *, left_out: bool = False
    ) -> int:
        """`left_out`: the line is about images that are left out now, and not about those of the dataset."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            raise EditRefused("No image is chosen.")
        if len(wanted) > MAX_IMAGES:
            raise EditRefused(f"{count(len(wanted), 'image')} are chosen, and one edit has at most {MAX_IMAGES:,}.")
        parts = _Parts(self._at(read_log(self._path)), wanted)  # reading files is not done under the lock
        with open_for_writing(self._path) as (log, append):
            dataset = self._at(log)
            by_id = dataset.left_out if left_out else {sample.id: sample for sample in dataset.samples}
            unknown = [name for name in wanted if name not in by_id]
            if unknown:
                number = count(len(unknown), "of these images", "of these images")
                raise EditRefused(
                    f"In {dataset.name}, {number} {'is' if len(unknown) == 1 else 'are'} not left out now: "
                    f"{listed(unknown)}. Only what is left out can be brought back."
                    if left_out
                    else f"{dataset.name} does not have {number} now: {listed(unknown)}. It may be left out already, "
                    "or its file is gone."
                )
            line = make(dataset, [by_id[name] for name in wanted], parts)
            _check(dataset, line)
            return append(line)

    def _step(self, line: Line, find: "Callable[[Log], int | None]") -> str | None:
        with open_for_writing(self._path) as (log, append):
            words = _words(log, find(log))
            if words is not None:
                append(line)
            return words

    def _at(self, log: Log) -> Dataset:
        """The dataset with the edits of a log."""
        from tlcore.data.catalog import open_dataset

        dataset = self._dataset
        if dataset is None:
            dataset = open_dataset(DataConfig(source=self.source, edits=0))
        if dataset.edits is None or dataset.edits.log.content != log.content:
            dataset = with_edits(dataset.unedited, log)
        self._dataset = dataset
        return dataset


class _Parts:
    """The contents of chosen images, and of all images with the same content, for a line."""

    def __init__(self, dataset: Dataset, wanted: Sequence[str]) -> None:
        ids = list(dict.fromkeys([*(sample.id for sample in dataset.unedited.samples), *wanted]))
        self._content = dict(zip(ids, dataset.source.digests(ids), strict=True))
        chosen = {self._content[name] for name in wanted}
        self._copies: dict[str, list[str]] = {content: [] for content in chosen}
        for name, content in self._content.items():
            if content in chosen:
                self._copies[content].append(name)

    def images(self, samples: Sequence[Sample], before: Sequence[str] = (), after: str = "") -> tuple[EditedImage, ...]:
        """The samples as images of a line, without those that already have what they should get."""
        old = before or [""] * len(samples)
        images = [
            EditedImage.model_construct(id=sample.id, content=self._content[sample.id], before=was)
            for sample, was in zip(samples, old, strict=True)
            if not before or was != after
        ]
        if not images:
            are = "is" if len(samples) == 1 else "are"
            raise EditRefused(f"Nothing would change: {count(len(samples), 'image')} {are} {shown(after)} already.")
        return tuple(images)

    def make(self, kind: type[ImagesLine], images: tuple[EditedImage, ...], **more: str) -> Line:
        text = more.get("text", more.get("why", ""))
        if len(text) > MAX_TEXT:
            raise EditRefused(f"The text has {len(text):,} characters, and at most {MAX_TEXT:,} are stored.")
        copies = {image.content: self._copies[image.content] for image in images}
        several = {content: names for content, names in copies.items() if len(names) > 1}
        return _checked(kind, at=_now(), images=images, copies=several, **more)


def _checked(kind: type[ImagesLine], **fields: Any) -> Line:
    try:
        return kind(**fields)
    except ValidationError as failure:
        raise EditRefused(f"This is not an edit:\n{list_problems(failure)}") from None


def open_edits(source: str, dataset: Dataset | None = None) -> Edits:
    """The edits of the dataset `source`, a path or a name as in `DataConfig.source`. Reads nothing yet.

    Give the opened `dataset`, with or without its edits, if there is one: it need not be opened again then.
    """
    return Edits(source, dataset)


def _check(dataset: Dataset, line: Line) -> None:
    """Raises EditRefused if the dataset could not be used with this line."""
    assert isinstance(line, ImagesLine)
    if isinstance(line, Include):
        return  # with more images, no class and no split is empty
    changes = changed(line, [image.id for image in line.images], {}, dataset.classes)
    problem = unusable(dataset, changed_samples(dataset.samples, changes)) if changes else ""
    if problem:
        raise EditRefused(f"This edit is not made: {problem}")


def _is_own_file(source: PhotographSource, name: str) -> bool:
    """Whether a photograph is a file of one's own already, so that keeping it takes no room."""
    file = source.file(name)
    return file is not None and is_mine(file)


def _words(log: Log, number: int | None) -> str | None:
    line = None if number is None else log.lines[number - 1]
    return None if line is None else line_words(line)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
