"""The draft: the configuration that the form edits, as plain data of a `RunConfig`, kept for the visit.

The draft is the truth, and the widgets are views of it. A setting that the form does not show stays as it is. What a
setting is called and which widget shows it stands in `ui.train.fields`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from tlcore.config import RunConfig
from ui.shared.state import TRAIN_DRAFT, TRAIN_NOTES, TRAIN_ORIGIN

Path = tuple[str, ...]
"""Of a setting in a RunConfig: `("optimizer", "learning_rate")`."""
Settings = dict[str, Any]
"""A RunConfig as plain data. It may be in contradiction with itself while somebody edits it."""


@dataclass(frozen=True)
class Origin:
    """What the form was filled from."""

    title: str
    recipe: str = ""
    """Name of a recipe; empty: it was a run."""


def draft() -> Settings:
    """The settings of this visit; a change of them is kept."""
    if TRAIN_DRAFT not in st.session_state:
        st.session_state[TRAIN_DRAFT] = plain(RunConfig())
    settings: Settings = st.session_state[TRAIN_DRAFT]
    return settings


def put_draft(config: RunConfig, from_: Origin | None = None) -> None:
    """Fill the form. The widgets follow when they are drawn."""
    st.session_state[TRAIN_DRAFT] = plain(config)
    st.session_state[TRAIN_NOTES] = ()
    st.session_state[TRAIN_ORIGIN] = None if from_ is None else asdict(from_)


def origin() -> Origin | None:
    """What the form was last filled from; None: it began with the defaults."""
    found = st.session_state.get(TRAIN_ORIGIN)
    return None if found is None else Origin(**found)


def note(sentences: Sequence[str]) -> None:
    """What the form changed by itself after the last edit, to be said where it is drawn next."""
    st.session_state[TRAIN_NOTES] = tuple(sentences)


def notes() -> tuple[str, ...]:
    found: tuple[str, ...] = st.session_state.get(TRAIN_NOTES, ())
    return found


def plain(config: RunConfig) -> Settings:
    return config.model_dump(mode="json")


def value_at(settings: Settings, path: Path) -> Any:
    """None where there is nothing, as for a layer group that has no learning rate of its own."""
    for name in path:
        settings = settings.get(name) if isinstance(settings, dict) else None  # type: ignore[assignment]
    return settings


def put_value(settings: Settings, path: Path, value: Any) -> None:
    for name in path[:-1]:
        settings = settings[name]
    settings[path[-1]] = value
