"""Say which device and precision a run on this machine uses, and why."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.system.device import choose_device

    print(choose_device(arguments.device).words)
    return 0
