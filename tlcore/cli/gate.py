"""Decide whether a new model may replace an old one: both on the same test images.

Exit status: 0 it may, 1 it may not or the two cannot be compared, 2 wrong usage. The last line on standard output is
`passed` or `failed`; with --json the output is one JSON object.
"""

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.delivery.gate import Verdict

LISTED = 20  # broken images that are printed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = "RUN, RUN:EPOCH, or an exported .onnx file; without an epoch the best one on val"
    parser.add_argument("old", metavar="OLD", help=f"the model in use: {what}")
    parser.add_argument("new", metavar="NEW", help="the model that is to replace it, given in the same way")
    parser.add_argument("--min-accuracy", type=_fraction, metavar="FRACTION", help="least accuracy of NEW, such as 0.9")
    parser.add_argument("--max-broken", type=_number, metavar="N", help="most images that OLD gets right and NEW wrong")
    parser.add_argument(
        "--class",
        dest="class_floors",
        action="append",
        type=_floor,
        default=[],
        metavar="NAME:FRACTION",
        help="least fraction of the images of a class that NEW gets right, such as ant:0.9; can be given many times",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from tlcore.cli.display import ProgressDisplay
    from tlcore.delivery.contender import find_contender
    from tlcore.delivery.gate import Rules, gate
    from tlcore.errors import ConfigError

    rules = Rules(arguments.min_accuracy, arguments.max_broken, dict(arguments.class_floors))
    old, new = find_contender(arguments.old), find_contender(arguments.new)
    try:
        with ProgressDisplay() as display:
            verdict = display.follow(gate(old, new, rules, arguments.device))
    except ConfigError as error:  # a rule that does not fit
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        _show(verdict)
    return 0 if verdict.passed else 1


def _show(verdict: "Verdict") -> None:
    from tlcore.cli.display import note
    from tlcore.words import count, interval

    for text in verdict.notes:
        note(text)
    print(f"On the {count(verdict.images, 'image')} of {verdict.split} of {verdict.run}:")
    accuracies = (("old", verdict.old, verdict.old_accuracy), ("new", verdict.new, verdict.new_accuracy))
    for role, title, of in accuracies:
        print(f"{role}     {title}: {interval(of.value, of.low, of.high)}, {of.correct} of {of.total} right")
    for found in verdict.broken[:LISTED]:
        print(f"broken  {found.image}: {found.label}, taken for {found.taken_for}")
    if len(verdict.broken) > LISTED:
        print(f"        and {len(verdict.broken) - LISTED} more, all of them with --json")
    for check in verdict.checks:
        print(f"{'ok    ' if check.passed else 'FAILED'}  {check.words}")
    print("passed" if verdict.passed else "failed")


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a fraction from 0 to 1: 90 % is 0.9")
    return value


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _floor(text: str) -> tuple[str, float]:
    name, colon, fraction = text.rpartition(":")
    if not colon or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:FRACTION, such as ant:0.9")
    return name, _fraction(fraction)
