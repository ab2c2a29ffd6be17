"""Long work of a page: a command of tlcore in a separate process, with its progress, a way to cancel, and its result.

It continues when the visitor leaves the page, and when the server restarts. The command prints lines of
JSON: progress, with `done`, `total` and if it likes a `phase` and `images_per_s`, and in the end its result, as a line
without `done`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from tlcore.config import RunConfig
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.runs.work.probes import Probe, find_probe, start_probe
from tlcore.runs.work.waiting import waiting_words
from tlcore.system.cache import digest_key
from tlcore.words import PHASES, count, seconds
from ui.shared.caching import by_path, cache_resource
from ui.shared.widgets import error_box

Result = dict[str, Any]


def work_key(kind: str, *parts: str) -> str:
    """Key of the work of a kind, a word in lower case, for everything that its result depends on."""
    return f"{kind}-{digest_key(*parts)}"


def start_work(key: str, command: Sequence[str], config: RunConfig) -> None:
    """Start a command, such as `["check-labels", "--json"]`, for a configuration, which it gets as `--config`.

    An earlier result under this key is dropped; work that goes on already is left alone. Raises NotAllowed if a visitor
    of a hosted dashboard has too much waiting or nothing left of today, and ConfigError if the disk is full.
    """
    earlier = find_probe(key)
    if earlier is not None and earlier.is_live:
        return
    check_waiting_room(1)  # before the earlier result is gone
    if earlier is not None:
        earlier.cancel()
    start_probe(key, command, config)


def is_working(key: str) -> bool:
    probe = find_probe(key)
    return probe is not None and probe.is_live


def forget_work(key: str) -> None:
    """Stop the work, and drop what it has found."""
    probe = find_probe(key)
    if probe is not None:
        probe.cancel()


def find_result(key: str) -> Result | None:
    """The result of finished work; None if there is none (yet). Shared: do not change it."""
    probe = find_probe(key)
    if probe is None or probe.is_live:
        return None
    return _read(str(probe.folder), probe.stamp)


def show_work(key: str, what: str) -> Result | None:
    """Draw the progress of the work, or why it ended without a result; nothing if it was never started.

    Returns the result as soon as there is one: the page reruns then. `what` is the work in messages: `The check`.
    """
    probe = find_probe(key)
    if probe is None:
        return None
    if probe.is_live:
        st.fragment(_draw_progress, run_every=1.0)(probe, key)
        return None
    result = _read(str(probe.folder), probe.stamp)
    if result is None:
        if probe.was_stopped:
            st.info(f"{what} was stopped.", icon=":material/info:")
        else:
            error_box(probe.error() or f"{what} ended without a result.")
    return result


def _draw_progress(probe: Probe, key: str) -> None:
    if not probe.is_live:
        st.rerun()
    draw_progress(key)


def draw_progress(key: str) -> None:
    """The progress of work that goes on, and the button to cancel it, once: `show_work` draws it again and again."""
    probe = find_probe(key)
    if probe is None:
        return
    waits = waiting_words(probe.folder)
    told: dict[str, Any] = next((line for line in reversed(probe.lines()) if "done" in line), {})
    done, total = told.get("done", 0), told.get("total", 0)
    phase = PHASES.get(told.get("phase", ""), PHASES["features"] if total else PHASES["prepare"]).capitalize()
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key=f"work_{key}"):
        if waits:
            st.progress(0.0, text=waits)
        elif total > 1:
            st.progress(min(done / total, 1.0), text=f"{phase}: {progress_words(told)}")
        else:
            st.progress(0.0, text=f"{phase} …")
        st.button("Cancel", key=f"work_cancel_{key}", icon=":material/close:", on_click=probe.stop)


def progress_words(told: dict[str, Any]) -> str:
    """`512 of 2,048, 64 images/s, 24 s left`, as far as the line says it."""
    done, total, rate = told["done"], told["total"], told.get("images_per_s", 0.0)
    words = f"{count(done)} of {count(total)}"
    return f"{words}, {rate:.0f} images/s, {seconds((total - done) / rate)} left" if rate else words


@cache_resource(by_path, max_entries=32, ttl=3600, show_spinner=False)
def _read(folder: str, stamp: tuple[int, int]) -> Result | None:
    """The last line of a finished probe, if it is a result. `stamp` says which state of its file is meant."""
    lines = Probe(Path(folder)).lines()
    return lines[-1] if lines and "done" not in lines[-1] else None
