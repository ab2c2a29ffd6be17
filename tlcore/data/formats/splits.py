"""Make the splits that the data lacks: per class, from a seed, with a note to the user.

`grouped_splits` places the groups of images that stay together.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tlcore.config import DataConfig
from tlcore.data.formats.grouped_splits import only_groups, place_groups
from tlcore.data.formats.names import listed
from tlcore.errors import DatasetInvalid
from tlcore.words import count, percent, points

NO_TEST = (
    "No test split: val serves as the report split. The best epoch is chosen on it too, "
    "so its figures are somewhat optimistic."
)
MISSED = 0.01
"""A split this far from its fraction is reported."""


class Labelled(NamedTuple):
    """One image with its label and split, as the data gives them."""

    id: str
    label: str
    split: str | None
    """None if the data has no splits."""
    group: str | None = None
    """Images with the same text belong together. None: the image is by itself."""


class Completed(NamedTuple):
    """Images that all have a split now."""

    images: list[Labelled]
    made_splits: tuple[str, ...]
    """The splits that were made because the data lacks them."""
    notes: list[str]
    """On the splits that were made."""


def complete_splits(images: list[Labelled], config: DataConfig, groups: str = "") -> Completed:
    """Give every image a split: the one in the data, else one made from the training images.

    Without any split, `val` and `test` are made. Without `val`, `val` is made. Without `test`, `val` is reported.
    `groups` says in words what belongs together; if it does, made splits keep the images of a group together.
    Raises DatasetInvalid if there is nothing to train on, or too little to make a split.
    """
    images = [image if image.split else image._replace(split="train") for image in images]
    given = {image.split for image in images}
    if "train" not in given:
        raise DatasetInvalid("There is nothing to train on: all images are in val or test. Add a train split.")
    made_splits: tuple[str, ...] = ()
    notes: list[str] = []
    if "val" not in given:
        fractions = {"val": config.val_fraction}
        if "test" not in given:
            fractions["test"] = config.test_fraction
        before = images
        images = make_splits(before, fractions, config.split_seed, grouped=bool(groups))
        made_splits = tuple(name for name in fractions if any(image.split == name for image in images))
        if "val" not in made_splits:
            what = "one group of images" if groups else "one image"
            raise DatasetInvalid(f"Each class has {what} only, so that none can be set aside as val. Add images.")
        trained = sum(image.split == "train" for image in before)
        shares = " and ".join(_share(images, name, trained) for name in made_splits)
        how = f"stratified, in groups by {groups}" if groups else "stratified"
        notes.append(f"No {' or '.join(made_splits)} split: {shares}, {how}, seed {config.split_seed}.")
        if groups:
            notes += _grouped_notes(before, images, fractions)
    return Completed(images, made_splits, notes)


def _share(images: list[Labelled], split: str, trained: int) -> str:
    """A note on the resulting fractions. Small classes change them: each gives at least one image."""
    moved = sum(image.split == split for image in images)
    return f"{100 * moved / trained:.0f} % of train ({count(moved, 'image')}) was set aside as {split}"


def _grouped_notes(before: list[Labelled], after: list[Labelled], fractions: Mapping[str, float]) -> list[str]:
    """How many groups stay together, how far the splits are from the wish, and which classes could not be divided."""
    divided = [image for image in before if image.split == "train"]
    sizes = [size for size in Counter(image.group for image in divided if image.group).values() if size > 1]
    if not sizes:
        return ["No two of these images belong together, so the splits are those without groups."]
    many = f"{min(sizes)} to {max(sizes):,}" if min(sizes) < max(sizes) else f"{max(sizes):,}"
    notes = [f"{count(len(sizes), 'group')} of {many} images {'stays' if len(sizes) == 1 else 'stay'} together."]
    differences = {
        split: sum(image.split == split for image in after) / len(divided) - fraction
        for split, fraction in fractions.items()
    }
    missed = [
        f"{split} has {points(abs(difference))} {'more' if difference > 0 else 'less'} than {percent(fractions[split])}"
        for split, difference in differences.items()
        if abs(difference) >= MISSED
    ]
    if missed:
        notes.append(f"Whole groups do not give exactly the shares that were asked for: {' and '.join(missed)}.")
    if single := only_groups((image.label, image.group) for image in divided):
        are = "class has its images" if len(single) == 1 else "classes have their images"
        notes.append(f"{count(len(single))} {are} in one group, which therefore stays in train: {listed(single)}.")
    return notes


def make_splits(
    images: Iterable[Labelled], fractions: Mapping[str, float], seed: int, *, grouped: bool = False
) -> list[Labelled]:
    """Move a fraction of the training images of each class to each split in `fractions`.

    Each split gets at least one image of a class, as long as one remains to train on: of two images the first split
    gets one; a single image stays. The result depends on the seed and on the ids of the class, not on their order or
    on the other classes. If it is `grouped`, the images of a group go to one split, those without a group fill it up,
    and the other classes count as well.
    """
    by_label: dict[str, list[Labelled]] = defaultdict(list)
    result: list[Labelled] = []
    trained: list[Labelled] = []
    for image in images:
        (trained if image.split == "train" else result).append(image)
    placed = place_groups([(image.label, image.group) for image in trained], fractions, seed) if grouped else {}
    got = Counter[tuple[str, str]]()
    for image in trained:
        split = placed.get(image.group or "")
        if split is None:
            by_label[image.label].append(image)
        else:
            got[image.label, split] += 1
            result.append(image._replace(split=split))
    total = Counter(image.label for image in trained)
    for label, members in by_label.items():
        members.sort(key=lambda image: image.id)
        order = _generator(seed, label).permutation(len(members))
        start, stay = 0, 0 if got[label, "train"] else 1
        for split, fraction in fractions.items():
            room = len(members) - stay - start
            wanted = max(1, int(fraction * total[label] + 0.5)) - got[label, split]
            moved = max(0, min(room, wanted))
            result += [members[i]._replace(split=split) for i in order[start : start + moved]]
            start += moved
        result += [members[i] for i in order[start:]]
    return result


def _generator(seed: int, label: str) -> np.random.Generator:
    label_key = int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")
    return np.random.default_rng([seed, label_key])
