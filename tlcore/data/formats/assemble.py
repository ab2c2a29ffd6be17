"""From labelled images to a validated `Dataset`: order of classes and samples, splits, and errors."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tlcore.config import DataConfig
from tlcore.data.dataset import SPLITS, Dataset, ImageSource, Sample, in_order
from tlcore.data.formats.groups import NO_COLUMNS, GroupColumns, group_images
from tlcore.data.formats.hints import HOW, HOW_CLI
from tlcore.data.formats.names import listed
from tlcore.data.formats.splits import NO_TEST, Labelled, complete_splits
from tlcore.errors import DatasetInvalid
from tlcore.words import count

MAX_CLASSES = 30_000
"""More names are probably not classes but image names. The largest public datasets have 22,000 classes."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


def assemble(
    name: str,
    images: list[Labelled],
    source: ImageSource,
    config: DataConfig,
    *,
    classes: Sequence[str] | None = None,
    columns: GroupColumns = NO_COLUMNS,
    notes: Iterable[str] = (),
    hint: str = "",
) -> Dataset:
    """A Dataset of these images. Classes are in the given order, else in that of `class_order`.

    `columns` are those of a table that may group its images. `hint` is added to the error about a single class:
    sentences with a blank at the end.
    Raises DatasetInvalid for no images, a single class, too many classes, and a class in val or test that train lacks,
    and ConfigError for groups that the data does not have.
    """
    if not images:
        raise DatasetInvalid(f"{name} has no images.")
    names = tuple(classes) if classes is not None else class_order({image.label for image in images})
    if len(names) < 2:
        raise DatasetInvalid(
            f"{name} has one class only, {names[0]!r}, with {count(len(images), 'image')}, like {images[0].id!r}. "
            f"{hint}A classifier needs two: add another class. {HOW}",
            cli=HOW_CLI,
        )
    check_class_count(name, len(names))
    images, groups, group_notes = group_images(name, images, names, source, config, columns)
    images, made_splits, made_notes = complete_splits(images, config, groups)
    _check_train_has_all(name, images)
    target = {label: index for index, label in enumerate(names)}
    samples = in_order(
        Sample(image.id, target[image.label], image.split or "train", image.group or "") for image in images
    )
    made_notes += group_notes if made_splits else []
    dataset = Dataset(
        name,
        names,
        samples,
        source,
        made_splits=made_splits,
        made_notes=tuple(made_notes),
        group_columns=columns.names,
    )
    return replace(dataset, notes=(*notes, *made_notes, *split_notes(dataset)))


def class_order(labels: Iterable[str]) -> tuple[str, ...]:
    """By value if all are numbers, like 2, 10 or 10.0, else by name. Folders and tables use the same order."""
    names = sorted(labels)
    if all(map(_NUMBER.fullmatch, names)):
        names.sort(key=float)
    return tuple(names)


def check_class_count(name: str, classes: int) -> None:
    """Raises DatasetInvalid for more than MAX_CLASSES."""
    if classes > MAX_CLASSES:
        raise DatasetInvalid(
            f"{name} has more than {MAX_CLASSES:,} classes, which is more than can be taught. "
            "Check that the labels are not names of single images."
        )


def _check_train_has_all(name: str, images: list[Labelled]) -> None:
    trained = {image.label for image in images if image.split == "train"}
    for split in ("val", "test"):
        lacking = {image.label for image in images if image.split == split} - trained
        if lacking:
            known = {label.casefold(): label for label in trained}
            case = [
                f"{label!r} and {known[label.casefold()]!r}" for label in sorted(lacking) if label.casefold() in known
            ]
            differs = f" {case[0]} differ in case only: give them one spelling." if case else ""
            raise DatasetInvalid(
                f"In {name}, {split} has images of {listed(lacking)}, but train has none.{differs} "
                f"Add such images to train, or take them out of {split}. Classes of train: {listed(trained)}."
            )


def split_notes(dataset: Dataset) -> list[str]:
    """Notes on a missing test split, and on classes without an image in some split."""
    per_split = {split: dataset.class_counts(split) for split in SPLITS}
    notes = [] if any(per_split["test"].values()) else [NO_TEST]
    for split in ("val", "test"):
        missing = [name for name, images in per_split["train"].items() if images and not per_split[split][name]]
        if any(per_split[split].values()) and missing:
            notes.append(f"No images in {split} of: {listed(missing)}.")
    return notes
