"""The measures of an image, for a block of images at once: size, format, colours, a hash and a small grey copy.

Needs neither torch nor the dataset, because worker processes run it. `audit` decides what the values mean.
"""

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import dct

from tlcore.data.dataset import ImageSource
from tlcore.data.pixels.formats import FORMATS
from tlcore.errors import UnreadableImage
from tlcore.words import CHANNELS

VERSION = 2
"""Raise it when a measure changes: cached images are then measured again."""

LIKENESS_PX = 32

_HASH_PX = 8
# The 8 lowest frequencies of a cosine transform of 32 values
_LOW_FREQUENCIES = dct(np.eye(LIKENESS_PX), axis=0, norm="ortho")[:_HASH_PX]
_LEVELS = np.arange(256) / 255.0

Columns = dict[str, Any]
"""Name -> one value per image, as an array or a list."""


def measure(source: ImageSource, sample_ids: Sequence[str]) -> Columns:
    """Measure these images (at least one). An unreadable image has a `reason` and no other value.

    `width` and `height` are those of the upright image, in pixels; colours are in 0-1; `digest` is computed from size
    and pixels, so it does not depend on the format; `grey` is the image as 32 x 32 grey bytes.
    """
    rows = [_measure(source, sample_id) for sample_id in sample_ids]
    colours_NC256 = np.array([row["colours"] for row in rows], dtype=np.int64).reshape(-1, 3, 256)
    greys_N256 = np.array([row["greys"] for row in rows], dtype=np.int64)
    likeness_NHW = np.frombuffer(b"".join(row["grey"] for row in rows), np.uint8).reshape(-1, LIKENESS_PX, LIKENESS_PX)
    columns: Columns = {
        name: [row[name] for row in rows]
        for name in ("reason", "width", "height", "bytes", "format", "extension_agrees", "turned", "digest", "grey")
    }
    means_NC, stds_NC = _moments(colours_NC256)
    for index, channel in enumerate(CHANNELS):
        columns[f"{channel}_mean"], columns[f"{channel}_std"] = means_NC[:, index], stds_NC[:, index]
    columns["brightness"], columns["contrast"] = _moments(greys_N256)
    columns["dark"], columns["bright"] = _level_at(greys_N256, 0.01), _level_at(greys_N256, 0.99)
    columns["hash"] = perceptual_hash(likeness_NHW)
    return columns


def perceptual_hash(grey_NHW: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """64 bits per image of 32 x 32: for each of its 8 x 8 lowest frequencies, whether it is above their median.

    Source: Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash Functions", as in `imagehash`.
    """
    low_NHW = _LOW_FREQUENCIES @ grey_NHW.astype(np.float64) @ _LOW_FREQUENCIES.T
    flat_ND = low_NHW.reshape(len(grey_NHW), _HASH_PX**2)
    bits_ND = flat_ND > np.median(flat_ND, axis=1, keepdims=True)
    return np.packbits(bits_ND, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _measure(source: ImageSource, sample_id: str) -> dict[str, Any]:
    try:
        decoded = source.decode(sample_id)
    except UnreadableImage as error:
        return {**_NOTHING, "reason": str(error)}
    image = decoded.image
    grey = image.convert("L")
    extension = os.path.splitext(sample_id)[1].lower()
    return {
        "reason": "",
        "width": image.width,
        "height": image.height,
        "bytes": decoded.bytes,
        "format": decoded.format,
        "extension_agrees": not decoded.format or extension in FORMATS[decoded.format],
        "turned": decoded.turned,
        "digest": hashlib.blake2b(repr(image.size).encode() + image.tobytes(), digest_size=16).hexdigest(),
        "grey": grey.resize((LIKENESS_PX, LIKENESS_PX), Image.Resampling.LANCZOS).tobytes(),
        "colours": image.histogram(),
        "greys": grey.histogram(),
    }


_NOTHING = {
    "width": 0,
    "height": 0,
    "bytes": 0,
    "format": "",
    "extension_agrees": True,
    "turned": False,
    "digest": "",
    "grey": bytes(LIKENESS_PX**2),
    "colours": [0] * 768,
    "greys": [0] * 256,
}


def _moments(histograms: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and population standard deviation along the last axis; NaN if there are no pixels."""
    with np.errstate(invalid="ignore"):
        mean = histograms @ _LEVELS / histograms.sum(-1)
        square = histograms @ _LEVELS**2 / histograms.sum(-1)
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


def _level_at(histograms_N256: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.float64]:
    """The level that this fraction of the pixels does not exceed; NaN if there are no pixels."""
    below = histograms_N256.cumsum(-1)
    level = _LEVELS[(below < share * below[:, -1:]).sum(-1).clip(max=255)]
    return np.where(below[:, -1] > 0, level, np.nan)
