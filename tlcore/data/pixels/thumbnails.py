"""Small JPEGs of samples, for a page of a gallery. Kept on disk where making them takes long."""

import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from PIL import Image

from tlcore.data.dataset import ImageSource
from tlcore.errors import UnreadableImage
from tlcore.system.files import write_atomic
from tlcore.system.home import cache_dir

THUMBNAIL_PX = 128

WORTH_KEEPING_BYTES = 32_768
"""A smaller file is decoded anew each time: that takes no longer than finding what was kept."""

_FOLDERS = 256
_MAX_PER_FOLDER = 200  # 50,000 thumbnails, some 250 MB
_THREADS = 4


def thumbnails(source: ImageSource, sample_ids: Sequence[str], size_px: int = THUMBNAIL_PX) -> dict[str, bytes]:
    """JPEG by sample id, upright, with no side above `size_px`. Images that cannot be read are missing."""
    stamps = source.stamps(sample_ids)
    paths = [_path(source, sample_id, stamp, size_px) for sample_id, stamp in zip(sample_ids, stamps, strict=True)]
    with ThreadPoolExecutor(_THREADS) as pool:
        made = pool.map(_load_or_make, repeat(source), sample_ids, paths, repeat(size_px))
        return {sample_id: data for sample_id, data in zip(sample_ids, made, strict=True) if data is not None}


def encode_jpeg(image: Image.Image, size_px: int) -> bytes:
    """An RGB image as a JPEG of at most that size; never enlarged."""
    small = image.copy()
    small.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    if size_px <= THUMBNAIL_PX:  # 48 of them go to a browser at once: half the bytes, and no eye sees it
        small.save(buffer, "JPEG", quality=80)
    else:
        small.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()


def _load_or_make(source: ImageSource, sample_id: str, path: Path, size_px: int) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        pass
    try:
        decoded = source.decode(sample_id, at_least_px=size_px)
    except UnreadableImage:
        return None
    data = encode_jpeg(decoded.image, size_px)
    if decoded.bytes > WORTH_KEEPING_BYTES:
        _keep(path, data)
    return data


def _path(source: ImageSource, sample_id: str, stamp: str, size_px: int) -> Path:
    parts = f"1 {size_px} {source.place}\0{sample_id}\0{stamp}"
    key = hashlib.blake2b(os.fsencode(parts), digest_size=16).hexdigest()
    return cache_dir() / "thumbnails" / f"{int(key[:8], 16) % _FOLDERS:02x}" / f"{key}.jpg"


def _keep(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, lambda file: file.write(data), durable=False)
        kept = list(path.parent.glob("*.jpg"))
        if len(kept) > _MAX_PER_FOLDER:
            _drop(sorted(kept, key=lambda entry: entry.stat().st_mtime)[: len(kept) // 2])
    except OSError:
        return  # no place for a cache is no reason to stop


def _drop(entries: Iterable[Path]) -> None:
    for entry in entries:
        entry.unlink(missing_ok=True)
