"""Find images whose label looks wrong, by what the other images teach a classifier on pretrained features."""

import argparse

from tlcore.cli.json_lines import follow, print_line
from tlcore.cli.options import config_from
from tlcore.cli.train import add_network_options, open_data

SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network_options(parser)
    parser.add_argument("--json", action="store_true", help="progress, then the suspects, as one line of JSON each")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    from tlcore.cli.display import ProgressDisplay, console, print_table
    from tlcore.evaluation.kept_out_of_fold import save_out_of_fold
    from tlcore.evaluation.label_check import check_labels
    from tlcore.words import percent

    dataset, resolved = open_data(arguments, config, draws=True)
    work = check_labels(resolved, dataset)
    if arguments.json:
        check = follow(work)
        key = save_out_of_fold(check.out_of_fold)
        print_line(suspects=check.suspects.to_dict("records"), agreement=check.agreement, out_of_fold=key)
        return 0
    with ProgressDisplay() as display:
        found, agreement, _ = display.follow(work)
    console().print(f"The classifier agrees with {percent(agreement)} of the labels that it did not see.")
    if found.empty:
        console().print("No label looks wrong.")
        return 0
    rows = [
        (row["id"], row["given"], percent(row["p_given"]), row["suggested"], percent(row["p_suggested"]))
        for row in found.head(SHOWN).to_dict("records")
    ]
    print_table("Labels that look wrong", ["image", "labelled", "probability", "rather", "probability"], rows)
    if len(found) > SHOWN:
        console().print(f"and {len(found) - SHOWN} more")
    return 0
