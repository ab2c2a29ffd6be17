"""Small JPEGs of samples for a page of a gallery. They are cached on disk if making them takes long."""

import io
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

from PIL import Image

from tlcore.data.dataset import ImageSource
from tlcore.errors import UnreadableImage
from tlcore.system.cache import DiskCache, digest_key
from tlcore.system.threads import pool_of

THUMBNAIL_PX = 128

WORTH_KEEPING_BYTES = 32_768
"""A smaller file is decoded each time: that takes no longer than finding the cached thumbnail."""

_CACHE = DiskCache("thumbnails", ".jpg", max_entries=200, folders=256)  # 50,000 thumbnails, about 250 MB
_THREADS = 4


def thumbnails(source: ImageSource, sample_ids: Sequence[str], size_px: int = THUMBNAIL_PX) -> dict[str, bytes]:
    """JPEG by sample id, upright, with no side above `size_px`. Images that cannot be read are missing."""
    stamps = source.stamps(sample_ids)
    place = source.place
    keys = [
        digest_key(f"1 {size_px} {place}", sample_id, stamp)
        for sample_id, stamp in zip(sample_ids, stamps, strict=True)
    ]
    with pool_of(_THREADS) as pool:
        made = pool.map(_load_or_make, repeat(source), sample_ids, keys, repeat(size_px))
        return {sample_id: data for sample_id, data in zip(sample_ids, made, strict=True) if data is not None}


def encode_jpeg(image: Image.Image, size_px: int) -> bytes:
    """An RGB image as a JPEG of at most this size; never enlarged."""
    small = image.copy()
    small.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    if size_px <= THUMBNAIL_PX:  # 48 of them go to a browser at once: half the bytes, without a visible difference
        small.save(buffer, "JPEG", quality=80)
    else:
        small.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()


def _load_or_make(source: ImageSource, sample_id: str, key: str, size_px: int) -> bytes | None:
    kept = _CACHE.load(key, Path.read_bytes)
    if kept is not None:
        return kept
    try:
        decoded = source.decode(sample_id, at_least_px=size_px)
    except UnreadableImage:
        return None
    data = encode_jpeg(decoded.image, size_px)
    if decoded.bytes > WORTH_KEEPING_BYTES:
        _CACHE.save(key, lambda file: file.write(data))
    return data
