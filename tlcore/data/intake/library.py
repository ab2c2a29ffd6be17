"""The datasets that can be chosen: built-in ones, those under the data root, and added paths; and photographs without
labels.

Uploaded ones can be removed and renamed. Data roots are `datasets_dir()` and each folder in the environment variable
TLCORE_DATA. Only names are read, and the first bytes of files whose names say nothing; whether a folder can be used
is known only after opening it.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal

from tlcore.data.catalog import edits_path, is_named
from tlcore.data.edits.log import delete_log, move_log
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.data.formats.names import is_harmless
from tlcore.data.formats.rows import TABLE_EXTENSIONS
from tlcore.data.formats.split_names import split_of
from tlcore.data.formats.torchvision_sets import NAMED_SETS, missing_files
from tlcore.data.formats.tree import is_image_file
from tlcore.data.intake.archive import LIMITS
from tlcore.data.intake.inputs import ZIP_EXTENSION, kind_of, open_photographs
from tlcore.data.intake.names import safe_name
from tlcore.data.intake.photographs import Taken, Upload, take_in
from tlcore.data.intake.zipped import check_zip
from tlcore.errors import DatasetInvalid, DatasetNotFound, RecordError, StorageError
from tlcore.system.allowance import Wish, room_for
from tlcore.system.files import write_atomic, write_json
from tlcore.system.home import datasets_dir, home_dir, shared_data, space
from tlcore.system.paths import given_path
from tlcore.system.portable import located
from tlcore.system.records import read_record
from tlcore.words import size

_DATASETS, _UNLABELLED = "paths", "unlabelled"  # the lists in the record
_MAX_LISTED = 200
_LOOKED_INTO = 200  # files opened to look for an image
_LOOKED_AT = 2_000  # a folder with more entries is not taken for a dataset


def list_sources() -> list[str]:
    """The possible arguments of `open_dataset`: names, then paths, without duplicates."""
    named = [DEMO] + [entry.name for name, entry in NAMED_SETS.items() if not missing_files(name)]
    added = _added_paths()
    # the folder of an added table is not a separate dataset
    of_tables = {os.path.dirname(path) for path in added if os.path.isfile(path)}
    found = [str(path) for root in data_roots() for path in _datasets_in(root) if str(path) not in of_tables]
    granted = [source for path in space().granted if path.parent.name == "datasets" for source in sources_in(path)]
    return list(dict.fromkeys([*named, *found[:_MAX_LISTED], *added, *granted]))


def sources_in(folder: Path) -> list[str]:
    """The datasets of a folder of an uploaded dataset: the folder, or the tables in it. Empty if it is gone."""
    if not folder.is_dir():
        return []
    return [str(path) for path in _datasets_of(folder)] or [str(folder)]


def list_unlabelled() -> list[str]:
    """Photographs without labels: folders under the data roots, such as the test set of a competition, and added
    folders and zips. They are no datasets; `open_photographs` opens one.
    """
    found = [str(path) for root in data_roots() for path in _unlabelled_in(root)]
    return list(
        dict.fromkeys([*found[:_MAX_LISTED], *(path for path in _known_paths(_UNLABELLED) if os.path.exists(path))])
    )


def add_unlabelled(path: str) -> str:
    """Remember a folder or a zip of photographs on this machine; returns its path.

    Raises DatasetNotFound if it does not exist, DatasetInvalid if it is neither, or there is no image in it.
    """
    full = _resolved(path)
    if kind_of(str(full)) == "list":
        raise DatasetInvalid(f"{full} is a list of paths, which the command line reads. Give a folder or a zip here.")
    open_photographs(full)
    _save_paths([*_known_paths(_UNLABELLED), str(full)], _UNLABELLED)
    return str(full)


def store_unlabelled(name: str, uploads: Iterable[Upload]) -> tuple[str, Taken]:
    """Store uploaded photographs in a folder of their own; returns its path, and what was taken and what was not.

    Raises DatasetInvalid if no image is among them, StorageError, NotAllowed if a visitor has no room for them.
    """
    folder = datasets_dir() / free_name(name or "photographs")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StorageError(f"Nothing can be written to {datasets_dir()}: {error.strerror}.") from None
    try:
        taken = take_in(folder, uploads, {})
    finally:
        with suppress(OSError):
            folder.rmdir()  # if nothing was stored
    if not taken.names:
        reason = f": {taken.skipped[0].id} is {taken.skipped[0].reason}" if taken.skipped else ""
        raise DatasetInvalid(f"No photograph is among these files{reason}.")
    return str(folder), taken


def store_unlabelled_zip(name: str, file: BinaryIO) -> str:
    """Store an uploaded zip of photographs as it is, to be read in place; returns its path.

    Raises DatasetInvalid if it is untrustworthy or has no image, StorageError, NotAllowed if a visitor has no room.
    """
    images, zip_bytes = check_zip(file), file.seek(0, os.SEEK_END)
    target = _free_zip(name or "photographs")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(target.parent).free - zip_bytes < LIMITS.free_bytes:
            raise StorageError(f"The disk is almost full: {size(LIMITS.free_bytes)} must stay free. Make room first.")
        file.seek(0)
        with room_for(Wish(size_bytes=zip_bytes, images=images, files=1, largest_bytes=zip_bytes)):
            write_atomic(target, lambda stored: shutil.copyfileobj(file, stored))
    except OSError as error:
        raise StorageError(f"Nothing can be written to {datasets_dir()}: {error.strerror}.") from None
    _save_paths([*_known_paths(_UNLABELLED), str(target)], _UNLABELLED)
    return str(target)


def removal_of_unlabelled(path: str) -> Literal["deleted", "forgotten"] | None:
    """What `remove_unlabelled` would do. None: the folder is found below a data root, and stays."""
    if uploaded_folder(path) is not None or _is_stored_zip(path):
        return "deleted"
    found = (str(folder) for root in data_roots() for folder in _unlabelled_in(root))
    return "forgotten" if path in _known_paths(_UNLABELLED) and path not in found else None


def remove_unlabelled(path: str) -> None:
    """Remove photographs without labels from the list. Stored ones are deleted; of what was added by its path, only the
    path is forgotten.

    Raises DatasetNotFound if they are not on the list; DatasetInvalid if they belong to a data root, or cannot be
    deleted.
    """
    if path not in list_unlabelled():
        raise DatasetNotFound(f"There are no photographs {path} on the list.")
    removal = removal_of_unlabelled(path)
    if removal is None:
        raise _not_uploaded(path)
    if removal == "deleted":
        _delete(Path(path))
    _save_paths([known for known in _known_paths(_UNLABELLED) if known != path], _UNLABELLED)


def rename_unlabelled(path: str, name: str) -> str:
    """Rename stored photographs without labels; returns their new path, with a number if the name is taken.

    Raises DatasetInvalid if they were not stored here, or cannot be renamed.
    """
    if not _is_stored_zip(path):
        return rename(path, name)
    name = name.removesuffix(ZIP_EXTENSION)
    if safe_name(name) == Path(path).stem:
        return path
    target = _free_zip(name)
    try:
        os.rename(path, target)
    except OSError as error:
        raise DatasetInvalid(f"{Path(path).name} could not be renamed: {error.strerror}.") from None
    _save_paths([str(target) if known == path else known for known in _known_paths(_UNLABELLED)], _UNLABELLED)
    return str(target)


def data_roots() -> list[Path]:
    """The folders that contain datasets. Uploads are written into the first one."""
    return [*(home / "datasets" for home in space().homes), *shared_data()]


def add_path(path: str) -> str:
    """Remember a folder or table on this machine; returns its source. Raises DatasetNotFound if it does not exist."""
    full = _resolved(path)
    if not full.is_dir() and full.suffix.lower() not in TABLE_EXTENSIONS:
        raise DatasetInvalid(f"{full} is neither a folder nor a table ({', '.join(TABLE_EXTENSIONS)}).")
    source = str(full)
    _save_paths([*_added_paths(), source])
    return source


def removal_of(source: str) -> Literal["deleted", "forgotten"] | None:
    """What `remove` would do: an upload is deleted, an added path forgotten. None: the dataset cannot be removed."""
    if uploaded_folder(source) is not None:
        return "deleted"
    if source not in _added_paths():
        return None
    found = (str(path) for root in data_roots()[1:] for path in _datasets_in(root))
    return None if source in found else "forgotten"  # a path under TLCORE_DATA would stay on the list


def remove(source: str) -> None:
    """Remove a dataset from the list. An uploaded one is deleted with its edits. For one that was added by its path,
    only the path is forgotten; its images stay where they are.

    Raises DatasetNotFound if it is not on the list; DatasetInvalid if it is built in, is under TLCORE_DATA, or cannot
    be deleted.
    """
    folder = uploaded_folder(source)
    if folder is not None:
        edits = edits_path(source)
        _delete(folder)
        delete_log(edits)
    elif removal_of(source) is None:
        raise _not_removable(source)
    _save_paths([path for path in _added_paths() if path != source])


def rename(source: str, name: str) -> str:
    """Rename an uploaded dataset, which keeps its edits, or a folder of stored photographs. Returns the new source,
    with a number if the name is taken.

    Raises DatasetNotFound if it is not on the list, DatasetInvalid if it was not uploaded.
    """
    folder = uploaded_folder(source)
    if folder is None:
        raise _not_removable(source)
    if safe_name(name) == folder.name:
        return source
    target, edits = folder.with_name(free_name(name)), edits_path(source)
    try:
        os.rename(folder, target)
    except OSError as error:
        raise DatasetInvalid(f"{folder.name} could not be renamed: {error.strerror}.") from None
    path = Path(source)
    if path == folder:
        renamed = target
    else:
        renamed = target / path.name
        if path.stem == folder.name:  # a table has the name of its dataset
            renamed = target / f"{target.name}{path.suffix}"
            os.rename(target / path.name, renamed)
    move_log(edits, edits_path(str(renamed)))
    _save_paths([str(renamed) if known == source else known for known in _known_paths()])
    return str(renamed)


def uploaded_folder(source: str) -> Path | None:
    """The folder of an uploaded dataset; None for any other dataset."""
    if is_named(source):
        return None
    path = Path(os.path.abspath(source))
    folder = path.parent if path.suffix.lower() in TABLE_EXTENSIONS and path.is_file() else path
    mine = Path(os.path.abspath(datasets_dir()))
    return folder if folder.parent == mine and folder.is_dir() and not folder.is_symlink() else None


def free_name(text: str, ending: str = "") -> str:
    """A safe name that is free in `datasets_dir()`, also with this ending, and not that of a built-in dataset:
    `flowers`, or `flowers-2`.

    A folder named like a split would make `datasets_dir()` itself look like a dataset: `test` is `test photographs`.
    """
    name = safe_name(text)
    if split_of(name):
        name = f"{name} photographs"
    taken = {entry.name.lower() for entry in datasets_dir().iterdir()} if datasets_dir().is_dir() else set()
    number, candidate = 1, name
    while {candidate.lower(), f"{candidate}{ending}".lower()} & taken or is_named(candidate):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _datasets_in(root: Path) -> Iterator[Path]:
    """The datasets directly below a data root, sorted; or the root, if it is itself a dataset."""
    folders = _folders(root)
    if any(split_of(folder.name) for folder in folders):
        yield root
        return
    torchvisions = {entry.folder.partition("/")[0] for entry in NAMED_SETS.values()}
    for folder in folders:
        if folder.name in torchvisions:
            continue
        yield from _datasets_of(folder)


def _datasets_of(folder: Path) -> Iterator[Path]:
    """A folder of class folders, or that has several tables; else its table, if it has one."""
    tables = [path for path in _files(folder) if path.suffix.lower() in TABLE_EXTENSIONS[:2]]
    if any(_has_images(inner) or any(map(_has_images, _folders(inner)[:5])) for inner in _folders(folder)):
        yield folder
    elif len(tables) > 1 and _has_images(folder):
        yield folder  # which of them contain the labels is found out when it is opened
    else:
        yield from tables


def _unlabelled_in(root: Path) -> Iterator[Path]:
    """Folders directly below a data root with images in them, and no classes or tables; and such folders of test images
    in a dataset.
    """
    for folder in (root, *_folders(root)):
        if folder != root and _is_loose(folder):
            yield folder
        inner = {path: split_of(path.name) for path in _folders(folder)}
        if "train" in inner.values():
            yield from (path for path, split in inner.items() if split not in (None, "train") and _is_loose(path))


def _is_loose(folder: Path) -> bool:
    """Whether there are images directly in a folder, and none in class folders or labelled by a table."""
    if any(path.suffix.lower() in TABLE_EXTENSIONS[:2] for path in _files(folder)):
        return False
    return _has_images(folder) and not any(_has_images(inner) for inner in _folders(folder)[:5])


def _folders(path: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(path) if _is_dir(entry))


def _files(path: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(path) if not _is_dir(entry))


def _has_images(path: Path) -> bool:
    return any(is_image_file(entry.path) for entry in _entries(path)[:_LOOKED_INTO] if not _is_dir(entry))


def _entries(path: Path) -> list[os.DirEntry[str]]:
    """The visible entries; if there are very many, the first ones. None if the folder cannot be listed."""
    entries: list[os.DirEntry[str]] = []
    try:
        with os.scandir(path) as listing:
            for entry in listing:
                if len(entries) == _LOOKED_AT:
                    break
                if not entry.name.startswith(".") and is_harmless(entry.name):
                    entries.append(entry)
    except OSError:
        return []
    return entries


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _record() -> Path:
    return home_dir() / "datasets.json"


def _added_paths() -> list[str]:
    """The remembered paths of datasets that still exist."""
    return [path for path in _known_paths() if os.path.exists(path)]


def _resolved(path: str) -> Path:
    full = given_path(path.strip().strip("\"'"))
    try:
        return full.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DatasetNotFound(f"There is nothing at {path[:300]!r} on the machine that runs the dashboard.") from None


def _known_paths(kind: str = _DATASETS) -> list[str]:
    """All remembered paths."""
    return _load_paths().get(kind, [])


def _save_paths(paths: list[str], kind: str = _DATASETS) -> None:
    write_json(_record(), _load_paths() | {kind: list(dict.fromkeys(paths))})


def _load_paths() -> dict[str, list[str]]:
    try:
        return located(read_record(_record(), dict[str, list[str]], "a list of datasets"), home_dir())  # type: ignore[no-any-return]
    except (OSError, RecordError):  # no record yet, or a damaged one
        return {}


def _not_removable(source: str) -> DatasetNotFound | DatasetInvalid:
    if source in list_sources():
        return _not_uploaded(source)
    return DatasetNotFound(f"There is no dataset {source} on the list.")


def _not_uploaded(source: str) -> DatasetInvalid:
    return DatasetInvalid(f"{source} was not uploaded here, so it stays as it is.")


def _delete(path: Path) -> None:
    """A folder or a file."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise DatasetInvalid(f"{path} could not be deleted: {error.strerror}.") from None


def _is_stored_zip(path: str) -> bool:
    zipped = Path(os.path.abspath(path))
    mine = Path(os.path.abspath(datasets_dir()))
    return zipped.suffix == ZIP_EXTENSION and zipped.parent == mine and zipped.is_file() and not zipped.is_symlink()


def _free_zip(name: str) -> Path:
    """A path in `datasets_dir()` that is free."""
    return datasets_dir() / f"{free_name(name, ZIP_EXTENSION)}{ZIP_EXTENSION}"
