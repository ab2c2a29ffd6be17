"""Apply the edits of a log to a dataset: find the images that are meant, and give them their label and split.

An edit means the image with its id and its content. If there is none, it means the images of that content under an id
that had another content, or did not exist, when the edit was made: renamed files. An image whose content has changed is
not meant, and the edit is without effect for it, which the notes say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tlcore.data.dataset import SPLITS, Dataset, Sample, in_order
from tlcore.data.edits.added import with_added
from tlcore.data.edits.lines import Add, Exclude, ImagesLine, Include, Line, Move, Relabel, fold
from tlcore.data.edits.log import Log
from tlcore.data.formats.assemble import split_notes
from tlcore.data.formats.names import listed
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import EditsDoNotFit
from tlcore.words import count

_KINDS = {
    "add": "added",
    "relabel": "relabelled",
    "exclude": "left_out",
    "include": "brought_back",
    "move": "moved",
    "accept": "accepted",
    "note": "noted",
}


@dataclass(frozen=True, eq=False)
class AppliedEdits:
    """The edits of a dataset, and how it was before."""

    log: Log
    unedited: Dataset
    in_effect: Mapping[int, Line] = field(default_factory=dict)
    """Number of each line in effect, ascending, and the line."""
    found: Mapping[int, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Number of a line in effect -> id in the line -> ids of the images that it means now; empty: none."""
    left_out: Mapping[str, Sample] = field(default_factory=dict)
    """Id of each image that is left out now, and the image as it would come back."""

    @property
    def version(self) -> int:
        return self.log.version

    @property
    def without_effect(self) -> tuple[tuple[int, str], ...]:
        """(number of the line, id) of images that edits in effect do not find any more."""
        return tuple((number, name) for number, ids in self.found.items() for name, now in ids.items() if not now)

    @property
    def accepted(self) -> Mapping[str, frozenset[str]]:
        """Kind of finding -> ids of the images that it is fine for."""
        ids: dict[str, set[str]] = {}
        for number, line in self.in_effect.items():
            if line.action == "accept":
                ids.setdefault(line.finding, set()).update(*self.found[number].values())
        return {finding: frozenset(names) for finding, names in ids.items()}

    @property
    def summary(self) -> dict[str, int]:
        """`lines`, `in_effect`, `without_effect`, and the images per kind: `relabelled`, `left_out`, `moved` …"""
        images: dict[str, set[str]] = {}
        for number, line in self.in_effect.items():
            images.setdefault(_KINDS[line.action], set()).update(*self.found[number].values())
        if "left_out" in images:
            images["left_out"] &= self.left_out.keys()  # some may be back
        return {
            "lines": self.version,
            "in_effect": len(self.in_effect),
            "without_effect": len(self.without_effect),
            **{kind: len(ids) for kind, ids in images.items()},
        }


def with_edits(dataset: Dataset, log: Log) -> Dataset:
    """The dataset with the edits of the log; the dataset itself if there are none.

    Reads the digests of the images in the edits, and those of all images only if one of them is not found by its id.
    Raises EditsDoNotFit if the files have changed so much that the edits would leave a class or a split empty.
    """
    if not log.version:
        return dataset
    in_effect = {number: line for number in fold(log.lines).in_effect if (line := log.lines[number - 1])}
    whole = with_added(dataset, [line for line in in_effect.values() if isinstance(line, Add)])
    found = _find(whole, in_effect)
    changes: dict[str, Change] = {}
    for number, line in in_effect.items():
        for ids in found[number].values():
            changes.update(changed(line, ids, changes, dataset.classes))
    left_out = {s.id: changes[s.id].of(s) for s in whole.samples if s.id in changes and changes[s.id].left_out}
    edits = AppliedEdits(log, dataset, in_effect, found, left_out)
    samples = changed_samples(whole.samples, changes)
    problem = unusable(dataset, samples)
    if problem:
        raise EditsDoNotFit(
            f"With its edits, {dataset.name} cannot be used, because files are gone or have changed: {problem} "
            "Undo edits, or discard them all.",
            cli="That is `edits undo` and `edits discard`.",
        )
    mended = replace(whole, samples=samples, edits=edits)
    return replace(mended, notes=_notes(dataset, mended, edits))


@dataclass(frozen=True, slots=True)
class Change:
    """What edits make of one image: a label and a split, each None where it stays, and whether it is left out."""

    target: int | None = None
    split: str | None = None
    left_out: bool = False

    def of(self, sample: Sample) -> Sample:
        """The sample with this label and split."""
        target = sample.target if self.target is None else self.target
        return Sample(sample.id, target, self.split or sample.split, sample.group)


