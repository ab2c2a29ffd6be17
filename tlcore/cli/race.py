"""Race backbones on a dataset: accuracy with its interval, milliseconds per image, size, and the smallest good one.

Takes the options of `train` for the data, the head and the device. Saves no run.
"""

import argparse
import shlex
import signal
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import print_line
from tlcore.cli.options import add_config_options, add_download_option, config_from, options_of

if TYPE_CHECKING:
    from tlcore.config import RunConfig
    from tlcore.race.candidates import Candidate
    from tlcore.race.race import Step
    from tlcore.race.standing import Row, Standing

    Events = Generator[Step | Standing, None, Standing]

LISTED = 10  # unreadable images named on screen
TELL_EVERY_S = 0.5  # between two lines of progress as JSON


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_options(parser, without=("model", "strategy", "cached_views", "mix", "report_every"))
    add_download_option(parser)
    parser.add_argument(
        "--backbones",
        metavar="NAME[=WEIGHTS],...",
        help="who takes part, see `zoo`; by default those whose weights are here and, with a network, some good ones",
    )
    parser.add_argument("--offline", action="store_true", help="download no weights, and do not look for a network")
    parser.add_argument("--json", action="store_true", help="progress and standings, one line of JSON each")
    parser.set_defaults(augment=None)


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    from tlcore.cli.train import open_data
    from tlcore.race.candidates import parse_candidates, usual_candidates
    from tlcore.race.race import race
    from tlcore.system.network import can_reach

    reach = _out_of_reach if arguments.offline else can_reach
    candidates = parse_candidates(arguments.backbones) if arguments.backbones else usual_candidates(reach)
    dataset, _ = open_data(arguments, config, draws=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stop from outside cleans up, too
    try:
        with closing(race(dataset, candidates, config, reach=reach)) as events:
            return _print_lines(events, candidates) if arguments.json else _show(events, config)
    finally:
        signal.signal(signal.SIGTERM, before)


def _out_of_reach(address: str) -> bool:
    return False


def _print_lines(events: "Events", candidates: "Sequence[Candidate]") -> int:
    from tlcore.race.standing import Standing

    print_line(candidates=[candidate.label for candidate in candidates])
    told_at, told = 0.0, ("", "")
    for event in events:
        if isinstance(event, Standing):
            print_line(standing=event.model_dump(mode="json"))
            continue
        candidate, progress, now = event.candidate.label, event.progress, time.monotonic()
        if (candidate, progress.phase) != told or now - told_at > TELL_EVERY_S:
            told_at, told = now, (candidate, progress.phase)
            step = {"candidate": candidate, "number": event.number, "of": event.of, "phase": progress.phase}
            remaining_s = None if event.remaining_s is None else round(event.remaining_s, 1)
            print_line(step=step | {"done": progress.done, "total": progress.total, "remaining_s": remaining_s})
    return 0


def _show(events: "Events", config: "RunConfig") -> int:
    """Show the progress, then what has finished, also after Ctrl-C."""
    from tlcore.cli.display import ProgressDisplay, console, note
    from tlcore.race.standing import Standing
    from tlcore.race.words import remaining_words

    standing, status = None, 0
    with ProgressDisplay() as display:
        try:
            for event in events:
                if isinstance(event, Standing):
                    console().print(_told(event, standing), markup=False)
                    standing = event
                else:
                    about = f"{event.candidate.label} ({event.number} of {event.of})"
                    display.show(event.progress, about=about, beside=remaining_words(event.remaining_s))
        except KeyboardInterrupt:
            status = 130
    if standing is not None:
        _show_standing(standing, config)
    if status:
        note("Stopped. The same command goes on: what is done is kept.")
    return status


def _told(standing: "Standing", before: "Standing | None") -> str:
    """A line about the candidate that came last."""
    from tlcore.race.words import accuracy_words

    known = {row.candidate for row in before.rows} if before else set()
    row = next(row for row in standing.rows if row.candidate not in known)
    if row.measured is None:
        return f"{row.candidate.label}  failed: {row.reason}"
    return f"{row.candidate.label}  {accuracy_words(row)}, {_milliseconds(row)} ms per image"


def _show_standing(standing: "Standing", config: "RunConfig") -> None:
    from tlcore.cli.display import console, note, print_table
    from tlcore.race.candidates import candidate_config
    from tlcore.race.words import (
        left_out_words,
        method_words,
        speed_words,
        test_words,
        verdict_words,
    )
    from tlcore.words import count

    if standing.finished:
        columns = ["backbone", "accuracy (95 %)", "against the best", "ms/image", "parameters", "size", "licence"]
        print_table("Backbones, the most accurate first", columns, [_cells(row, standing) for row in standing.finished])
    out = console()
    for row in standing.failed:
        out.print(f"left out  {row.candidate.label}: {row.reason}", markup=False)
    if standing.left_out:
        note(f"{count(len(standing.left_out), 'image')} left out:")
        for line in left_out_words(standing, LISTED):
            note(f"  {line}")
    words = [
        method_words(standing),
        test_words(standing),
        speed_words(standing),
        verdict_words(standing),
    ]
    for sentence in filter(None, words if standing.finished else ()):
        out.print(sentence, markup=False)
    if standing.suggestion:
        command = ["python", "-m", "tlcore", "train", *options_of(candidate_config(standing.suggestion, config))]
        print(f"Train it: {shlex.join(command)}", flush=True)  # in one line, to be copied


def _cells(row: "Row", standing: "Standing") -> tuple[str, ...]:
    from tlcore.race.words import accuracy_words, place_words
    from tlcore.words import size

    measured = row.measured
    assert measured is not None
    mark = " *" if row.candidate == standing.suggestion else ""
    return (
        f"{row.candidate.label}{mark}",
        accuracy_words(row),
        place_words(row),
        _milliseconds(row),
        f"{measured.parameters / 1e6:.1f} M",
        size(measured.bytes),
        measured.licence,
    )


def _milliseconds(row: "Row") -> str:
    return "–" if row.measured is None else f"{1000 * row.measured.seconds_per_image:.3g}"
