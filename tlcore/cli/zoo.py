"""List the architectures: parameters, input size, layer groups, weights and their licence."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import console, print_table
    from tlcore.models.zoo import ZOO

    rows = [
        (
            entry.name,
            f"{entry.num_parameters / 1e6:.1f} M",
            f"{entry.input_px} px",
            len(entry.groups),
            entry.weights or "none",
            (entry.licence() or "–").partition(";")[0],
        )
        for entry in ZOO.values()
    ]
    columns = ["architecture", "parameters", "input", "layer groups", "weights", "licence of the weights"]
    print_table("Architectures", columns, rows)
    console().print("The weights were trained on ImageNet, whose terms (non-commercial research) may apply to them.")
    return 0
