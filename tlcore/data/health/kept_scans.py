"""Where the scan of a dataset is kept. No pandas here: work that goes on without a scan asks whether there is one."""

import PIL

from tlcore.data.dataset import Dataset
from tlcore.data.health.measures import VERSION
from tlcore.system.cache import DiskCache, digest_key

CACHE = DiskCache("scans", ".parquet", max_entries=20)  # a table of 60,000 images takes 70 MB


def scan_key(dataset: Dataset) -> str:
    """The key of the cached rows for the place of the images, changed or not."""
    return digest_key(f"{VERSION} {PIL.__version__} {dataset.source.place}")


def has_scan(dataset: Dataset) -> bool:
    """Whether images at this place were scanned. They may have changed since, or be others: `load_scan` tells."""
    return CACHE.has(scan_key(dataset))
