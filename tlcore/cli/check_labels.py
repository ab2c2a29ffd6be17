"""Find images whose label looks wrong, by what the other images teach a classifier on pretrained features."""

import argparse
import json

SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="demo", metavar="DATA", help="as for `train` (default: demo)")
    parser.add_argument("--images", metavar="FOLDER", help="folder that the paths of a table are relative to")
    parser.add_argument("--backbone", help="architecture, see `zoo`")
    parser.add_argument("--weights", help="as for `train`")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    parser.add_argument("--json", action="store_true", help="progress, then the suspects, as one line of JSON each")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console, print_table
    from tlcore.config import parse_config
    from tlcore.data.catalog import open_dataset
    from tlcore.evaluation.label_check import check_labels
    from tlcore.system.drive import drive
    from tlcore.words import percent

    model = {name: getattr(arguments, name) for name in ("backbone", "weights") if getattr(arguments, name)}
    data = {"source": arguments.data, "images": arguments.images}
    config = parse_config({"data": data, "model": model, "device": arguments.device}, "the options")
    work = check_labels(config, open_dataset(config.data))
    if arguments.json:
        found, agreement = drive(work, lambda event: _print_line(done=event.done, total=event.total))
        _print_line(suspects=found.to_dict("records"), agreement=agreement)
        return 0
    with ProgressDisplay() as display:
        found, agreement = display.follow(work)
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


def _print_line(**content: object) -> None:
    print(json.dumps(content), flush=True)
