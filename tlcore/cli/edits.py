"""Mend a dataset beside its files: another label, left out, another split; undo; write the mended set elsewhere."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tlcore.cli.options import add_data_options

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.data.dataset import Dataset
    from tlcore.data.edits import Edits

SHOWN = 3  # images named per line of the list
_GLOB = frozenset("*?[")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser, "demo")
    parser.add_argument("--json", action="store_true", help="one line of JSON per image of the list, or per action")
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(metavar="ACTION")

    def add(name: str, action: Callable[..., int], summary: str, *names: str, why: bool = True) -> None:
        command = actions.add_parser(name, help=summary, description=summary)
        for argument in names:
            command.add_argument(argument, metavar=argument.upper())
        if names or name in ("exclude", "include"):
            command.add_argument(
                "chosen",
                nargs="+",
                metavar="IMAGE",
                help="an id, a pattern such as 'train/ants/*', or - for ids on stdin",
            )
            if why:
                command.add_argument("--why", default="", metavar="TEXT", help="kept with the edit")
        command.set_defaults(action=action)

    add("list", _list, "List the edits, the newest last (what happens without an action).")
    add("relabel", _relabel, "Give images another label.", "label")
    add("exclude", _exclude, "Leave images out.")
    add("include", _include, "Bring images back that were left out, as they were.")
    add("move", _move, "Put images into another split.", "split")
    add("accept", _accept, "Say that a finding of the health report is fine for images.", "finding")
    add("note", _note, "Write a note on images.", "text", why=False)
    add("undo", _undo, "Take the last edit back.")
    add("redo", _redo, "Do again what was undone last.")
    add("discard", _discard, "Take all edits back; this can be undone.")
    add("export", _export, "Write the mended set to a new folder, with a table of what was changed and why.")
    export = actions.choices["export"]
    export.add_argument("--out", required=True, metavar="FOLDER", help="a new or empty folder")
    export.add_argument(
        "--as", dest="form", choices=("folders", "csv"), default="folders", help="class folders, or a table"
    )
    export.add_argument("--copy", action="store_true", help="copies of the files, and no hard links")


def run(arguments: argparse.Namespace) -> int:
    status: int = arguments.action(arguments)
    return status


def open_data(arguments: argparse.Namespace) -> "Dataset":
    """The dataset that --data and --images name, with its edits."""
    from tlcore.config import parse_config
    from tlcore.data.catalog import open_dataset

    settings = {"data": {"source": arguments.data, "images": arguments.images}}
    return open_dataset(parse_config(settings, "the command").data)


def _relabel(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.relabel(ids, arguments.label, arguments.why))


def _exclude(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.exclude(ids, arguments.why))


def _include(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.include(ids, arguments.why), lambda data: list(data.left_out))


def _move(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.move(ids, arguments.split, arguments.why))


def _accept(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.accept(arguments.finding, ids, arguments.why))


def _note(arguments: argparse.Namespace) -> int:
    return _act(arguments, lambda edits, ids: edits.note(ids, arguments.text))


def _act(
    arguments: argparse.Namespace,
    action: "Callable[[Edits, list[str]], int]",
    known: "Callable[[Dataset], list[str]] | None" = None,
) -> int:
    """`known` gives the ids that can be chosen; without it they are those of the dataset."""
    from tlcore.data.edits import open_edits

    dataset = open_data(arguments)
    edits = open_edits(arguments.data, dataset)
    ids = chosen_ids(dataset, arguments.chosen, None if known is None else known(dataset))
    number = action(edits, ids)
    _say(arguments, "done", edits.next_undo(), number)
    return 0


def _undo(arguments: argparse.Namespace) -> int:
    return _step(arguments, "undone", lambda edits: edits.undo())


def _redo(arguments: argparse.Namespace) -> int:
    return _step(arguments, "done again", lambda edits: edits.redo())


def _discard(arguments: argparse.Namespace) -> int:
    return _step(arguments, "discarded", lambda edits: edits.discard_all())


def _step(arguments: argparse.Namespace, what: str, step: "Callable[[Edits], str | None]") -> int:
    """These need no dataset: they are the way out if it cannot be opened with its edits any more."""
    from tlcore.data.edits import open_edits

    edits = open_edits(arguments.data)
    words = step(edits)
    _say(arguments, what, words, edits.version)
    return 0


def _say(arguments: argparse.Namespace, what: str, words: str | None, number: int) -> None:
    if arguments.json:
        print(json.dumps({"line": number, "what": what, "edit": words}))
    elif words is None:
        print("There is nothing to do: no edit is left.")
    else:
        print(f"{what.capitalize()}: {words}.")


def _list(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import print_table
    from tlcore.data.catalog import edits_path
    from tlcore.data.edits import open_edits

    table = open_edits(arguments.data, _if_usable(arguments)).table()
    if arguments.json:
        for row in table.to_dict("records"):
            print(json.dumps(row))
        return 0
    if table.empty:
        print(f"{arguments.data} has no edits.")
        return 0
    rows = [_row(lines) for _, lines in table.groupby("number")]
    print_table("Edits", ["line", "at", "action", "images", "to", "why", "in effect"], rows, left=7)
    print(f"They are in {edits_path(arguments.data)}; the files of the dataset are as they were.")
    return 0


def _if_usable(arguments: argparse.Namespace) -> "Dataset | None":
    from tlcore.cli.display import note
    from tlcore.errors import DataError

    try:
        return open_data(arguments)
    except DataError as error:  # the list shows which edits to undo
        note(f"{error} {error.cli}".strip())
        return None


def _row(lines: "pd.DataFrame") -> tuple[object, ...]:
    from tlcore.words import first_of, shorten

    first = lines.iloc[0]
    ids = [name for name in lines["id"] if name]
    effect = int(lines["in_effect"].sum())
    words = "" if not ids else "yes" if effect == len(ids) else "no" if not effect else f"{effect} of {len(ids)}"
    at = first["at"][:16].replace("T", " ")
    cells = (at, first["action"], first_of(ids, SHOWN), first["after"], first["why"], words)
    return (first["number"], *(shorten(_one_line(cell), 80) for cell in cells))


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _export(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import follow_steps, note
    from tlcore.data.edits import open_edits
    from tlcore.data.edits.export import CHANGES, TABLE, export_edited
    from tlcore.system.new_folder import check_free
    from tlcore.system.paths import given_path
    from tlcore.words import count

    folder = given_path(arguments.out)
    check_free(folder)
    dataset = open_data(arguments)
    work = export_edited(dataset, open_edits(arguments.data, dataset), folder, arguments.form, copy=arguments.copy)
    done = follow_steps(work, lambda event: ("writing the images", event.done, event.total))
    if arguments.json:
        print(
            json.dumps(
                {
                    "folder": str(folder),
                    "linked": done.linked,
                    "copied": done.copied,
                    "left_out": list(done.left_out),
                    "renamed": done.renamed,
                }
            )
        )
        return 0
    for label, name in done.renamed.items():
        note(f"The class {label!r} is called {name!r} there, because its name cannot be written as it is.")
    if done.left_out:
        note(f"{count(len(done.left_out), 'image')} could not be read and is not there: {done.left_out[0]} and so on.")
    how = f"{count(done.linked)} as hard links, {count(done.copied)} as copies"
    print(f"{count(done.linked + done.copied, 'image')} ({how}). What was changed is in {folder / CHANGES}.")
    print(folder / TABLE if arguments.form == "csv" else folder)
    return 0


def chosen_ids(dataset: "Dataset", chosen: Sequence[str], known: Sequence[str] | None = None) -> list[str]:
    """The ids that the words of a command line mean: ids, patterns, and `-` for a list on standard input.

    In a pattern `*` also stands for slashes. Patterns are for the `known` ids: without them, those of the dataset.
    Raises EditRefused for a pattern without an image.
    """
    from tlcore.errors import EditRefused

    known = [sample.id for sample in dataset.samples] if known is None else known
    is_known = frozenset(known)
    ids: dict[str, None] = {}
    for word in chosen:
        if word == "-":
            ids.update(dict.fromkeys(filter(None, (line.rstrip("\r\n") for line in sys.stdin))))
        elif word in is_known or not _GLOB.intersection(word):
            ids[word] = None
        else:
            found = [name for name in known if fnmatchcase(name, word)]
            if not found:
                example = f"An id looks like {known[0]}. " if known else "No image is left out. "
                raise EditRefused(
                    f"No image of {dataset.name} fits {word!r}.",
                    cli=f"{example}Put a pattern in quotes, so that the shell leaves it alone.",
                )
            ids.update(dict.fromkeys(found))
    return list(ids)
