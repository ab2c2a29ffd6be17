"""Find images whose label looks wrong, by what the other images teach a classifier on pretrained features."""

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.config import RunConfig

SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DATA", help="as for `train` (default: demo)")
    parser.add_argument("--images", metavar="FOLDER", help="folder that the paths of a table are relative to")
    parser.add_argument("--backbone", help="architecture, see `zoo`")
    parser.add_argument("--weights", help="as for `train`")
    parser.add_argument("--device", help="auto (the default), cuda, cuda:N, mps or cpu")
    parser.add_argument("--config", metavar="FILE", help="RunConfig as JSON, or a run.json; options override it")
    parser.add_argument("--json", action="store_true", help="progress, then the suspects, as one line of JSON each")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console, print_table
    from tlcore.data.catalog import open_dataset
    from tlcore.evaluation.kept_out_of_fold import save_out_of_fold
    from tlcore.evaluation.label_check import check_labels
    from tlcore.system.drive import drive
    from tlcore.words import percent

    config = _config(arguments)
    work = check_labels(config, open_dataset(config.data))
    if arguments.json:
        check = drive(work, lambda event: _print_line(phase=event.phase, done=event.done, total=event.total))
        key = save_out_of_fold(check.out_of_fold)
        _print_line(suspects=check.suspects.to_dict("records"), agreement=check.agreement, out_of_fold=key)
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


def _config(arguments: argparse.Namespace) -> "RunConfig":
    from pathlib import Path

    from tlcore.config import load_config, parse_config

    settings = load_config(Path(arguments.config)).model_dump(mode="json") if arguments.config else {}
    for part, name, value in (
        ("data", "source", arguments.data),
        ("data", "images", arguments.images),
        ("model", "backbone", arguments.backbone),
        ("model", "weights", arguments.weights),
    ):
        if value is not None:
            settings[part] = settings.get(part, {}) | {name: value}
    if arguments.device is not None:
        settings["device"] = arguments.device
    return parse_config(settings, "the options")


def _print_line(**content: object) -> None:
    print(json.dumps(content), flush=True)
