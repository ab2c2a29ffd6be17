"""Cached calls of pure tlcore functions, and work that a server does only once, such as drawing the demo.

What depends on a dataset is cached by its source and by `edits_version`, so that an edit shows at the next rerun.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from tlcore.config import DataConfig
from tlcore.data.catalog import edits_of, edits_version as count_edits, open_unedited
from tlcore.data.dataset import Dataset
from tlcore.data.edits.apply import with_edits
from tlcore.data.formats.demo import draw_demo
from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run, list_runs as list_run_folders, split_readable
from tlcore.system.home import as_host
from tlcore.words import count
from ui.shared.caching import by_dataset, by_path, cache_data, cache_resource


def edits_version(source: str) -> int:
    """The number of edits of a dataset now, for the key of a cache. It costs one look at the log's size and times.

    -1 if the log cannot be read: opening the dataset says why.
    """
    try:
        return count_edits(source)
    except TlcoreError:
        return -1


def open_dataset(source: str) -> Dataset:
    """The dataset of that name or path with its edits as they are now. Its files are read again after five minutes.

    Raises TlcoreError.
    """
    return open_data(DataConfig(source=source))


def open_data(data: DataConfig) -> Dataset:
    """The same, for data settings that may say how to make missing splits. Raises TlcoreError."""
    return _edited(data, edits_version(data.source) if data.edits is None else data.edits)


def forget_datasets() -> None:
    """Read the files of every dataset again at the next call."""
    _unedited.clear()
    _edited.clear()


_of_data: dict[str | type[Any], Callable[[Any], Any]] = {DataConfig: DataConfig.model_dump_json}


@cache_resource(by_dataset, max_entries=32, ttl=300, show_spinner=False, hash_funcs=_of_data)
def _unedited(data: DataConfig) -> Dataset:
    return open_unedited(data)


@cache_resource(by_dataset, max_entries=32, ttl=60, show_spinner=False, hash_funcs=_of_data)
def _edited(data: DataConfig, version: int) -> Dataset:
    """Its files are not read again: an edit costs a fraction of that."""
    unedited = _unedited(data.model_copy(update={"edits": 0}))
    return with_edits(unedited, edits_of(data if version < 0 else data.model_copy(update={"edits": version})))


@cache_data(ttl=1.0, show_spinner=False)
def _run_names() -> list[str]:
    return [str(run.path) for run in list_run_folders()]


@cache_resource(by_path, max_entries=1024, show_spinner=False)
def _run(path: str) -> Run:
    from pathlib import Path

    return Run(Path(path))


def list_runs() -> list[Run]:
    """Every readable run, the newest first. The folder is listed at most once a second."""
    return _readable()[0]


def unreadable_runs() -> dict[str, str]:
    """Name of each unreadable run -> the reason."""
    return _readable()[1]


def _readable() -> tuple[list[Run], dict[str, str]]:
    return split_readable(_run(path) for path in _run_names())


def forget_runs() -> None:
    """List the folder again at the next call, after a run was made or deleted here."""
    _run_names.clear()


@dataclass
class DemoDrawing:
    """Drawing of the demo dataset, once per server, in separate processes."""

    done: int = 0
    total: int = 1
    error: str | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def fraction(self) -> float:
        return self.done / self.total

    @property
    def words(self) -> str:
        how_many = f", {self.done:,} of {count(self.total, 'picture')}" if self.done else ""
        return f"Drawing the demo dataset{how_many}. This happens once."

    def run(self) -> None:
        try:
            with as_host():
                for self.done, self.total in draw_demo():
                    pass
        except (TlcoreError, OSError) as error:
            self.error = str(error)
        finally:
            self.finished.set()


@st.cache_resource(show_spinner=False)
def demo_drawing() -> DemoDrawing:
    """The drawing of the demo. It starts at the first call."""
    drawing = DemoDrawing()
    threading.Thread(target=drawing.run, daemon=True).start()
    return drawing


def is_there(found: object) -> bool:
    """For `validate` of a cache: what is not there is looked for again, because it may have come since."""
    return found is not None
