"""Stored logits of a checkpoint for every image of a split."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Dataset, Sample
from tlcore.runs.folder.layout import predictions_path
from tlcore.runs.folder.writing import write_in
from tlcore.transforms.spec import TransformSpec


@dataclass(frozen=True)
class Predictions:
    logits_NC: npt.NDArray[np.float32]
    targets_N: npt.NDArray[np.int64]
    sample_ids: tuple[str, ...]


def predictions_key(weights_digest: str, transform: TransformSpec, images: Sequence[tuple[str, str, int]]) -> str:
    """Hash of all that logits depend on: weights, evaluation transform, and (id, content digest, target) of each image.

    Device and precision are not included: they change only the last digits, not the predictions.
    """
    parts: list[Any] = ["1", weights_digest, transform.model_dump(mode="json"), [list(image) for image in images]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def key_images(dataset: Dataset, samples: Sequence[Sample]) -> list[tuple[str, str, int]]:
    """(id, content digest, target) of each sample, readable or not: the argument of `predictions_key`."""
    digests = dataset.source.digests([sample.id for sample in samples])
    return [(sample.id, digest, sample.target) for sample, digest in zip(samples, digests, strict=True)]


def save_predictions(run: Path, split: str, epoch: int, predictions: Predictions, key: str) -> None:
    content = {
        "logits": predictions.logits_NC,
        "targets": predictions.targets_N,
        "sample_ids": np.array(predictions.sample_ids, dtype=np.str_),
        "key": np.array(key),
    }
    write_in(
        run,
        predictions_path(run, split, epoch),
        lambda file: np.savez(file, **content),  # type: ignore[arg-type]  # numpy types the names it reserves
        durable=False,
    )


def load_predictions(run: Path, split: str, epoch: int, key: str) -> Predictions | None:
    """The stored logits; None if there are none, or they have another key, or are damaged."""
    try:
        with predictions_path(run, split, epoch).open("rb") as file, np.load(file, allow_pickle=False) as content:
            if str(content["key"]) != key:
                return None
            return Predictions(content["logits"], content["targets"], tuple(content["sample_ids"].tolist()))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