def changed(
    line: Line, ids: Iterable[str], before: "Mapping[str, Change]", classes: Sequence[str]
) -> "dict[str, Change]":
    """The changes of these images by a line, after the changes `before`. While an image is left out, only Include
    changes it."""
    if isinstance(line, Exclude | Include):
        out = isinstance(line, Exclude)
        return {name: replace(before.get(name, Change()), left_out=out) for name in ids}
    if isinstance(line, Relabel) and line.label in classes:
        target = classes.index(line.label)
        return {name: replace(earlier, target=target) for name, earlier in _kept(ids, before)}
    if isinstance(line, Move):
        return {name: replace(earlier, split=line.split) for name, earlier in _kept(ids, before)}
    return {}


def changed_samples(samples: Sequence[Sample], changes: "Mapping[str, Change]") -> tuple[Sample, ...]:
    """The samples after the changes, in the order of a dataset."""
    result, moved = [], False
    for sample in samples:
        change = changes.get(sample.id)
        if change is not None:
            if change.left_out:
                continue
            sample, moved = change.of(sample), True
        result.append(sample)
    return in_order(result) if moved else tuple(result)


def unusable(before: Dataset, samples: Sequence[Sample]) -> str:
    """Why a dataset with these samples could not be trained on, as a sentence; empty if it can be.

    Classes and splits that had no images `before` may stay empty.
    """
    images = _counts(samples, len(before.classes))
    had = _counts(before.samples, len(before.classes))
    for index, split in enumerate(SPLITS):
        if had[index].any() and not images[index].any():
            return f"{split} would have no images."
    lacking = np.flatnonzero((images[0] == 0) & ((had[0] > 0) | images[1:].any(axis=0)))
    if len(lacking):
        return f"train would have no images of {listed(before.classes[index] for index in lacking)}."
    return ""


def _counts(samples: Sequence[Sample], classes: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Images per split and class, of shape (3, C)."""
    rank = {split: index for index, split in enumerate(SPLITS)}
    places = np.array([rank[sample.split] * classes + sample.target for sample in samples], dtype=np.int64)
    return np.bincount(places, minlength=3 * classes).reshape(3, classes)


def _kept(ids: Iterable[str], before: "Mapping[str, Change]") -> "Iterable[tuple[str, Change]]":
    for name in ids:
        earlier = before.get(name, Change())
        if not earlier.left_out:
            yield name, earlier


def _find(dataset: Dataset, lines: Mapping[int, Line]) -> dict[int, dict[str, tuple[str, ...]]]:
    """Number of each line -> id in the line -> ids of the images that it means."""
    of_images = {number: line for number, line in lines.items() if isinstance(line, ImagesLine)}
    known = {sample.id for sample in dataset.samples}
    wanted = [name for name in dict.fromkeys(i.id for line in of_images.values() for i in line.images) if name in known]
    content = dict(zip(wanted, dataset.source.digests(wanted), strict=True))
    by_content: dict[str, list[str]] | None = None
    found: dict[int, dict[str, tuple[str, ...]]] = {number: {} for number in lines}
    for number, line in of_images.items():
        for image in line.images:
            if content.get(image.id) == image.content:
                found[number][image.id] = (image.id,)
            elif image.content == MISSING:
                found[number][image.id] = ()
            else:
                by_content = _by_content(dataset) if by_content is None else by_content
                others = line.copies.get(image.content, ())
                now = by_content.get(image.content, ())
                found[number][image.id] = tuple(name for name in now if name != image.id and name not in others)
    return found


def _by_content(dataset: Dataset) -> dict[str, list[str]]:
    ids = [sample.id for sample in dataset.samples]
    result: dict[str, list[str]] = {}
    for name, content in zip(ids, dataset.source.digests(ids), strict=True):
        result.setdefault(content, []).append(name)
    return result


def _notes(before: Dataset, mended: Dataset, edits: AppliedEdits) -> tuple[str, ...]:
    """The dataset's notes, with those on splits and classes as they are now, and sentences about the edits."""
    stale, new = split_notes(before), split_notes(mended)
    notes = [note for note in before.notes if note not in stale or note in new]
    notes += [note for note in new if note not in stale]
    numbers = edits.summary
    done = [
        f"{count(numbers[kind], 'image')} {words}"
        for kind, words in (
            ("added", "added"),
            ("relabelled", "with another label"),
            ("left_out", "left out"),
            ("moved", "in another split"),
        )
        if numbers.get(kind)
    ]
    if done:
        notes.append(f"Mended by {count(numbers['in_effect'], 'edit')}: {', '.join(done)}.")
    lost = dict.fromkeys(name for _, name in edits.without_effect)
    if lost:
        are = "is gone or has" if len(lost) == 1 else "are gone or have"
        notes.append(
            f"Edits have no effect on {count(len(lost), 'image')} that {are} another content now: {listed(lost)}."
        )
    return (*notes, *edits.log.problems)
