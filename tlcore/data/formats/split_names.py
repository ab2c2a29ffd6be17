"""The usual names of splits, mapped to the names used here: `training_set`, `Valid`, `test images`, `dev`."""

import re
import unicodedata

_SPLITS = {
    "train": "train",
    "training": "train",
    "trainval": "train",
    "trn": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "validate": "val",
    "dev": "val",
    "development": "val",
    "eval": "val",
    "evaluation": "val",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "holdout": "test",
    "heldout": "test",
}
SPLIT_NAMES = tuple(sorted(_SPLITS))
"""The words that name a split, for suggestions."""

_FILLERS = frozenset(
    [
        "set",
        "sets",
        "split",
        "splits",
        "data",
        "dataset",
        "datasets",
        "image",
        "images",
        "img",
        "imgs",
        "picture",
        "pictures",
        "pic",
        "pics",
        "photo",
        "photos",
        "jpg",
        "jpeg",
        "png",
        "folder",
        "folders",
        "dir",
        "file",
        "files",
        "part",
        "subset",
        "sample",
        "samples",
        "seg",
        "raw",
        "the",
        "my",
        "all",
        "cls",
        "class",
        "classes",
        "classification",
        "resized",
        "cropped",
        "processed",
        "preprocessed",
        "final",
        "new",
        "x",
    ]
)
_TABLE_FILLERS = frozenset(
    [
        "label",
        "labels",
        "labelled",
        "labeled",
        "metadata",
        "meta",
        "list",
        "lists",
        "csv",
        "tsv",
        "txt",
        "table",
        "annotation",
        "annotations",
        "truth",
        "ground",
        "groundtruth",
        "gt",
        "target",
        "targets",
        "index",
        "split",
        "info",
        "df",
        "mapping",
        "filenames",
    ]
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_JOINED = re.compile(
    rf"({'|'.join(sorted((word for word in _SPLITS if len(word) > 2), key=len, reverse=True))})"
    rf"({'|'.join(sorted(_FILLERS | _TABLE_FILLERS, key=len, reverse=True))})"
)


def split_of(name: str) -> str | None:
    """The split that a name means, such as that of a folder or a cell; None if it is not the name of a split.

    Case, blanks, hyphens, underscores, numbers, and words such as `set` or `images` do not matter:
    `training_set`, `TrainImages`, `test `, `val2017`.
    """
    return _split_of(name, _FILLERS)


def split_of_table(stem: str) -> str | None:
    """The same for a table, from its name without ending: `train_labels`, `test-metadata`."""
    return _split_of(stem, _FILLERS | _TABLE_FILLERS)


def is_filler(name: str) -> bool:
    """Whether a folder's name says nothing about its content: `images`, `My dataset`, `data_set`."""
    words = _words(name)
    return bool(words) and all(word in _FILLERS for word in words)


def _split_of(name: str, fillers: frozenset[str]) -> str | None:
    if len(name) > 60:
        return None
    found = set()
    for word in _words(name):
        if word in _SPLITS:
            found.add(_SPLITS[word])
        elif word not in fillers and not (word.isdigit()):
            return None
    return found.pop() if len(found) == 1 else None


def _words(name: str) -> list[str]:
    """Lower-case words; `trainset` and `testimages` count as two, `hold-out` as one."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?i)\b(hold|held)[\s_-]?out", "holdout", text)
    words: list[str] = []
    for word in (found.lower() for found in _WORD.findall(text)):
        joined = None if word in _SPLITS else _JOINED.fullmatch(word)
        words += joined.groups() if joined else (word,)
    return words
