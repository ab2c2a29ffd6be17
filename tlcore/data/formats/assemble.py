"""From labelled images to a checked `Dataset`: the order of classes and samples, the splits, the refusals."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tlcore.config import DataConfig
from tlcore.data.dataset import SPLITS, Dataset, ImageSource, Sample
from tlcore.data.formats.splits import Labelled, complete_splits
from tlcore.errors import DatasetInvalid

_NAMES_SHOWN = 5


def assemble(
    name: str,
    images: list[Labelled],
    source: ImageSource,
    config: DataConfig,
    *,
    classes: Sequence[str] | None = None,
    notes: Iterable[str] = (),
) -> Dataset:
    """A Dataset of these images. Classes are in the given order, else sorted by name.

    Raises DatasetInvalid for an empty set, a single class, and a class in val or test that train lacks.
    """
    if not images:
        raise DatasetInvalid(f"{name} has no images.")
    names = tuple(classes) if classes is not None else tuple(sorted({image.label for image in images}))
    if len(names) < 2:
        raise DatasetInvalid(f"{name} has one class only, {names[0]!r}. A classifier needs two: add another class.")
    images, made_splits, split_notes = complete_splits(images, config)
    _check_train_has_all(name, images)
    target = {label: index for index, label in enumerate(names)}
    rank = {split: index for index, split in enumerate(SPLITS)}
    samples = [Sample(image.id, target[image.label], image.split or "train") for image in images]
    samples.sort(key=lambda sample: (rank[sample.split], sample.target, sample.id))
    return Dataset(name, names, tuple(samples), source, (*notes, *split_notes, *_gaps(images)), made_splits)


def listed(names: Iterable[str]) -> str:
    """Names for a message, quoted, the first few of many."""
    ordered = sorted(names)
    more = len(ordered) - _NAMES_SHOWN
    return ", ".join(repr(name) for name in ordered[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _check_train_has_all(name: str, images: list[Labelled]) -> None:
    trained = {image.label for image in images if image.split == "train"}
    for split in ("val", "test"):
        lacking = {image.label for image in images if image.split == split} - trained
        if lacking:
            raise DatasetInvalid(
                f"In {name}, {split} has images of {listed(lacking)}, but train has none. "
                f"Add such images to train, or take them out of {split}. Classes of train: {listed(trained)}."
            )


def _gaps(images: list[Labelled]) -> list[str]:
    """Notes on classes that a split has no image of."""
    per_split = {split: Counter(i.label for i in images if i.split == split) for split in SPLITS}
    notes = []
    for split in ("val", "test"):
        missing = per_split["train"].keys() - per_split[split].keys()
        if per_split[split] and missing:
            notes.append(f"No images in {split} of: {listed(missing)}.")
    return notes
