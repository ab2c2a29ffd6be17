"""Cached calls of pure tlcore functions, and work that a server does only once, such as drawing the demo."""

import threading
from dataclasses import dataclass, field

import streamlit as st

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset as open_source
from tlcore.data.dataset import Dataset
from tlcore.data.formats.demo import draw_demo
from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run, list_runs as list_run_folders, split_readable
from tlcore.words import count


@st.cache_resource(max_entries=32, ttl=300, show_spinner=False)
def open_dataset(source: str) -> Dataset:
    """The dataset of that name or path, read again every five minutes. Raises TlcoreError."""
    return open_source(source)


@st.cache_resource(max_entries=32, ttl=300, show_spinner=False, hash_funcs={DataConfig: DataConfig.model_dump_json})
def open_data(data: DataConfig) -> Dataset:
    """The same, for data settings that may say how to make missing splits. Raises TlcoreError."""
    return open_source(data)


@st.cache_data(ttl=1.0, show_spinner=False)
def _run_names() -> list[str]:
    return [str(run.path) for run in list_run_folders()]


@st.cache_resource(max_entries=1024, show_spinner=False)
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
