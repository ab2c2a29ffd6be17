"""Look at every image of a dataset, and report duplicates, leaks between splits, unreadable files and more."""

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import print_line
from tlcore.cli.options import GROUPS_HELP, add_data_options

if TYPE_CHECKING:
    from tlcore.config import DataConfig
    from tlcore.data.dataset import Dataset
    from tlcore.data.health.audit import Finding
    from tlcore.data.health.scan import ScanProgress

SHOWN = 5  # groups printed per finding; the CSV has all
TELL_EVERY_S = 0.3  # between two lines of progress as JSON


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--groups", metavar="GROUPS", help=GROUPS_HELP)
    parser.add_argument("--config", metavar="FILE", help="RunConfig as JSON, or a run.json; options override its data")
    parser.add_argument("--run", metavar="RUN", help="with --json: find test images of a run with a twin in train")
    parser.add_argument("--csv", metavar="FILE", help="write all findings there, a row per image")
    parser.add_argument("--json", action="store_true", help="progress, then the kinds of findings, as lines of JSON")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import console, note, print_table, show_scan, show_steps
    from tlcore.data.catalog import look_for_groups, open_dataset
    from tlcore.data.health.audit import audit, findings_table
    from tlcore.data.health.scan import channel_statistics
    from tlcore.words import percent

    data = _data(arguments)
    if arguments.json:
        return _print_twins(arguments.run) if arguments.run else _print_lines(open_dataset(data))
    show_steps("Looking for similar images", look_for_groups(data))
    dataset = open_dataset(data)
    table = show_scan(dataset)
    findings = audit(table, dataset.classes, dataset.notes, dataset.accepted)
    splits = ", ".join(f"{len(dataset.split(name)):,} {name}" for name in dataset.split_names)
    out = console()
    out.print(f"{dataset.name}: {len(dataset.classes)} classes, {splits}", markup=False)
    figures = channel_statistics(table)
    rows = [
        (channel, percent(mean), percent(std))
        for channel, mean, std in zip(figures["channel"], figures["mean"], figures["std"], strict=True)
    ]
    print_table("Pixels, each image counting the same", ["channel", "mean", "std"], rows)
    for finding in findings:
        _print_finding(finding)
    if not any(finding.kind != "remarks" for finding in findings):
        out.print("Nothing was found that is wrong with the images.")
    if arguments.csv:
        try:
            findings_table(findings, table).to_csv(arguments.csv, index=False)
        except OSError as error:
            note(f"error: cannot write {arguments.csv}: {error.strerror}")
            return 1
        note(f"All findings are in {arguments.csv}.")
    return 0


def _data(arguments: argparse.Namespace) -> "DataConfig":
    from pathlib import Path

    from tlcore.config import load_config, parse_config

    settings = load_config(Path(arguments.config)).data.model_dump(mode="json") if arguments.config else {}
    named = {"source": arguments.data, "images": arguments.images, "groups": arguments.groups}
    settings |= {name: value for name, value in named.items() if value is not None}
    return parse_config({"data": settings}, "the command").data


def _print_twins(name: str) -> int:
    from tlcore.evaluation.twins import find_twins
    from tlcore.runs.folder.run import find_run
    from tlcore.system.drive import drive

    print_line(twins=len(drive(find_twins(find_run(name)), _teller()).ids))
    return 0


def _print_lines(dataset: "Dataset") -> int:
    from tlcore.data.health.audit import audit
    from tlcore.data.health.scan import scan
    from tlcore.system.drive import drive

    table = drive(scan(dataset), _teller())
    found = audit(table, dataset.classes, dataset.notes, dataset.accepted)
    print_line(images=len(table), findings=[finding.kind for finding in found])
    return 0


def _teller() -> "Callable[[ScanProgress], None]":
    """Prints progress, but not too often."""
    told_at = 0.0

    def tell(progress: "ScanProgress") -> None:
        nonlocal told_at
        if time.monotonic() - told_at > TELL_EVERY_S:
            told_at = time.monotonic()
            phase = "check" if progress.phase == "reading" else "compare"
            print_line(phase=phase, done=progress.done, total=progress.total)

    return tell


def _print_finding(finding: "Finding") -> None:
    from tlcore.cli.display import console
    from tlcore.words import first_of

    out = console()
    out.print(f"\n[{finding.severity}] {finding.title}", style="bold", markup=False)
    out.print(f"{finding.why} {finding.advice}", markup=False)
    for group in finding.groups[:SHOWN]:
        out.print("  " + ": ".join(filter(None, (first_of(group.ids, SHOWN), group.note))), markup=False)
    if len(finding.groups) > SHOWN:
        out.print(f"  and {len(finding.groups) - SHOWN:,} more", markup=False)
