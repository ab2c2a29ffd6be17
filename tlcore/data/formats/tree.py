"""The image files below a folder, by name alone: one pass over the disk, no file is opened. What they mean is
`folder`'s business."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid

MAX_ENTRIES = 5_000_000
"""More files and folders than this are nobody's dataset: the path is most likely a whole disk."""
MAX_DEPTH = 32

PLACEHOLDERS = frozenset(("imagenotfound.gif",))
"""In lower case, what web sites give in place of a picture that is gone. One is in the usual ants-and-bees set."""
SYSTEM_NAMES = frozenset(("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found"))


@dataclass
class Tree:
    """One folder. Hidden entries are not in it."""

    images: list[str] = field(default_factory=list)
    """Names of files that end in an image's extension, sorted."""
    others: list[str] = field(default_factory=list)
    """Names of other files, and of PLACEHOLDERS, sorted."""
    misnamed: list[str] = field(default_factory=list)
    """Names of files and folders that are not UTF-8, printable; they are not looked at."""
    folders: dict[str, "Tree"] = field(default_factory=dict)
    """By name, sorted."""

    def images_below(self, prefix: str = "") -> Iterator[str]:
        """Paths of all images here and further down, posix, each after `prefix`."""
        for name in self.images:
            yield prefix + name
        for name, tree in self.folders.items():
            yield from tree.images_below(f"{prefix}{name}/")

    def others_below(self, prefix: str = "") -> Iterator[str]:
        """Likewise for the other files."""
        for name in self.others:
            yield prefix + name
        for name, tree in self.folders.items():
            yield from tree.others_below(f"{prefix}{name}/")

    def misnamed_below(self) -> Iterator[str]:
        """Likewise for what has no proper name."""
        yield from self.misnamed
        for tree in self.folders.values():
            yield from tree.misnamed_below()

    @property
    def has_images(self) -> bool:
        """Whether there is an image here or further down."""
        return next(self.images_below(), None) is not None


def list_tree(root: Path) -> Tree:
    """Everything below `root`. A linked folder is followed, but never into one that it lies in.

    Raises DatasetInvalid for a folder that cannot be listed, and past MAX_ENTRIES or MAX_DEPTH.
    """
    return _Walk(root).folder(str(root), ())


class _Walk:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries = 0

    def folder(self, path: str, above: tuple[tuple[int, int], ...]) -> Tree:
        """`above`: device and inode of the folders from the root down to this one."""
        if len(above) > MAX_DEPTH:
            raise DatasetInvalid(f"{path} lies more than {MAX_DEPTH} folders deep. Is {self._root} the right folder?")
        tree = Tree()
        try:
            status = os.stat(path)
            identity = (status.st_dev, status.st_ino)
            if identity in above:
                return tree
            with os.scandir(path) as entries:
                inner = [entry.name for entry in entries if self._sort_in(entry, tree)]
        except OSError as error:
            raise DatasetInvalid(f"Cannot list the folder {path}: {error.strerror}.") from None
        for names in (inner, tree.images, tree.others, tree.misnamed):
            names.sort()
        for name in inner:
            tree.folders[name] = self.folder(os.path.join(path, name), (*above, identity))
        return tree

    def _sort_in(self, entry: os.DirEntry[str], tree: Tree) -> bool:
        """Put a file into the tree. True: it is a folder, to be looked into."""
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise DatasetInvalid(f"More than {MAX_ENTRIES:,} files below {self._root}. Is that the right folder?")
        name = entry.name
        if name.startswith(".") or name.lower() in SYSTEM_NAMES:
            return False
        if not _is_utf8(name):
            tree.misnamed.append(ascii(os.fsencode(name)))
            return False
        if entry.is_dir():
            return True
        # A link to nothing counts as an image, so that it is reported as one that cannot be read.
        is_file = entry.is_file() or entry.is_symlink()
        lower = name.lower()
        is_image = is_file and os.path.splitext(lower)[1] in IMAGE_EXTENSIONS and lower not in PLACEHOLDERS
        (tree.images if is_image else tree.others).append(name)
        return False


def _is_utf8(name: str) -> bool:
    """Whether the name can be written to JSON and CSV: Python keeps undecodable bytes as lone surrogates."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
