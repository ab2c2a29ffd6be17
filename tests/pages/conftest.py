"""Fixtures of the page tests: pages without what other tests left, and runs in any state, on images of two colours."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st

from tlcore import evaluate, train
from tlcore.config import RunConfig
from tlcore.runs.folder.run import Run
from tlcore.runs.start import prepare_run
from tlcore.runs.work.probes import Probe


@pytest.fixture(autouse=True)
def timed(monkeypatch: pytest.MonkeyPatch) -> list[RunConfig]:
    """What the Train page asks to have timed. Else each form that a test opens starts a process with torch for it."""
    asked: list[RunConfig] = []

    def ask(key: str, command: list[str], config: RunConfig) -> None:
        assert command == ["train", "--dry-run", "--json"]
        asked.append(config)

    monkeypatch.setattr("ui.train.summary.start_probe", ask)
    return asked


@pytest.fixture
def empty_caches() -> None:
    """Streamlit's caches hold nothing of other tests' homes."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def fresh(drawn_demo: Path, empty_caches: None) -> None:
    """The demo is drawn, and the caches are empty."""


@pytest.fixture
def no_probes_left(home: Path) -> Iterator[None]:
    """No probe outlives its test."""
    yield
    for folder in (home / "cache" / "probes").glob("*"):
        Probe(folder).cancel()


@pytest.fixture
def make_run(configure: Callable[..., RunConfig]) -> Callable[..., Run]:
    """`make_run("queued" | "trained" | "evaluated", facts, **settings)`."""

    def make(state: str = "evaluated", facts: dict[str, str] | None = None, **changes) -> Run:
        facts = facts or {"device": "cpu: of the test"}
        if state == "queued":
            return prepare_run(configure(**changes), facts)
        run = train(configure(**changes), facts=facts)
        if state == "evaluated":
            evaluate(run)
        return run

    return make
