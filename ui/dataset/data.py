"""Data of the Dataset page, cached for all visitors: the table of samples, and the scan of every image."""

import threading
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tlcore.data.dataset import Dataset
from tlcore.data.health.audit import Finding, audit
from tlcore.data.health.scan import ScanProgress, channel_statistics, load_scan, scan
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.runs.work.tickets import goes_to_queue
from tlcore.system.drive import drive
from tlcore.system.threads import start_thread
from ui.shared.cached import edits_version, forget_datasets, open_dataset
from ui.shared.caching import by_dataset, cache_data, cache_resource


@dataclass(frozen=True)
class Report:
    """Result of a scan of every image."""

    table: pd.DataFrame
    """A row per sample, as `tlcore.data.health.scan.scan` returns it. Shared: do not change it."""
    findings: tuple[Finding, ...]
    statistics: pd.DataFrame
    """Per channel, as `channel_statistics` gives them."""


class _Cancelled(Exception):
    """The scan was cancelled."""


@dataclass
class ScanJob:
    """A scan in a thread of this server, which continues when visitors leave the page.

    A visitor of a hosted dashboard only gets what is in the cache so: reading every image is work for the queue.
    """

    dataset: Dataset
    progress: ScanProgress | None = None
    report: Report | None = None
    error: str | None = None
    cancelled: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            table = load_scan(self.dataset) if goes_to_queue() else drive(scan(self.dataset), self._note)
            if table is None:
                return
            findings = audit(table, self.dataset.classes, self.dataset.notes, self.dataset.accepted)
            self.report = Report(table, tuple(findings), channel_statistics(table))
            if self.progress is not None:  # something was read
                self._know_contents()
        except _Cancelled:
            return
        except (TlcoreError, OSError) as error:
            self.error = str(error)
        finally:
            self.finished.set()

    def _know_contents(self) -> None:
        """So that the first edit, which looks for images of the same content, and the first run do not read every file
        again: that takes seconds for 60,000."""
        self.dataset.source.digests([sample.id for sample in self.dataset.samples])

    def _note(self, progress: ScanProgress) -> None:
        if self.cancelled:
            raise _Cancelled
        self.progress = progress


def look_at(source: str) -> ScanJob:
    """The scan of a dataset. It starts at the first call. Changed files show after `forget`, or after a while."""
    return _look_at(source, edits_version(source))


def forget_look(source: str) -> None:
    """Scan again at the next call."""
    _look_at.clear(source, edits_version(source))


@cache_resource(by_dataset, max_entries=8, ttl=900, show_spinner=False)
def _look_at(source: str, version: int) -> ScanJob:
    look = ScanJob(open_dataset(source))
    start_thread(look.run)
    return look


def samples_of(source: str) -> pd.DataFrame:
    """Columns `id`, `split`, `class`, and `search`, the id in lower case. Shared: do not change it."""
    return _samples_of(source, edits_version(source))


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _samples_of(source: str, version: int) -> pd.DataFrame:
    dataset = open_dataset(source)
    samples = dataset.samples
    ids = pd.Series([sample.id for sample in samples], dtype="str")
    targets = np.array([sample.target for sample in samples])
    return pd.DataFrame(
        {
            "id": ids,
            "split": pd.Categorical([sample.split for sample in samples], categories=list(dataset.split_names)),
            "class": pd.Categorical.from_codes(targets, categories=pd.Index(dataset.classes)),
            "search": ids.str.lower(),
        }
    )


def counts_of(source: str) -> pd.DataFrame:
    return _counts_of(source, edits_version(source))


@cache_data(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _counts_of(source: str, version: int) -> pd.DataFrame:
    return open_dataset(source).counts_table()


@cache_resource(by_dataset, max_entries=64, ttl=300, show_spinner=False)
def small_pictures(source: str, sample_ids: tuple[str, ...]) -> dict[str, bytes]:
    """Thumbnails of one gallery page, about 200 kB. Cached: decoding them takes longer than the rest of the page."""
    return thumbnails(open_dataset(source).source, sample_ids)


def forget() -> None:
    """Drop what is cached of every dataset, so that the next call reads the disk again."""
    forget_datasets()
    for cached in (small_pictures, _look_at, _samples_of, _counts_of):
        cached.clear()
