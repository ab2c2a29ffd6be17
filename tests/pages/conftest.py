"""Fixtures of the page tests: runs in any state, on images of two colours."""

from collections.abc import Callable

import pytest

from tlcore import evaluate, train
from tlcore.config import RunConfig
from tlcore.runs.folder.run import Run
from tlcore.runs.start import prepare_run


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
