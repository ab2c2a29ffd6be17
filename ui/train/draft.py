"""The draft: the configuration that the form edits, as plain data of a `RunConfig`, kept for the visit.

The draft is the single source of truth; the widgets are views of it. A setting that the form does not show keeps its
value. `ui.train.fields` defines the label and the widget of each setting.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from tlcore.config import RunConfig
from ui.shared.state import TRAIN_DRAFT, TRAIN_NOTES, TRAIN_ORIGIN

Path = tuple[str, ...]
"""Path of a setting in a RunConfig: `("optimizer", "learning_rate")`."""
Settings = dict[str, Any]
"""A RunConfig as plain data. It may be invalid while it is edited."""


@dataclass(frozen=True)
class Origin:
    """The recipe or run that the form was filled from."""

    title: str
    recipe: str = ""
    """Name of the recipe; empty for a run."""


def draft() -> Settings:
    """The settings of this visit. Changes of the returned dictionary are kept."""
    if TRAIN_DRAFT not in st.session_state:
        st.session_state[TRAIN_DRAFT] = plain(RunConfig())
    settings: Settings = st.session_state[TRAIN_DRAFT]
    return settings


def put_draft(config: RunConfig, from_: Origin | None = None) -> None:
    """Fill the form. The widgets take the values when they are drawn next."""
    st.session_state[TRAIN_DRAFT] = plain(config)
    st.session_state[TRAIN_NOTES] = ()
    st.session_state[TRAIN_ORIGIN] = None if from_ is None else asdict(from_)


def origin() -> Origin | None:
    """What the form was last filled from; None: it started with the defaults."""
    found = st.session_state.get(TRAIN_ORIGIN)
    return None if found is None else Origin(**found)


def note(sentences: Sequence[str]) -> None:
    """Set the sentences about automatic changes after the last edit; the form shows them when it is drawn next."""
    st.session_state[TRAIN_NOTES] = tuple(sentences)


def notes() -> tuple[str, ...]:
    found: tuple[str, ...] = st.session_state.get(TRAIN_NOTES, ())
    return found


def plain(config: RunConfig) -> Settings:
    return config.model_dump(mode="json")


def value_at(settings: Settings, path: Path) -> Any:
    """The value at a path; None if there is none, such as for a layer group without its own learning rate."""
    for name in path:
        settings = settings.get(name) if isinstance(settings, dict) else None  # type: ignore[assignment]
    return settings


def put_value(settings: Settings, path: Path, value: Any) -> None:
    for name in path[:-1]:
        settings = settings[name]
    settings[path[-1]] = value
