"""Do what is usual about findings of the health report, as edits that can be undone; the files stay as they are."""

import argparse
import json
import shlex
from dataclasses import dataclass

from tlcore.cli.options import add_data_options

KINDS = {
    "unreadable": ("--unreadable", "leave out what cannot be read"),
    "leak": ("--leaks", "an image in several splits stays in test, and leaves train and val"),
    "duplicates": ("--duplicates", "keep one of each duplicate in a split"),
    "near_duplicates": ("--near-duplicates", "keep the largest of images in a split that are nearly the same"),
}
SHOWN = 5  # images named per finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser, "demo")
    for kind, (flag, words) in KINDS.items():
        parser.add_argument(flag, dest=kind, action="store_true", help=words)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and stop")
    parser.add_argument("--json", action="store_true", help="one line of JSON per finding")


@dataclass(frozen=True)
class _Done:
    finding: str
    title: str
    sentence: str
    images: tuple[str, ...]
    line: int | None
    """The line of the edit; None for a dry run, or if there is nothing to do."""


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import note

    kinds = [kind for kind in KINDS if getattr(arguments, kind)]
    if not kinds:
        note(f"error: say what to clean: {', '.join(flag for flag, _ in KINDS.values())}")
        return 2
    found = 0
    for done in _clean(arguments, kinds):
        found += 1
        _say(arguments, done)
    if arguments.json:
        return 0
    if not found:
        print("Nothing of that was found.")
    elif arguments.dry_run:
        print("Nothing was changed: this was a dry run.")
    else:
        edits = f"python -m tlcore edits --data {shlex.quote(arguments.data)}"
        print(f"Look at it, or take it back: {edits} list, or undo.")
    return 0


def _clean(arguments: argparse.Namespace, kinds: list[str]) -> list[_Done]:
    """Each finding is looked for after the images of the earlier ones are gone."""
    from tlcore.cli.display import show_scan
    from tlcore.cli.edits import open_data
    from tlcore.data.edits import open_edits
    from tlcore.data.edits.mends import usual_mend
    from tlcore.data.health.audit import audit

    dataset = open_data(arguments)
    edits, table = open_edits(arguments.data, dataset), show_scan(dataset)
    done = []
    for kind in kinds:
        for finding in audit(table, dataset.classes, (), dataset.accepted, kinds=(kind,)):
            mend = usual_mend(finding, table)
            if mend is None:
                words = "Nothing is done: which of them is right, only you can tell."
                done.append(_Done(kind, finding.title, words, (), None))
                continue
            line = None if arguments.dry_run else mend.apply(edits)
            table = table[~table["id"].isin(mend.ids)]
            done.append(_Done(kind, finding.title, mend.sentence, mend.ids, line))
    return done


def _say(arguments: argparse.Namespace, done: _Done) -> None:
    from tlcore.words import first_of

    if arguments.json:
        print(
            json.dumps({"finding": done.finding, "does": done.sentence, "images": list(done.images), "line": done.line})
        )
        return
    print(f"{done.title}. {done.sentence}")
    if done.images:
        print(f"  {first_of(done.images, SHOWN)}")
