"""Fit the temperature of an epoch on val, choose from which probability on it answers, and keep both with the run.

Below the threshold the run answers "not sure" wherever it predicts. What that does is reported on the test split.
"""

import argparse
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import follow, print_line

if TYPE_CHECKING:
    from tlcore.evaluation.answers import Wish
    from tlcore.runs.folder.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument(
        "--right", type=float, metavar="PERCENT", help="at least this share of the answers is right, such as 98"
    )
    wish.add_argument(
        "--unanswered",
        type=float,
        metavar="PERCENT",
        help="at most this share gets no answer, such as 10",
    )
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--data", metavar="FOLDER", help="where the dataset is now, if it was moved; it is remembered")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    parser.add_argument("--json", action="store_true", help="progress, then the result, as one line of JSON each")
    parser.add_argument("--config", help=argparse.SUPPRESS)  # all work of pages gets it; the run has its own


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, console
    from tlcore.evaluation.calibrate import calibrate_run, calibrated_lines
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.restore import relocate

    wish = _wish(arguments)
    found = find_run(arguments.run)
    if arguments.data is not None:
        found = relocate(found, arguments.data)
    work = calibrate_run(found, arguments.epoch, wish, arguments.device)
    if arguments.json:
        calibrated = follow(work)
        print_line(answers=calibrated.answers.model_dump(mode="json"), words=calibrated_lines(calibrated))
        return 0
    with ProgressDisplay() as display:
        calibrated = display.follow(work)
    out = console()
    out.print(f"Epoch {calibrated.answers.epoch}")
    for line in calibrated_lines(calibrated):
        out.print(line, markup=False)
    if wish is None:
        out.print("Without --right or --unanswered every image gets an answer.")
    _show_epochs(found, wish)
    out.print(f"Kept with the run, and used wherever epoch {calibrated.answers.epoch} predicts.")
    return 0


def _wish(arguments: argparse.Namespace) -> "Wish | None":
    from tlcore.errors import ConfigError
    from tlcore.evaluation.answers import Wish

    for kind in ("right", "unanswered"):
        value = getattr(arguments, kind)
        if value is None:
            continue
        if not 0 < value < 100:
            raise ConfigError(f"--{kind} is a percentage between 0 and 100, such as 98 or 10, not {value:g}.")
        return Wish(kind=kind, value=value / 100)
    return None


def _show_epochs(run: "Run", wish: "Wish | None") -> None:
    """The wish in every epoch; without one, what an answer to nine tenths of the images would be worth."""
    from tlcore.cli.display import print_table
    from tlcore.evaluation.answering import wish_words
    from tlcore.evaluation.answers import Wish
    from tlcore.evaluation.calibrate import answering_by_epoch
    from tlcore.evaluation.stored import load_stored
    from tlcore.words import interval

    on_report, on_val = load_stored(run).evaluation, load_stored(run, "val").evaluation
    if on_report is None or on_val is None:
        return
    wish = wish or Wish(kind="unanswered", value=0.1)
    table = answering_by_epoch(on_val, on_report, wish)
    rows = []
    for row in table.to_dict("records"):
        known = row["threshold"] == row["threshold"]
        answers = interval(row["share"], row["share_low"], row["share_high"], 0) if known else "val cannot meet it"
        right = interval(row["accuracy"], row["low"], row["high"], 0) if known and row["answered"] else "–"
        threshold = f"{row['threshold']:.3f}" if known else "–"
        rows.append((int(row["epoch"]), f"{row['temperature']:.2f}", threshold, answers, right))
    title = f"Every epoch on {on_report.split}, with the threshold of its val images for {wish_words(wish)}"
    print_table(title, ["epoch", "temperature", "threshold", "answers (95 %)", "right of those (95 %)"], rows)
