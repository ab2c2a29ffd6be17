"""Predict a folder of photographs without labels with a run, the least sure first; what is computed is kept."""

import argparse
from pathlib import Path

from tlcore.cli.json_lines import follow, print_line

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name or beginning of one, path, or `latest`")
    parser.add_argument("folder", metavar="FOLDER", help="folder with images in it or below")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--csv", metavar="FILE", help="write all predictions as path,label,probability")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    parser.add_argument("--json", action="store_true", help="progress, then the numbers, as one line of JSON each")
    parser.add_argument("--config", help=argparse.SUPPRESS)  # every command that a page starts gets one


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console, note, print_table
    from tlcore.data.formats.unlabelled import open_unlabelled
    from tlcore.evaluation.unlabelled import guesses_csv, predict_unlabelled
    from tlcore.runs.folder.run import find_run
    from tlcore.system.files import write_atomic
    from tlcore.training.history import best_epoch
    from tlcore.words import count, percent

    chosen = find_run(arguments.run)
    epoch = arguments.epoch if arguments.epoch is not None else best_epoch(chosen.history())
    work = predict_unlabelled(chosen, epoch, open_unlabelled(arguments.folder), arguments.device)
    if arguments.json:
        guesses = follow(work)
        print_line(predicted=len(guesses.ids), unreadable=len(guesses.skipped))
        return 0
    with ProgressDisplay() as display:
        guesses = display.follow(work)
    for image in guesses.skipped:
        note(f"{image.id}: {image.reason}")
    if arguments.csv:
        write_atomic(Path(arguments.csv), lambda file: file.write(guesses_csv(guesses)))
    predicted, confidence = guesses.predicted, guesses.confidence
    rows = [(guesses.ids[i], predicted[i], percent(float(confidence[i]))) for i in guesses.least_sure[:SHOWN]]
    print_table("The least sure first", ["image", "class", "probability"], rows)
    console().print(f"{count(len(guesses.ids), 'image')} predicted by run {chosen.name}, epoch {epoch}.", markup=False)
    return 1 if guesses.skipped else 0
