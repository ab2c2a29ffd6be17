"""Fixtures of the pages' tests: runs in any state, on a few colours."""

from collections.abc import Callable

import pytest

from tlcore.config import RunConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.runs.folder.run import Run, create_run
from tlcore.runs.work.execute import execute
from tlcore.training.plan import plan_run


@pytest.fixture
def make_run(configure: Callable[..., RunConfig]) -> Callable[..., Run]:
    """`make_run("queued" | "trained" | "evaluated", facts, **settings)`."""

    def make(state: str = "evaluated", facts: dict[str, str] | None = None, **changes) -> Run:
        config = configure(**changes)
        dataset = open_dataset(config.data)
        plan = plan_run(config, dataset)
        run = create_run(plan.config, dataset, fingerprint(dataset), facts or {"device": "cpu: of the test"})
        if state != "queued":
            for _ in execute(run, plan):
                pass
        if state == "evaluated":
            for _ in evaluate_run(run):
                pass
        return run

    return make
