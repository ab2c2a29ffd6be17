"""List the architectures: parameters, input size, layer groups, weights and their licence; or describe one.

With a name: its layer groups, its preprocessing, and the model card of built-in weights.
"""

import argparse

from tlcore.models.architecture import Architecture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="an architecture to describe; without one, list all")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.models.zoo import find_architecture

    if arguments.name:
        _describe(find_architecture(arguments.name))
    else:
        _list()
    return 0


def _list() -> None:
    from tlcore.cli.display import console, print_table
    from tlcore.models.zoo import ZOO

    rows = [
        (
            entry.name,
            f"{entry.num_parameters / 1e6:.1f} M",
            f"{entry.input_px} px",
            len(entry.groups),
            _weights(entry),
            (entry.licence() or "–").partition(";")[0].partition(":")[0],
        )
        for entry in ZOO.values()
    ]
    columns = ["architecture", "parameters", "input", "layer groups", "weights", "licence of the weights"]
    print_table("Architectures", columns, rows)
    console().print(
        "Weights with IMAGENET1K in their name were trained on ImageNet, whose terms (non-commercial research) may "
        "apply to them."
    )


def _describe(entry: Architecture) -> None:
    from rich.markdown import Markdown

    from tlcore.cli.display import console, print_table

    rows = [(name, ", ".join(paths)) for name, paths in entry.groups.items()]
    print_table(f"{entry.name}: {entry.num_parameters / 1e6:.2f} M parameters", ["layer group", "modules"], rows)
    out = console()
    out.print(f"Weights: {_weights(entry)}. Licence: {entry.licence() or 'none'}.")
    out.print(f"Preprocessing: {entry.eval_transform().source()}", highlight=False, markup=False)
    if entry.model_card:
        out.print(Markdown(entry.model_card))


def _weights(entry: Architecture) -> str:
    if entry.packaged is not None:
        return entry.packaged.distribution
    return ", ".join(entry.weights_names) or ("builtin" if entry.builtin else "none")
