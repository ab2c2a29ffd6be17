"""Hints for the error about a folder without class folders: where its labels may be, and what it is good for."""

import re
from collections import Counter
from itertools import islice

from tlcore.data.formats.names import listed
from tlcore.data.formats.tree import Tree

HOW = (
    "Photographs without labels can be predicted by a run, on the Predict page under Many images; what you accept "
    "there becomes training data of the run's dataset."
)
"""What one can do with a folder that has no labels."""
HOW_CLI = "The command is `predict RUN FOLDER`."

_NUMBERED = re.compile(r"(.*?[^\W\d_])[\W_]*\d[\W\d_]*(?:\.[^.]*)?", re.DOTALL)
_MOST_NAMES = 2_000  # file names that are examined
_MOST_CLASSES = 200


def labels_elsewhere(tree: Tree) -> str:
    """Sentences, with a blank at the end, on labels that were found but are not read; empty if there are none."""
    paths = [path.lower() for path in islice(tree.others_below(), _MOST_NAMES)]
    names = {path.rpartition("/")[2] for path in paths}
    hints = []
    if "labels.json" in names:
        hints.append(
            "Labels in labels.json, as FiftyOne writes it, are not read: export class folders, which it calls an image "
            "classification directory tree."
        )
    elif any(name.endswith(".json") for name in names):
        hints.append("Labels in JSON files are not read.")
    if any(path.endswith(".txt") and "labels" in path.split("/")[:-1] for path in paths):
        hints.append(
            "The text files in 'labels' look like boxes of objects (YOLO), which are not labels of whole images."
        )
    if any(name.endswith(".xml") for name in names):
        hints.append("Labels in XML files, as of object detection, are not read.")
    if words := labels_in_names(tree):
        hints.append(
            f"The file names seem to carry labels ({listed(words)}), and those are not read: "
            "put the images of each into a folder of that name, or write a table of path,label."
        )
    return "".join(f"{hint} " for hint in hints)


def labels_in_names(tree: Tree) -> list[str]:
    """The words before the number in file names, if there are only a few: `cat` and `dog` for `cat.0.jpg`."""
    names = [path.rpartition("/")[2] for path in islice(tree.images_below(), _MOST_NAMES)]
    found = Counter(match[1] for name in names if (match := _NUMBERED.fullmatch(name)))
    common = [word for word, times in found.items() if times > 1]
    enough = sum(found[word] for word in common) >= 0.6 * len(names)
    return common if enough and 2 <= len(common) <= _MOST_CLASSES else []
