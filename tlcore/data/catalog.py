"""The entry point of this package: open a dataset by path or by name, and recognise it later."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tlcore.config import NO_GROUPS, SIMILAR, DataConfig, parse_config
from tlcore.data.dataset import Dataset
from tlcore.data.edits.apply import with_edits
from tlcore.data.edits.log import Log, log_path, log_version, read_log
from tlcore.data.formats.demo import NAME as DEMO, open_demo
from tlcore.data.formats.intake_notes import load_notes
from tlcore.data.formats.records import restore_splits, samples_table, save_samples
from tlcore.data.formats.rows import TABLE_EXTENSIONS
from tlcore.data.formats.table import open_table
from tlcore.data.formats.tables import open_place
from tlcore.data.formats.torchvision_sets import NAMED_SETS, open_named
from tlcore.data.pixels.fingerprints import fingerprint
from tlcore.errors import ConfigError, DatasetInvalid, DatasetNotFound
from tlcore.system.paths import given_path

__all__ = [
    "edits_of",
    "edits_path",
    "edits_version",
    "fingerprint",
    "is_named",
    "look_for_groups",
    "open_dataset",
    "open_unedited",
    "restore_splits",
    "samples_table",
    "save_samples",
]


def is_named(source: str) -> bool:
    """Whether this is the name of a dataset and not a path. A folder with the same name is opened with `./`."""
    return source.lower() in (DEMO, *NAMED_SETS)


def edits_path(source: str) -> Path:
    """The log of the edits of a dataset, which need not exist."""
    return log_path(source, is_named(source))


def edits_version(source: str) -> int:
    """The number of edits of a dataset now, undone ones included. Quick. Raises RecordError."""
    return log_version(edits_path(source))


def edits_of(config: DataConfig) -> Log:
    """The edits that `config.edits` counts.

    Raises RecordError if they cannot be read, and ConfigError if there are fewer.
    """
    if config.edits == 0:
        return Log()
    log = read_log(edits_path(config.source))
    return log if config.edits is None else log.first(config.edits)


def open_dataset(config: DataConfig | str, download: bool = False, *, edits: Log | None = None) -> Dataset:
    """Open the dataset that `config.source` names: `demo`, a torchvision dataset, a folder, or a table.

    A source alone is enough if all other settings have their defaults: `open_dataset("photos")`.
    A folder with the name of a named dataset is opened with a path, as in `./mnist`. `download` is for
    torchvision datasets. The dataset has its edits, those that `config.edits` counts; or the given ones, such as those
    that a run has stored. Raises DatasetNotFound, DatasetInvalid, RecordError for edits that cannot be read, or
    ConfigError for settings that do not fit.
    """
    if isinstance(config, str):
        config = parse_config({"data": {"source": config}}, "the dataset").data
    log = edits_of(config) if edits is None else edits
    return with_edits(open_unedited(config, download), log)


def open_unedited(config: DataConfig, download: bool = False) -> Dataset:
    """The dataset as its files and folders say, whatever `config.edits` is. Raises as `open_dataset` does."""
    if config.source.lower() == DEMO:
        return open_demo(config)
    if config.source.lower() in NAMED_SETS:
        return open_named(config.source, config, download)
    path = given_path(config.source)
    if os.path.isdir(path):  # unlike Path.is_dir, False for an impossible path or one without permission
        if config.images is not None:
            raise ConfigError(f"`images` goes with a table, and {path} is a folder: leave it out.")
        return _noted(open_place(path, config), path)
    if os.path.isfile(path):
        if path.suffix.lower() not in TABLE_EXTENSIONS:
            raise DatasetInvalid(
                f"{path} is neither a folder nor a table ({', '.join(TABLE_EXTENSIONS)}). "
                "Unpack an archive first, and give the folder."
            )
        return _noted(open_table(path, config), path.parent)
    names = ", ".join([DEMO, *(entry.name for entry in NAMED_SETS.values())])
    raise DatasetNotFound(
        f"There is nothing at {path.absolute()}. "
        f"Give a folder of class folders, a CSV or TSV of path,label, or one of the names {names}."
    )


def look_for_groups(config: DataConfig, download: bool = False) -> Iterator[tuple[int, int]]:
    """Look at every image if the groups need that, and yield (done, total); `open_dataset` then takes no longer than
    usual. Raises as `open_dataset` does."""
    if config.groups == SIMILAR:
        from tlcore.data.health.scan import scan

        dataset = open_unedited(config.model_copy(update={"groups": NO_GROUPS}), download)
        for progress in scan(dataset):
            yield progress.done, progress.total


def _noted(dataset: Dataset, folder: Path) -> Dataset:
    """The dataset with the notes from when it was added."""
    notes = load_notes(folder)
    return replace(dataset, notes=(*dataset.notes, *notes)) if notes else dataset
