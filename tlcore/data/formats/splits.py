"""Make the splits that the data lacks: per class, from a seed, with a note to the user."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tlcore.config import DataConfig
from tlcore.errors import DatasetInvalid
from tlcore.words import count

NO_TEST = (
    "No test split: val serves as the report split. The best epoch is chosen on it too, "
    "so its figures are somewhat optimistic."
)


class Labelled(NamedTuple):
    """One image with its label and split, as the data gives them."""

    id: str
    label: str
    split: str | None
    """None if the data has no splits."""


class Completed(NamedTuple):
    """Images that all have a split now."""

    images: list[Labelled]
    made_splits: tuple[str, ...]
    """The splits that were made because the data lacks them."""
    notes: list[str]
    """On the splits that were made."""


def complete_splits(images: list[Labelled], config: DataConfig) -> Completed:
    """Give every image a split: the one in the data, else one made from the training images.

    Without any split, `val` and `test` are made. Without `val`, `val` is made. Without `test`, `val` is reported.
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
        images = make_splits(before, fractions, config.split_seed)
        made_splits = tuple(name for name in fractions if any(image.split == name for image in images))
        if "val" not in made_splits:
            raise DatasetInvalid("Each class has one image only, so that none can be set aside as val. Add images.")
        trained = sum(image.split == "train" for image in before)
        shares = " and ".join(_share(images, name, trained) for name in made_splits)
        notes.append(f"No {' or '.join(made_splits)} split: {shares}, stratified, seed {config.split_seed}.")
    return Completed(images, made_splits, notes)


def _share(images: list[Labelled], split: str, trained: int) -> str:
    """A note on the resulting fractions. Small classes change them: each gives at least one image."""
    moved = sum(image.split == split for image in images)
    return f"{100 * moved / trained:.0f} % of train ({count(moved, 'image')}) was set aside as {split}"


def make_splits(images: Iterable[Labelled], fractions: Mapping[str, float], seed: int) -> list[Labelled]:
    """Move a fraction of the training images of each class to each split in `fractions`.

    Each split gets at least one image of a class, as long as one remains to train on: of two images the first split
    gets one; a single image stays. The result depends on the seed and on the ids of the class, not on their order or
    on the other classes.
    """
    by_label: dict[str, list[Labelled]] = defaultdict(list)
    result: list[Labelled] = []
    for image in images:
        (by_label[image.label] if image.split == "train" else result).append(image)
    for label, members in by_label.items():
        members.sort(key=lambda image: image.id)
        order = _generator(seed, label).permutation(len(members))
        start = 0
        for split, fraction in fractions.items():
            room = len(members) - 1 - start
            count = min(room, max(1, int(fraction * len(members) + 0.5)))
            result += [members[i]._replace(split=split) for i in order[start : start + count]]
            start += count
        result += [members[i] for i in order[start:]]
    return result


def _generator(seed: int, label: str) -> np.random.Generator:
    label_key = int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")
    return np.random.default_rng([seed, label_key])
