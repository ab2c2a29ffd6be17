"""Which images belong together, as `DataConfig.groups` says: by a column, by names, or because they are alike."""

from collections.abc import Sequence
from typing import NamedTuple

from tlcore.config import COLUMN, COLUMN_NAMED, NO_GROUPS, SIMILAR, DataConfig
from tlcore.data.dataset import Dataset, ImageSource, Sample
from tlcore.data.formats.names import listed, shown
from tlcore.data.formats.splits import Labelled
from tlcore.errors import ConfigError
from tlcore.system.drive import drive
from tlcore.system.name_patterns import NamePattern
from tlcore.words import count


class GroupColumns(NamedTuple):
    """The columns of a table that may say which images belong together."""

    used: str | None = None
    """Name of the column that the groups were read from."""
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*((self.used,) if self.used else ()), *self.others)


NO_COLUMNS = GroupColumns()


class Grouped(NamedTuple):
    images: list[Labelled]
    words: str
    """What the groups are, as part of a sentence; empty if splits need not heed them."""
    notes: list[str]


def named_column(config: DataConfig) -> str | None:
    """The column of groups that the settings name; None if it is to be found."""
    return config.groups.removeprefix(COLUMN_NAMED) if config.groups.startswith(COLUMN_NAMED) else None


def group_images(
    name: str,
    images: list[Labelled],
    classes: Sequence[str],
    source: ImageSource,
    config: DataConfig,
    columns: GroupColumns,
) -> Grouped:
    """Give every image its group. Images of a table keep the group in it, unless the settings name other groups.

    Where splits have to be made, looks at every image for groups of similar ones, if the cache has no scan of them, and
    raises ConfigError for groups that the data does not have. Groups have no effect on splits that come with the data.
    """
    makes_splits = all(image.split != "val" for image in images)
    if config.groups == NO_GROUPS or (config.groups == SIMILAR and not makes_splits):
        return Grouped(images, "", _unheeded(columns))
    if config.groups == COLUMN or named_column(config) is not None:
        if makes_splits and (columns.used is None or not any(image.group for image in images)):
            raise ConfigError(_no_column(name, config, columns))
        return Grouped(images, f"the column {shown(columns.used or '')}", _alone(images, "have no value there"))
    if config.groups == SIMILAR:
        return Grouped(_similar(images, classes, source), "what is nearly the same", [])
    return _by_names(name, images, config.groups, makes_splits)


def _unheeded(columns: GroupColumns) -> list[str]:
    if columns.used is None:
        return []
    return [
        f"The column {shown(columns.used)} may say which images belong together. Splits that are made here keep them "
        "together if they are grouped by it."
    ]


def _no_column(name: str, config: DataConfig, columns: GroupColumns) -> str:
    wanted = named_column(config)
    if columns.used is not None:
        return f"The column {shown(columns.used)} of {name} is empty, so that it groups nothing. Choose other groups."
    if not columns.others:
        return (
            f"{name} has no table with a column that says which images belong together. Choose other groups: "
            f"{SIMILAR}, or a pattern of file names such as {{group}}_*.jpg."
        )
    missing = f"no column {shown(wanted)}" if wanted else "no column whose name says which images belong together"
    return f"The table of {name} has {missing}. Give one as {COLUMN_NAMED}NAME; it has {listed(columns.others)}."


def _alone(images: list[Labelled], why: str) -> list[str]:
    alone = [image.id for image in images if not image.group]
    if not alone:
        return []
    by_itself = "it is by itself" if len(alone) == 1 else "each is by itself"
    return [f"{count(len(alone), 'image')} {why}, like {shown(alone[0])}: {by_itself}."]


def _by_names(name: str, images: list[Labelled], text: str, makes_splits: bool) -> Grouped:
    pattern = NamePattern.parse(text)
    images = [image._replace(group=pattern.group_of(image.id)) for image in images]
    if makes_splits and not any(image.group for image in images):
        raise ConfigError(
            f"No image of {name} fits the pattern {shown(text)}, which says what belongs together: the first one is "
            f"{shown(images[0].id)}."
        )
    return Grouped(images, f"file names like {shown(text)}", _alone(images, f"do not fit {shown(text)}"))


def _similar(images: list[Labelled], classes: Sequence[str], source: ImageSource) -> list[Labelled]:
    """Groups of images that are equal or nearly equal, each named by its first image."""
    from tlcore.data.health.alike import alike_numbers  # pandas, which opening a dataset otherwise does not need
    from tlcore.data.health.scan import scan

    target = {label: index for index, label in enumerate(classes)}
    samples = tuple(Sample(image.id, target[image.label], "train") for image in images)
    numbers = alike_numbers(drive(scan(Dataset("", tuple(classes), samples, source)))).tolist()
    first: dict[int, str] = {}
    group = {
        sample.id: first.setdefault(number, sample.id)
        for sample, number in zip(samples, numbers, strict=True)
        if number >= 0
    }
    return [image._replace(group=group.get(image.id)) for image in images]
