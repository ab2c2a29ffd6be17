"""How much of a visitor's limits is used, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from tlcore.hosting.limits.measure import measure
from tlcore.hosting.limits.usage import usage_today
from tlcore.hosting.settings import HostSettings, host_settings
from tlcore.system.home import Space
from tlcore.words import seconds, size


@dataclass(frozen=True)
class Used:
    """One limit."""

    what: str
    words: str
    """`1.2 MB of 300.0 MB`."""
    fraction: float
    """Of the limit, 0 to 1."""


def kept_words(settings: HostSettings) -> str:
    """How long a space is kept: `24 h after your last visit`."""
    hours = settings.expiry_hours
    how_long = f"{hours:g} h" if hours < 72 else f"{hours / 24:g} days"
    return f"{how_long} after your last visit"


def used_of(here: Space) -> list[Used]:
    """What is used of the limits on what a visitor has, then of those of a day."""
    settings = host_settings()
    kept, images, runs = _measured(str(here.home))
    today = usage_today(here.home)
    return [
        Used("Disk", *_of(kept, settings.bytes_per_visitor, size)),
        Used("Images", *_of(images, settings.images_per_visitor, _number)),
        Used("Runs", *_of(runs, settings.runs_per_visitor, _number)),
        Used("Computing today", *_of(today.seconds, settings.seconds_per_day, _duration)),
        Used("Epochs today", *_of(today.epochs, settings.epochs_per_day, _number)),
    ]


@st.cache_data(ttl=5.0, max_entries=256, show_spinner=False)
def _measured(home: str) -> tuple[int, int, int]:
    contents = measure(Path(home))
    return contents.kept_bytes, contents.images, contents.runs


def _of(used: float, limit: float, words: Callable[[float], str]) -> tuple[str, float]:
    return f"{words(used)} of {words(limit)}", min(used / limit, 1.0) if limit else 1.0


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _duration(value: float) -> str:
    return seconds(value) if value else "0 s"
