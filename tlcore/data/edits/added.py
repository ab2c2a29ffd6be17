"""Photographs that edits add to a dataset: kept under `TLCORE_HOME/edits/added`, by content, and served beside the
dataset's own images. Nothing is written into the dataset's folder.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.data.dataset import Dataset, ImageSource, Sample, in_order
from tlcore.data.edits.lines import Add, fold
from tlcore.data.edits.log import Log
from tlcore.data.formats.names import shown
from tlcore.data.formats.unlabelled import PhotographSource
from tlcore.data.intake.names import visible_part
from tlcore.data.pixels.decoded import Decoded
from tlcore.data.pixels.digests import MISSING
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import StorageError
from tlcore.system.files import write_atomic
from tlcore.system.home import edits_dir, edits_dirs

if TYPE_CHECKING:
    import torch

    from tlcore.transforms.spec import TransformSpec

PREFIX = "added/"
"""Ids of added images: this, the digest of the content, and the file name, as in `added/4f…/IMG_1.jpg`."""


def added_dir() -> Path:
    return edits_dir() / "added"


@dataclass(frozen=True)
class AddedSource:
    """The images of a dataset, and those that edits added to it."""

    own: ImageSource
    added: FileSource
    ids: frozenset[str]
    """Ids of the added ones."""

    def load(self, sample_id: str, transform: "TransformSpec | None" = None) -> "torch.Tensor":
        source, name = self._find(sample_id)
        return source.load(name, transform)

    def decode(
        self, sample_id: str, at_least_px: int | None = None, transform: "TransformSpec | None" = None
    ) -> Decoded:
        source, name = self._find(sample_id)
        return source.decode(name, at_least_px, transform)

    def digests(self, sample_ids: Sequence[str]) -> list[str]:
        return self._of_each(sample_ids, lambda source, names: source.digests(names))

    def stamps(self, sample_ids: Sequence[str]) -> list[str]:
        return self._of_each(sample_ids, lambda source, names: source.stamps(names))

    def file(self, sample_id: str) -> Path | None:
        source, name = self._find(sample_id)
        return source.file(name)

    @property
    def place(self) -> str:
        """That of the own images: an added image has an id that no own one has, and its content is in it."""
        return self.own.place

    def _find(self, sample_id: str) -> tuple[ImageSource, str]:
        return (self.added, sample_id.removeprefix(PREFIX)) if sample_id in self.ids else (self.own, sample_id)

    def _of_each(self, sample_ids: Sequence[str], ask: Callable[[ImageSource, Sequence[str]], list[str]]) -> list[str]:
        added = [name for name in sample_ids if name in self.ids]
        if not added:
            return ask(self.own, sample_ids)
        own = [name for name in sample_ids if name not in self.ids]
        found = dict(zip(own, ask(self.own, own), strict=True))
        found |= zip(added, ask(self.added, [name.removeprefix(PREFIX) for name in added]), strict=True)
        return [found[name] for name in sample_ids]


def keep_photograph(source: PhotographSource, name: str, digest: str) -> str:
    """Keep an image of this content, and return its id; a hard link where it is a file and the file system has them.

    A link costs no space, and what changes in a file later is noticed by its digest. Raises StorageError, and
    UnreadableImage for an image that may not be read.
    """
    folder = added_dir() / digest
    target = folder / visible_part(name.rpartition("/")[2], "image")
    if not target.exists():
        file = source.file(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if file is None or not _link(file, target):
                write_atomic(target, lambda copy: copy.write(source.read(name)))
        except OSError as error:
            raise StorageError(f"{shown(name)} could not be kept in {added_dir()}: {error.strerror}.") from None
    return f"{PREFIX}{digest}/{target.name}"


def _link(file: Path, target: Path) -> bool:
    """Whether `target` is there now, as a hard link. A symbolic link stands for its file."""
    try:
        os.link(os.path.realpath(file), target)
    except FileExistsError:  # another tab was quicker
        return True
    except OSError:
        return False
    return True


def with_added(dataset: Dataset, lines: Iterable[Add]) -> Dataset:
    """The dataset with the images that these lines add; without those whose file is gone or whose class it lacks."""
    wanted = {image.id: (image, line.split) for line in lines for image in line.images}
    if not wanted:
        return dataset
    source = dataset.source
    for folder, ids in _places(wanted).items():
        source = AddedSource(source, FileSource(folder, confined=True), frozenset(ids))
    contents = source.digests(list(wanted))
    there = {i for i, content in zip(wanted, contents, strict=True) if content == wanted[i][0].content != MISSING}
    target = {name: index for index, name in enumerate(dataset.classes)}
    samples = list(dataset.samples)
    for sample_id, (image, split) in wanted.items():
        if sample_id in there and image.label in target:
            samples.append(Sample(sample_id, target[image.label], split))
    return replace(dataset, samples=in_order(samples), source=source)


def _places(ids: Iterable[str]) -> dict[Path, list[str]]:
    """The folders of added images -> which of these are there. What is in none counts for one's own folder."""
    folders = [edits / "added" for edits in edits_dirs()]
    places: dict[Path, list[str]] = {}
    for sample_id in ids:
        name = sample_id.removeprefix(PREFIX)
        place = folders[0] if len(folders) == 1 else next((f for f in folders if (f / name).exists()), folders[0])
        places.setdefault(place, []).append(sample_id)
    return places


def added_contents(log: Log) -> frozenset[str]:
    """Contents of the images that a log adds now."""
    lines = (log.lines[number - 1] for number in fold(log.lines).in_effect)
    return frozenset(image.content for line in lines if isinstance(line, Add) for image in line.images)


def contents_of(dataset: Dataset) -> frozenset[str]:
    """Contents of the images of a dataset, and of those that its edits leave out, added ones included."""
    ids = dict.fromkeys(sample.id for samples in (dataset.unedited.samples, dataset.samples) for sample in samples)
    ids |= dict.fromkeys(dataset.left_out)
    return frozenset(dataset.source.digests(list(ids))) - {MISSING}
