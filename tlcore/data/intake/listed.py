"""Photographs that are named one by one: on a command line, in a text file, or on standard input."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from tlcore.data.dataset import Skipped
from tlcore.data.formats.names import is_harmless, shown
from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import DatasetInvalid, DatasetNotFound
from tlcore.words import size

STDIN = "-"
LIST_EXTENSIONS = (".txt", ".lst", ".list")
MAX_BYTES = 256 << 20
MAX_FILES = 2_000_000
_MAX_PATH = 4_096  # bytes, as in Linux


def open_list(path: str) -> Photographs:
    """The images that a text file names, one path per line, from the current folder; `-` is standard input.

    Raises DatasetNotFound, and DatasetInvalid if there is no path in it or it is too long.
    """
    words = "Standard input" if path == STDIN else path
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DatasetNotFound(f"Cannot read {path}: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise DatasetInvalid(f"{words} is too long for a list of images: at most {size(MAX_BYTES)} are read.")
    lines = (line.rstrip(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    name = "photographs" if path == STDIN else Path(path).stem
    photographs = _named(name, (os.fsdecode(line) for line in lines if line.strip()))
    if not photographs.ids:
        raise DatasetInvalid(f"{words} names no image. It is a list of paths, one per line.")
    return photographs


def open_files(paths: Iterable[str]) -> Photographs:
    """These image files."""
    return _named("photographs", paths)


def _named(name: str, paths: Iterable[str]) -> Photographs:
    """Each path once. It is checked only when it is read whether there is an image."""
    ids: list[str] = []
    skipped: list[Skipped] = []
    for path in dict.fromkeys(paths):
        if len(ids) == MAX_FILES:
            raise DatasetInvalid(f"More than {MAX_FILES:,} paths are listed. Divide the list.")
        if len(path) > _MAX_PATH:
            skipped.append(Skipped(shown(path), "longer than a path can be"))
        elif is_harmless(path):
            ids.append(path)
        else:
            skipped.append(Skipped(shown(path), "the name is not UTF-8, or has control characters"))
    # joining an absolute path to the root gives the path itself
    return Photographs(name, tuple(ids), FileSource(Path.cwd()), (), tuple(skipped))
