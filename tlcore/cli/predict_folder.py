"""Predict a folder of photographs without labels with a run, the least sure first; what is computed is kept."""

import argparse
from collections.abc import Iterable

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
    from tlcore.evaluation.unlabelled import predict_unlabelled
    from tlcore.runs.folder.run import find_run
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
    predicted, confidence = guesses.predicted, guesses.confidence
    for image in guesses.skipped:
        note(f"{image.id}: {image.reason}")
    if arguments.csv:
        _write_csv(arguments.csv, zip(guesses.ids, predicted, confidence.tolist(), strict=True))
    rows = [(guesses.ids[i], predicted[i], percent(float(confidence[i]))) for i in guesses.least_sure[:SHOWN]]
    print_table("The least sure first", ["image", "class", "probability"], rows)
    console().print(f"{count(len(guesses.ids), 'image')} predicted by run {chosen.name}, epoch {epoch}.", markup=False)
    return 1 if guesses.skipped else 0


def _write_csv(path: str, rows: Iterable[tuple[object, ...]]) -> None:
    import csv
    import io
    from pathlib import Path

    from tlcore.data.formats.cells import escape_cell
    from tlcore.system.files import write_atomic

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "label", "probability"])
    writer.writerows([escape_cell(cell) for cell in row] for row in rows)
    write_atomic(Path(path), lambda file: file.write(text.getvalue().encode()))
