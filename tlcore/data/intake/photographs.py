"""Single image files from outside: each is checked by its content, and stored under a name of its own.

Used by everything that takes files one by one: a dataset that is being built, more images of a class, a folder of
photographs without labels.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tlcore.data.dataset import Skipped
from tlcore.data.formats.names import shown
from tlcore.data.intake.archive import LIMITS, Limits
from tlcore.data.intake.names import numbered, visible_part
from tlcore.data.pixels.digests import DIGEST_BYTES
from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, IMAGE_EXTENSIONS, image_format
from tlcore.errors import StorageError, UnreadableImage
from tlcore.system.allowance import Wish, room_for
from tlcore.system.files import write_atomic
from tlcore.words import size

Upload = tuple[str, BinaryIO]
"""A file's name and its content."""

_SMALL_PX = 32  # a JPEG is unpacked at an eighth, and a truncated one is still found


class Photograph(NamedTuple):
    """An image file that was checked."""

    name: str
    """A valid file name with an ending of its format; not a path."""
    data: bytes
    digest: str
    """As `ImageSource.digests` gives it."""


class Taken(NamedTuple):
    """What became of some uploads."""

    names: tuple[str, ...]
    """The files that were stored, in order; names in their folder."""
    skipped: tuple[Skipped, ...]
    """The others, by the name that they came with, and why."""


def check_photograph(name: str, file: BinaryIO, limits: Limits = LIMITS) -> Photograph:
    """Read and decode an image file of any kind. Raises UnreadableImage, whose text is only the reason.

    What its name ends in does not matter; an ending of its format is added if it has none of an image.
    """
    file.seek(0)
    data = file.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise UnreadableImage(f"too large: more than {size(limits.file_bytes)}")
    kind = image_format(data[:HEAD_BYTES])
    if kind is None:
        raise UnreadableImage(f"not an image, by its first bytes (read are {', '.join(FORMATS)})" if data else "empty")
    from tlcore.data.pixels.images import decode

    decode(data, at_least_px=_SMALL_PX)
    base = name.replace("\\", "/").rpartition("/")[2]
    part = visible_part(base, "image")
    if os.path.splitext(part)[1].lower() not in IMAGE_EXTENSIONS:
        part = visible_part(f"{part}{FORMATS[kind][0]}", "image")
    return Photograph(part, data, image_digest(data))


def image_digest(data: bytes) -> str:
    """The digest of a file's content, as `digests.file_digests` gives it."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def store_photograph(folder: Path, photograph: Photograph, limits: Limits = LIMITS) -> str:
    """Write it into an existing folder, whole or not at all; returns its name there, with a number if that is taken.

    Raises StorageError if that fails, or the disk would be almost full.
    """
    try:
        if shutil.disk_usage(folder).free - len(photograph.data) < limits.free_bytes:
            raise StorageError(f"The disk is almost full: {size(limits.free_bytes)} must stay free. Make room first.")
        target = _reserve(folder, photograph.name)
        try:
            write_atomic(target, lambda file: file.write(photograph.data), make_folder=False)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{shown(photograph.name)} could not be stored: {error.strerror}.") from None
    return target.name


def take_in(folder: Path, uploads: Iterable[Upload], known: MutableMapping[str, str], limits: Limits = LIMITS) -> Taken:
    """Store the images among some uploads in a folder. The same content is kept once.

    `known` maps the digests of the images that are there already to where they are, in words; it gets the new ones.
    Raises StorageError; what was stored before that stays. Raises NotAllowed before any is stored, if there is no room
    for all in the space of a visitor.
    """
    uploads = list(uploads)
    names: list[str] = []
    skipped: list[Skipped] = []
    with room_for(wish_for(uploads)):
        for name, file in uploads:
            try:
                photograph = check_photograph(name, file, limits)
            except UnreadableImage as error:
                skipped.append(Skipped(_listed(name), str(error)))
                continue
            if photograph.digest in known:
                skipped.append(Skipped(_listed(name), f"the same photograph as {known[photograph.digest]}, kept once"))
                continue
            stored = store_photograph(folder, photograph, limits)
            names.append(stored)
            known[photograph.digest] = f"{folder.name}/{stored}"
    return Taken(tuple(names), tuple(skipped))


def wish_for(uploads: Sequence[Upload]) -> Wish:
    """The room that these files take, each an image."""
    sizes = [file.seek(0, os.SEEK_END) for _, file in uploads]
    return Wish(size_bytes=sum(sizes), images=len(sizes), files=len(sizes), largest_bytes=max(sizes, default=0))


def _reserve(folder: Path, name: str) -> Path:
    """An empty file under the first free name, so that a second writer takes another one."""
    number, candidate = 1, folder / name
    while True:
        try:
            with candidate.open("xb"):
                return candidate
        except FileExistsError:
            number += 1
            candidate = folder / numbered(name, number)


def _listed(name: str) -> str:
    """A name from outside, as a list for people shows it."""
    text = name if len(name) <= 120 else f"{name[:60]}…{name[-40:]}"
    return text if text.isprintable() else ascii(text)[1:-1]
