"""Datasets that torchvision knows by name, read in its layout from disk and downloaded only on request."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.assemble import assemble
from tlcore.data.formats.splits import Labelled
from tlcore.data.pixels.sources import ArraySource
from tlcore.errors import DatasetInvalid, DatasetNotFound, suggestion
from tlcore.system.home import datasets_dir, space
from tlcore.system.paths import given_path

_BY_OPTION = "--download fetches them."
_SILENCE_S = 30.0  # a download that stalls this long has failed


class NamedSet(NamedTuple):
    """One entry of the table below."""

    name: str
    """Name of the class in torchvision.datasets."""
    folder: str
    """Folder below the root in which torchvision looks for the files."""
    files: tuple[str, ...]


_IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

# lower-case name -> entry
NAMED_SETS = {
    entry.name.lower(): entry
    for entry in (
        NamedSet("FashionMNIST", "FashionMNIST/raw", _IDX_FILES),
        NamedSet("MNIST", "MNIST/raw", _IDX_FILES),
        NamedSet(
            "CIFAR10",
            "cifar-10-batches-py",
            (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"),
        ),
        NamedSet("CIFAR100", "cifar-100-python", ("train", "test", "meta")),
    )
}


def missing_files(name: str, root: Path | None = None) -> list[str]:
    """The files of a named dataset that are not on disk, relative to `root`, by default that of `default_root`.

    Raises DatasetNotFound for an unknown name.
    """
    entry = _find(name)
    folder = (root or default_root(name)) / entry.folder
    return [f"{entry.folder}/{file}" for file in entry.files if not os.path.isfile(folder / file)]


def default_root(name: str) -> Path:
    """The folder of datasets with the files of a named dataset: one's own, or that of the host.

    One's own if neither has them. Raises DatasetNotFound for an unknown name.
    """
    roots = (home / "datasets" for home in space().homes)
    return next((root for root in roots if not missing_files(name, root)), datasets_dir())


def root_of(name: str, folder: Path) -> Path | None:
    """The `root` for torchvision's files of a named dataset, if `folder` contains them or is one of their folders.

    None if they are missing. Raises DatasetNotFound for an unknown name.
    """
    inner = Path(_find(name).folder)
    roots = (folder, *list(folder.absolute().parents)[: len(inner.parts)])
    return next((root for root in roots if os.path.isdir(root / inner)), None)


def open_named(name: str, config: DataConfig, download: bool = False) -> Dataset:
    """Open a dataset by its torchvision name, upper or lower case. Its images are held in memory.

    The root is `config.images`, by default `default_root`. Raises DatasetNotFound if files are missing or
    the download failed, DatasetInvalid if they are damaged.
    """
    entry = _find(name)
    root = given_path(config.images).absolute() if config.images else default_root(name)
    if missing_files(name, root) and not _unpack(entry, root):
        if not download:
            raise DatasetNotFound(_how_to_get(entry, root), cli=_BY_OPTION)
        _download(entry, root)
    parts = {part: _read(entry, root, train=part == "train") for part in ("train", "test")}
    classes = [str(label) for label in parts["train"].classes]
    images = [
        Labelled(f"{part}/{index:05d}", classes[target], part)
        for part, data in parts.items()
        for index, target in enumerate(_targets(data, len(classes), entry, root))
    ]
    source = ArraySource({part: np.ascontiguousarray(data.data) for part, data in parts.items()})
    return assemble(entry.name, images, source, config, classes=classes)


def _find(name: str) -> NamedSet:
    try:
        return NAMED_SETS[name.lower()]
    except KeyError:
        known = [entry.name for entry in NAMED_SETS.values()]
        raise DatasetNotFound(f"No dataset named {name!r}. {suggestion(name, known)}") from None


def _how_to_get(entry: NamedSet, root: Path) -> str:
    return (
        f"{entry.name} is not on this machine. Put these files into "
        f"{root / entry.folder}: {', '.join(Path(file).name for file in missing_files(entry.name, root))}. "
        "To use another place, set `images` to the folder that holds "
        f"{entry.folder.partition('/')[0]}."
    )


def _unpack(entry: NamedSet, root: Path) -> bool:
    """Unpack the .gz files that torchvision would have downloaded. False if one is missing or wrong."""
    from torchvision import datasets
    from torchvision.datasets.utils import check_integrity, extract_archive

    folder = root / entry.folder
    archives = dict(getattr(getattr(datasets, entry.name), "resources", ()))
    if not archives or not all(check_integrity(folder / name, md5) for name, md5 in archives.items()):
        return False
    try:
        for name in archives:
            extract_archive(folder / name, folder)
    except (OSError, EOFError) as error:
        raise DatasetInvalid(f"Cannot unpack the .gz files in {folder}: {error}.") from None
    return True


def _download(entry: NamedSet, root: Path) -> None:
    from torchvision import datasets

    try:
        with _impatient():
            getattr(datasets, entry.name)(root, download=True)
    except (OSError, RuntimeError) as error:  # URLError and timeouts are OSErrors; failed mirrors a RuntimeError
        reason = " ".join(str(error).split())[:300]
        raise DatasetNotFound(f"{entry.name} could not be downloaded ({reason}). {_how_to_get(entry, root)}") from None


@contextmanager
def _impatient() -> Iterator[None]:
    """Set a timeout for a network that does not answer: torchvision downloads without one."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _read(entry: NamedSet, root: Path, *, train: bool) -> Any:
    """The torchvision dataset. It checks the MD5 of CIFAR's files, which are pickles, before it opens them."""
    from torchvision import datasets

    try:
        return getattr(datasets, entry.name)(root, train=train)
    except Exception as error:  # damaged files can make torchvision raise any error
        raise DatasetInvalid(
            f"The files of {entry.name} in {root / entry.folder} are damaged ({type(error).__name__}). "
            "Delete them, and get them again.",
            cli=_BY_OPTION,
        ) from error


def _targets(data: Any, classes: int, entry: NamedSet, root: Path) -> list[int]:
    targets = np.asarray(data.targets)
    if len(targets) != len(data.data) or (len(targets) and not 0 <= targets.min() <= targets.max() < classes):
        raise DatasetInvalid(
            f"Labels and images of {entry.name} in {root / entry.folder} do not match. "
            "Delete the files, and get them again.",
            cli=_BY_OPTION,
        )
    result: list[int] = targets.tolist()
    return result
