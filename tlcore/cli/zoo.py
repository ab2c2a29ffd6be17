"""List the architectures with their weights and licences, search the names of all networks of timm, or describe one.

Without words: the architectures of this project's own table. With words: all that have every word in their name, those
of timm included. With a whole name: its layer groups, its weights, their licence, and its preprocessing.
"""

import argparse
from collections.abc import Sequence

from tlcore.models.architecture import Architecture

MOST = 40
"""Names of timm that are listed unless --all asks for more."""
COUNT_S = 10.0
"""Seconds for counting parameters that are not known yet; the next search goes on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        help="an architecture to describe, such as timm:vit_tiny_patch16_224, or words to search for",
    )
    parser.add_argument("--all", action="store_true", help=f"list all that the search finds, not only {MOST}")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.models.zoo import TIMM, ZOO, find_architecture

    words = list(arguments.words)
    if len(words) == 1 and (words[0] in ZOO or words[0].startswith(TIMM)):
        _describe(find_architecture(words[0]))
    elif words:
        _search(words, None if arguments.all else MOST)
    else:
        _list()
    return 0


def _list() -> None:
    from tlcore.cli.display import console, print_table
    from tlcore.models.timm_registry import timm_names
    from tlcore.models.zoo import TIMM, ZOO

    rows = [
        (
            entry.name,
            f"{entry.num_parameters / 1e6:.1f} M",
            f"{entry.input_px} px",
            len(entry.groups),
            _weights(entry),
            _licence(entry),
        )
        for entry in ZOO.values()
    ]
    columns = ["architecture", "parameters", "input", "layer groups", "weights", "licence of the weights"]
    print_table("Architectures", columns, rows)
    console().print(
        "Weights named imagenet were trained on ImageNet, whose terms (non-commercial research) may apply to them.\n"
        f"Besides these, each of the {len(timm_names()):,} networks of timm, as {TIMM}NAME: `zoo WORD …` searches "
        f"their names, `zoo {TIMM}NAME` describes one. A ! marks what is not free for commercial use."
    )


def _search(words: Sequence[str], most: int | None) -> None:
    from tlcore.cli.display import console, print_table
    from tlcore.models.search import found_names
    from tlcore.models.sizes import count_parameters, parameters_words
    from tlcore.models.zoo import find_architecture

    names = found_names(" ".join(words))
    entries = [find_architecture(name) for name in names[:most]]
    numbers = count_parameters([entry.name for entry in entries], COUNT_S)
    rows = [
        (entry.name, parameters_words(number), f"{entry.input_px} px", _weights(entry), _licence(entry))
        for entry, number in zip(entries, numbers, strict=True)
    ]
    print_table(
        f"{len(names):,} architectures with {' '.join(words)}",
        ["architecture", "parameters", "input", "weights", "licence of the weights"],
        rows,
        left=1,
    )
    if len(names) > len(rows):
        console().print(f"{len(names) - len(rows):,} more: add a word, or --all.")


def _describe(entry: Architecture) -> None:
    from tlcore.cli.display import console, print_table

    rows = [(name, ", ".join(paths)) for name, paths in entry.groups.items()]
    print_table(f"{entry.name}: {entry.num_parameters / 1e6:.2f} M parameters", ["layer group", "modules"], rows)
    out = console()
    out.print(f"Weights: {_weights(entry)}.", markup=False)
    for weights in entry.named_weights:
        licence = entry.licence(weights)
        if licence is not None:
            warning = f" ! {licence.warning}" if licence.warning else ""
            out.print(f"Licence of {weights}: {licence.words}.{warning}", markup=False)
    out.print(f"Preprocessing: {entry.eval_transform().source()}", highlight=False, markup=False)


def _weights(entry: Architecture) -> str:
    here = [f"{name} (here)" if entry.is_here(name) else name for name in entry.named_weights]
    return ", ".join(here) or "none"


def _licence(entry: Architecture) -> str:
    licence = entry.licence()
    return "–" if licence is None else f"! {licence.short}" if licence.warning else licence.short
