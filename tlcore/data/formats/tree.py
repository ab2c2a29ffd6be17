"""List the image files below a folder in one pass over the disk. `folder` decides what they mean.

A file counts as an image by its ending; if the ending says nothing, by its first bytes.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tlcore.data.formats.names import is_harmless
from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, IMAGE_EXTENSIONS, image_format
from tlcore.errors import DatasetInvalid

MAX_ENTRIES = 2_000_000
"""More files and folders than this are not a dataset: the path is probably a whole disk."""
MAX_FOLDERS = 100_000
MAX_DEPTH = 32
MAX_LOOKED_INTO = 100_000
"""Most files with unknown endings that are opened for their first bytes."""

PLACEHOLDERS = frozenset(("imagenotfound.gif",))
"""Lower-case names of files that web sites send instead of a deleted picture. The ants-and-bees set has one."""
SYSTEM_NAMES = frozenset(("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found", "icon\r"))

# Endings of files that are never opened: they are known not to be images
OTHER_EXTENSIONS = frozenset(
    [
        ".txt",
        ".csv",
        ".tsv",
        ".json",
        ".jsonl",
        ".xml",
        ".yaml",
        ".yml",
        ".md",
        ".rst",
        ".html",
        ".htm",
        ".py",
        ".ipynb",
        ".js",
        ".css",
        ".sh",
        ".toml",
        ".ini",
        ".cfg",
        ".log",
        ".db",
        ".sqlite",
        ".parquet",
        ".arrow",
        ".feather",
        ".h5",
        ".hdf5",
        ".npy",
        ".npz",
        ".mat",
        ".pkl",
        ".pickle",
        ".pt",
        ".pth",
        ".ckpt",
        ".safetensors",
        ".onnx",
        ".zip",
        ".tar",
        ".gz",
        ".tgz",
        ".bz2",
        ".xz",
        ".7z",
        ".rar",
        ".pdf",
        ".doc",
        ".docx",
        ".xls",
        ".xlsx",
        ".ppt",
        ".pptx",
        ".mp4",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".mp3",
        ".wav",
        ".svg",
        ".exe",
        ".dll",
        ".so",
        ".lnk",
        ".url",
        ".cache",
        ".names",
        ".data",
    ]
)


@dataclass
class Tree:
    """One folder, without hidden entries."""

    images: list[str] = field(default_factory=list)
    """Names of image files, sorted."""
    others: list[str] = field(default_factory=list)
    """Names of other files, and of PLACEHOLDERS, sorted."""
    misnamed: list[str] = field(default_factory=list)
    """Names, made printable, of files and folders that are not UTF-8 or have control characters. They are not read."""
    not_followed: list[str] = field(default_factory=list)
    """Names of links to folders that are already in the tree or that contain the link."""
    folders: dict[str, "Tree"] = field(default_factory=dict)
    """Subfolders by name, sorted."""

    def images_below(self, prefix: str = "") -> Iterator[str]:
        """Posix paths of all images in this folder and below, each with `prefix` in front."""
        return self._below(lambda tree: tree.images, prefix)

    def others_below(self, prefix: str = "") -> Iterator[str]:
        """The same for the other files."""
        return self._below(lambda tree: tree.others, prefix)

    def misnamed_below(self, prefix: str = "") -> Iterator[str]:
        """The same for what has no valid name."""
        return self._below(lambda tree: tree.misnamed, prefix)

    def not_followed_below(self, prefix: str = "") -> Iterator[str]:
        """The same for the links that were not followed."""
        return self._below(lambda tree: tree.not_followed, prefix)

    @property
    def has_images(self) -> bool:
        """Whether there is an image in this folder or below."""
        return next(self.images_below(), None) is not None

    @property
    def filled(self) -> dict[str, "Tree"]:
        """The subfolders that have images, directly or further down."""
        return {name: tree for name, tree in self.folders.items() if tree.has_images}

    def _below(self, names: Callable[["Tree"], list[str]], prefix: str) -> Iterator[str]:
        for name in names(self):
            yield prefix + name
        for name, tree in self.folders.items():
            yield from tree._below(names, f"{prefix}{name}/")


def list_tree(root: Path) -> Tree:
    """Everything below `root`. The tree is shared: do not change it.

    A linked folder is followed unless it is already in the tree or contains the link.
    A folder that was just listed is not listed again while the times of its folders say that nothing was added, renamed
    or deleted: settings of splits are tried one after another.
    Raises DatasetInvalid for a folder that cannot be listed, and beyond MAX_ENTRIES, MAX_FOLDERS or MAX_DEPTH.
    """
    with _lock:
        kept = _kept.pop(root, None)
        if kept is not None and time.monotonic() - kept.at_s < _KEEP_S and kept.times == _times(kept.times):
            _kept[root] = kept
            return kept.tree
    listed_at = time.time_ns()
    walk = _Walk(root)
    tree = walk.tree()
    times = _times(walk.paths)
    if times is not None and not walk.looked_into and max(times.values()) < listed_at - _SETTLED_NS:
        with _lock:
            _kept[root] = _Kept(tree, times, time.monotonic())
            while len(_kept) > _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
    return tree


@dataclass(frozen=True)
class _Kept:
    tree: Tree
    times: dict[str, int]
    """Path of each folder -> when its entries changed last, in ns since 1970."""
    at_s: float


_KEEP_S = 300.0
_MOST_KEPT = 4
_SETTLED_NS = 2 * 10**9
"""A change in the same tick of the clock as an earlier one leaves no trace, so what changed this recently is listed
again."""
_kept: dict[Path, _Kept] = {}
"""The folders that were listed last, the latest at the end."""
_lock = threading.Lock()


def _times(paths: Iterable[str]) -> dict[str, int] | None:
    """None if one of the folders is gone."""
    try:
        return {path: os.stat(path).st_mtime_ns for path in paths}
    except OSError:
        return None


def is_image_file(path: str) -> bool:
    """Whether a file is an image of a supported format, by its ending, else by its first bytes."""
    ending = os.path.splitext(path)[1].lower()
    return ending in IMAGE_EXTENSIONS or (ending not in OTHER_EXTENSIONS and format_of_file(path) in FORMATS)


def format_of_file(path: str) -> str | None:
    """The `image_format` of a file; None for a file that cannot be opened."""
    try:
        with open(path, "rb", buffering=0) as file:
            return image_format(file.read(HEAD_BYTES))
    except OSError:
        return None


class _Walk:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries = 0
        self._folders = 0
        self.looked_into = 0
        """Number of files that were opened for their first bytes. When they change, no folder does."""
        self._seen: set[tuple[int, int]] = set()  # device and inode of each folder
        self.paths: list[str] = []
        """Of all folders that were listed."""
        self._links: list[tuple[str, str, Tree, int]] = []  # path and name of a linked folder, its parent, depth

    def tree(self) -> Tree:
        """Read folders before links: what can be reached without a link gets its real place in the tree."""
        tree = Tree()
        self._fill(tree, str(self._root), 0)
        while self._links:
            links, self._links = self._links, []
            for path, name, parent, depth in sorted(links, key=lambda link: link[0]):
                if self._is_new(path) and not _lies_in(path):
                    self._fill(parent.folders.setdefault(name, Tree()), path, depth)
                    parent.folders = dict(sorted(parent.folders.items()))
                else:
                    parent.not_followed.append(name)
        return tree

    def _is_new(self, path: str) -> bool:
        try:
            status = os.stat(path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) not in self._seen

    def _fill(self, tree: Tree, path: str, depth: int) -> None:
        waiting = [(tree, path, depth)]
        while waiting:
            tree, path, depth = waiting.pop()
            if depth > MAX_DEPTH:
                raise DatasetInvalid(
                    f"{path} lies more than {MAX_DEPTH} folders deep. Is {self._root} the right folder?"
                )
            self._folders += 1
            if self._folders > MAX_FOLDERS:
                raise DatasetInvalid(f"More than {MAX_FOLDERS:,} folders below {self._root}. Is that the right folder?")
            inner = self._list(tree, path, depth)
            for name in inner:
                tree.folders[name] = Tree()
                waiting.append((tree.folders[name], os.path.join(path, name), depth + 1))

    def _list(self, tree: Tree, path: str, depth: int) -> list[str]:
        """Sort the files of one folder into its tree; returns the names of its folders."""
        inner: list[str] = []
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in self._seen:  # a link led here first
                return inner
            self._seen.add((status.st_dev, status.st_ino))
            self.paths.append(path)
            with os.scandir(path) as entries:
                for entry in entries:
                    if not self._is_wanted(entry.name, tree):
                        continue
                    if not entry.is_dir():
                        self._sort_in(entry, tree)
                    elif entry.is_symlink() or _is_junction(entry):
                        self._links.append((entry.path, entry.name, tree, depth + 1))
                    else:
                        inner.append(entry.name)
        except OSError as error:
            raise DatasetInvalid(f"Cannot list the folder {path}: {error.strerror}.") from None
        for names in (inner, tree.images, tree.others, tree.misnamed):
            names.sort()
        return inner

    def _is_wanted(self, name: str, tree: Tree) -> bool:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise DatasetInvalid(f"More than {MAX_ENTRIES:,} files below {self._root}. Is that the right folder?")
        if name.startswith(".") or name.lower() in SYSTEM_NAMES:
            return False
        if not is_harmless(name):  # Python represents bytes that are not UTF-8 as lone surrogates
            tree.misnamed.append(ascii(os.fsencode(name)))
            return False
        return True

    def _sort_in(self, entry: os.DirEntry[str], tree: Tree) -> None:
        lower = entry.name.lower()
        ending = os.path.splitext(lower)[1]
        if ending in IMAGE_EXTENSIONS:
            # A broken link counts as an image, so that it is reported as unreadable.
            is_image = (entry.is_file() or entry.is_symlink()) and lower not in PLACEHOLDERS
            (tree.images if is_image else tree.others).append(entry.name)
            return
        known = ending in OTHER_EXTENSIONS or not entry.is_file() or self.looked_into >= MAX_LOOKED_INTO
        self.looked_into += not known
        found = None if known else format_of_file(entry.path)
        (tree.images if found in FORMATS else tree.others).append(entry.name)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """A Windows junction, which is a kind of link to a folder."""
    return bool(getattr(entry, "is_junction", lambda: False)())  # new in Python 3.12


def _lies_in(link: str) -> bool:
    """Whether a link leads to a folder that contains it."""
    parent = os.path.realpath(os.path.dirname(link))
    target = os.path.realpath(link)
    return parent == target or parent.startswith(os.path.join(target, ""))
