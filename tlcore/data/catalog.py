"""The entry point of this package: open a dataset by path or by name, and recognise it later."""

import os
from dataclasses import replace
from pathlib import Path

from tlcore.config import DataConfig, parse_config
from tlcore.data.dataset import Dataset
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

__all__ = ["fingerprint", "is_named", "open_dataset", "restore_splits", "samples_table", "save_samples"]


def is_named(source: str) -> bool:
    """Whether this is the name of a dataset and not a path. A folder with the same name is opened with `./`."""
    return source.lower() in (DEMO, *NAMED_SETS)


def open_dataset(config: DataConfig | str, download: bool = False) -> Dataset:
    """Open the dataset that `config.source` names: `demo`, a torchvision dataset, a folder, or a table.

    A source alone is enough if all other settings have their defaults: `open_dataset("photos")`.
    A folder with the name of a named dataset is opened with a path, as in `./mnist`. `download` is for
    torchvision datasets. Raises DatasetNotFound, DatasetInvalid, or ConfigError for settings that do not fit.
    """
    if isinstance(config, str):
        config = parse_config({"data": {"source": config}}, "the dataset").data
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


def _noted(dataset: Dataset, folder: Path) -> Dataset:
    """The dataset with the notes from when it was added."""
    notes = load_notes(folder)
    return replace(dataset, notes=(*dataset.notes, *notes)) if notes else dataset
