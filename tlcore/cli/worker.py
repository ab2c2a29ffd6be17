"""Carry out runs that were handed over, as a process of its own. The dashboard starts it.

It waits for its turn, trains the runs one after another, then evaluates their saved epochs.
"""

import argparse
import logging
from collections.abc import Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.runs.folder.run import Run
    from tlcore.training.events import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="+", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--evaluate-only", action="store_true", help="evaluate the saved epochs, train nothing")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.work.worker import work
    from tlcore.system.logs import log_to_stderr

    log_to_stderr()
    work([find_run(name) for name in arguments.runs], _evaluate, train=not arguments.evaluate_only)
    return 0


def _evaluate(found: "Run") -> "Generator[Progress, None, object]":
    from tlcore.delivery.told import report_to_trackers
    from tlcore.evaluation.evaluate import evaluate_run  # imports torch, which a waiting worker should not do

    evaluation = yield from evaluate_run(found)
    report_to_trackers(found, logging.getLogger(__name__).warning)
    return evaluation
