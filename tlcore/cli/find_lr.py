"""Find a learning rate: let it climb on a copy of the model, and watch the loss.

Takes the options of `train`. Saves no run.
"""

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import print_line
from tlcore.cli.options import config_from
from tlcore.cli.train import add_plan_options, build_plan

if TYPE_CHECKING:
    from tlcore.training.events import Progress
    from tlcore.training.preview.lr_finder import RatePoint

ROWS = 25  # rows of the table, spread over the points


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_options(parser)
    parser.add_argument("--from", dest="start", type=float, default=1e-7, help="learning rate of the first step")
    parser.add_argument("--to", dest="end", type=float, default=10.0, help="learning rate of the last step")
    parser.add_argument("--steps", type=int, default=100, help="optimiser steps (default: 100)")
    parser.add_argument("--json", action="store_true", help="every point as one line of JSON, as it comes")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    from tlcore.training.preview.lr_finder import find_learning_rate

    plan = build_plan(arguments, config, config.device)
    events = find_learning_rate(plan, start=arguments.start, end=arguments.end, steps=arguments.steps)
    (_print_lines if arguments.json else _show)(events)
    return 0


def _print_lines(events: "Iterable[Progress | RatePoint]") -> None:
    from tlcore.training.preview.lr_finder import RatePoint, suggest

    points = []
    for event in events:
        if isinstance(event, RatePoint):
            points.append(event)
        print_line(**asdict(event))
    print_line(suggestion=asdict(suggest(points)))


def _show(events: "Iterable[Progress | RatePoint]") -> None:
    from tlcore.cli.display import ProgressDisplay, console, print_table
    from tlcore.training.preview.lr_finder import RatePoint, suggest

    points = []
    with ProgressDisplay() as display:
        for event in events:
            if isinstance(event, RatePoint):
                points.append(event)
            else:
                display.show(event)
    rows = [
        (f"{point.learning_rate:.2g}", f"{point.loss:.4f}", f"{point.smoothed_loss:.4f}")
        for point in points[:: max(1, len(points) // ROWS)]
    ]
    print_table("Loss while the learning rate climbs", ["learning rate", "loss", "smoothed loss"], rows, left=0)
    console().print(suggest(points).reason, markup=False)
