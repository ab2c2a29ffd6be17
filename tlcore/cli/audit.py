"""Look at every image of a dataset, and report duplicates, leaks between splits, unreadable files and more."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.data.health.audit import Finding

SHOWN = 5  # groups printed per finding; the CSV has all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="demo", metavar="DATA", help="as for `train` (default: demo)")
    parser.add_argument("--images", metavar="FOLDER", help="folder that the paths of a table are relative to")
    parser.add_argument("--csv", metavar="FILE", help="write all findings there, a row per image")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import console, note, print_table, show_scan
    from tlcore.config import parse_config
    from tlcore.data.catalog import open_dataset
    from tlcore.data.health.audit import audit, findings_table
    from tlcore.data.health.scan import channel_statistics
    from tlcore.words import percent

    settings = {"data": {"source": arguments.data, "images": arguments.images}}
    dataset = open_dataset(parse_config(settings, "the command").data)
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


def _print_finding(finding: "Finding") -> None:
    from tlcore.cli.display import console

    out = console()
    out.print(f"\n[{finding.severity}] {finding.title}", style="bold", markup=False)
    out.print(f"{finding.why} {finding.advice}", markup=False)
    for group in finding.groups[:SHOWN]:
        images = ", ".join(group.ids[:SHOWN]) + (
            f" and {len(group.ids) - SHOWN} more" if len(group.ids) > SHOWN else ""
        )
        out.print("  " + ": ".join(filter(None, (images, group.note))), markup=False)
    if len(finding.groups) > SHOWN:
        out.print(f"  and {len(finding.groups) - SHOWN:,} more", markup=False)
