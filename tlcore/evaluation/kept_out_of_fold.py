"""Out-of-fold predictions of the images of a dataset, kept on disk by their content. No torch here."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.errors import RecordError
from tlcore.evaluation.confident_learning import Probabilities
from tlcore.evaluation.folds import Whole
from tlcore.system.cache import DiskCache

MOST_CLASSES = 8
"""Classes kept per image, so that 60,000 images of 1,000 classes take 7 MB, not 240."""
_CACHE = DiskCache("out_of_fold", ".npz", max_entries=100, max_bytes=300_000_000)


@dataclass(frozen=True)
class OutOfFold:
    """What classifiers that have not seen an image, nor a copy of it, say about it; only images that were judged."""

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    columns_NK: npt.NDArray[np.int32]
    """Indices of classes: the predicted one first, then the next most probable ones. The label that the image had is
    always among them."""
    p_NK: npt.NDArray[np.float32]
    """The probabilities of these classes."""


def most_probable(
    ids: Sequence[str], classes: Sequence[str], probabilities_NC: Probabilities, index_N: Whole
) -> OutOfFold:
    """The most probable classes of each image; without images whose probabilities are NaN. `index_N` are the labels."""
    judged = np.flatnonzero(~np.isnan(probabilities_NC).any(axis=1))
    p_MC, index_M = probabilities_NC[judged], index_N[judged]
    columns_MK = np.argsort(-p_MC, axis=1, kind="stable")[:, :MOST_CLASSES]
    without = (columns_MK != index_M[:, None]).all(axis=1)
    columns_MK[without, -1] = index_M[without]
    return OutOfFold(
        tuple(ids[row] for row in judged.tolist()),
        tuple(classes),
        columns_MK.astype(np.int32),
        np.take_along_axis(p_MC, columns_MK, axis=1).astype(np.float32),
    )


def save_out_of_fold(found: OutOfFold) -> str:
    """Keep it; returns the key to load it with."""
    told = json.dumps({"ids": found.ids, "classes": found.classes}).encode()
    key = hashlib.sha256(told + found.columns_NK.tobytes() + found.p_NK.tobytes()).hexdigest()
    told_B = np.frombuffer(told, dtype=np.uint8)
    _CACHE.save(key, lambda file: np.savez(file, told=told_B, columns=found.columns_NK, p=found.p_NK))
    return key


def load_out_of_fold(key: str) -> OutOfFold | None:
    """None if it is not kept any more, or damaged."""
    return _CACHE.load(key, _read)


def _read(path: Path) -> OutOfFold:
    with np.load(path, allow_pickle=False) as content:
        told, columns_NK, p_NK = json.loads(content["told"].tobytes()), content["columns"], content["p"]
    ids, classes = tuple(told["ids"]), tuple(told["classes"])
    if columns_NK.shape != p_NK.shape or len(columns_NK) != len(ids):
        raise RecordError(f"{path} has {len(ids)} images for predictions of shape {p_NK.shape}.")
    return OutOfFold(ids, classes, columns_NK, p_NK)
