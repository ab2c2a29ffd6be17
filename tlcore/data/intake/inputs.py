"""What many photographs can come as: a folder, a zip, or a list of paths. Each becomes the same `Photographs`."""

import os
from pathlib import Path
from typing import Literal

from tlcore.data.formats.unlabelled import Photographs, open_unlabelled
from tlcore.data.intake.listed import LIST_EXTENSIONS, STDIN, open_list
from tlcore.data.intake.zipped import open_zip
from tlcore.errors import DatasetInvalid
from tlcore.system.paths import given_path

ZIP_EXTENSION = ".zip"
Kind = Literal["folder", "zip", "list"]


def kind_of(given: str) -> Kind | None:
    """What of these a path is; files by their ending. None for anything else, such as a single image."""
    if given == STDIN:
        return "list"
    path = given_path(given)
    if os.path.isdir(path):
        return "folder"
    if path.suffix.lower() in LIST_EXTENSIONS:
        return "list"
    return "zip" if path.suffix.lower() == ZIP_EXTENSION else None


def open_photographs(given: str | Path) -> Photographs:
    """Photographs without labels from a folder, a zip or a list of paths. No image is decoded.

    Raises DatasetNotFound if there is nothing, DatasetInvalid if it is nothing of these or there is no image in it.
    """
    kind, path = kind_of(str(given)), given_path(str(given))
    if kind == "list":
        return open_list(str(given) if str(given) == STDIN else str(path))
    if kind == "zip":
        return open_zip(path.absolute())
    if kind == "folder" or not os.path.exists(path):
        return open_unlabelled(path)
    raise DatasetInvalid(f"{path} is neither a folder, nor a zip, nor a list of paths ({', '.join(LIST_EXTENSIONS)}).")
