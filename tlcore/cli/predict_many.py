"""The part of `predict` for many images: a folder, a zip or a list goes through a run as a whole.

What is computed is kept by content, so after Ctrl-C the same command goes on. The results are a table, lines of JSON,
a folder per class, or without any of these a line per image.
"""

import argparse
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.data.formats.unlabelled import Photographs
    from tlcore.evaluation.unlabelled import Guesses

SHOWN = 20
MANY = 100  # images from which on a rate means something
JSON_LINES = (".jsonl", ".ndjson")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("many images")
    group.add_argument("--out", metavar="FILE", help="write all predictions as CSV; as JSON lines if it ends in .jsonl")
    group.add_argument(
        "--sort-into", metavar="DIR", help="a new folder, which gets a folder per class, and one for `not sure`"
    )
    group.add_argument("--copy", action="store_true", help="with --sort-into: copies of the files, and no hard links")
    group.add_argument("--jsonl", action="store_true", help="print all predictions as a line of JSON each")
    group.add_argument("--json", action="store_true", help="progress, then the numbers, as one line of JSON each")
    group.add_argument("--config", help=argparse.SUPPRESS)  # every command that a page starts gets one


def has_options(arguments: argparse.Namespace) -> bool:
    """Whether an option asks for the images to be predicted as a whole."""
    return bool(arguments.out or arguments.sort_into or arguments.jsonl or arguments.json)


def is_whole(inputs: list[str]) -> bool:
    """Whether this is one folder, zip or list."""
    from tlcore.data.intake.inputs import kind_of

    return len(inputs) == 1 and kind_of(inputs[0]) is not None


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, note
    from tlcore.cli.json_lines import follow, print_line
    from tlcore.evaluation.sorting import check_place
    from tlcore.evaluation.unlabelled import predict_unlabelled
    from tlcore.runs.folder.run import find_run
    from tlcore.system.paths import given_path

    chosen = find_run(arguments.run)
    epoch = chosen.chosen_epoch(arguments.epoch)
    photographs = _open(arguments.images)
    folder = given_path(arguments.sort_into) if arguments.sort_into else None
    if folder is not None:
        check_place(photographs, folder)  # before hours of work
    for sentence in photographs.notes:
        note(sentence)
    started = time.monotonic()
    work = predict_unlabelled(chosen, epoch, photographs, arguments.device)
    with _told_how_to_go_on():
        if arguments.json:
            guesses = follow(work)
        else:
            with ProgressDisplay() as display:
                guesses = display.follow(work)
    took_s = time.monotonic() - started
    if not arguments.json:
        for image in guesses.skipped:
            note(f"{image.id}: {image.reason}")
    if arguments.out:
        _write(guesses, given_path(arguments.out), arguments.top)
    if folder is not None:
        _sort(photographs, guesses, folder, copy=arguments.copy)
    if arguments.json:
        print_line(predicted=len(guesses.ids), unreadable=len(guesses.skipped), kept=guesses.kept)
    elif arguments.jsonl:
        _print_json_lines(guesses, arguments.top)
    elif arguments.out or folder is not None:
        if guesses.ids:
            _print_least_sure(guesses)
    else:
        _print_all(guesses, arguments.images, arguments.top)
    if not arguments.json:
        for sentence in _in_words(guesses, f"run {chosen.name}, epoch {epoch}", took_s):
            note(sentence)
    return 1 if guesses.skipped else 0


def _open(inputs: list[str]) -> "Photographs":
    """One folder, zip or list; or several folders and image files. Raises DataError, ConfigError."""
    from tlcore.data.formats.unlabelled import open_unlabelled
    from tlcore.data.intake.inputs import kind_of, open_photographs
    from tlcore.data.intake.listed import open_files
    from tlcore.errors import ConfigError

    kinds = [kind_of(given) for given in inputs]
    if len(inputs) == 1 and kinds[0] is not None:
        return open_photographs(inputs[0])
    paths: list[str] = []
    for given, kind in zip(inputs, kinds, strict=True):
        if kind == "folder":
            paths += [str(Path(given) / name) for name in open_unlabelled(given).ids]
        elif kind is None:
            paths.append(given)
        else:
            raise ConfigError(f"{given}: a zip or a list of paths is predicted alone. Give it without other inputs.")
    return open_files(paths)


@contextmanager
def _told_how_to_go_on() -> Iterator[None]:
    """Ctrl-C and a stop from outside keep what was computed, and say so."""
    from tlcore.cli.display import note

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        note("Stopped. What was computed is kept: the same command goes on from there.")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _write(guesses: "Guesses", out: Path, top: int) -> None:
    from tlcore.evaluation.guess_tables import guesses_csv, guesses_jsonl
    from tlcore.system.files import write_atomic

    build = guesses_jsonl if out.suffix.lower() in JSON_LINES else guesses_csv
    content = build(guesses, top)
    write_atomic(out, lambda file: file.write(content))


def _sort(photographs: "Photographs", guesses: "Guesses", folder: Path, *, copy: bool) -> None:
    from tlcore.cli.display import follow_steps, note
    from tlcore.evaluation.sorting import sort_photographs, sorted_lines

    work = sort_photographs(photographs, guesses, folder, copy=copy)
    done = follow_steps(work, lambda event: ("sorting the images", event.done, event.total))
    for line in sorted_lines(done):
        note(line)


def _print_json_lines(guesses: "Guesses", top: int) -> None:
    import json

    from tlcore.evaluation.guess_tables import guess_records

    for record in guess_records(guesses, top):
        print(json.dumps(record))


def _print_least_sure(guesses: "Guesses") -> None:
    from tlcore.cli.display import print_table
    from tlcore.words import percent

    rows = [
        (guesses.ids[i], guesses.labels[i], guesses.predicted[i], percent(float(guesses.confidence[i])))
        for i in guesses.least_sure[:SHOWN]
    ]
    print_table("The least sure first", ["image", "answer", "likeliest class", "probability"], rows)


def _print_all(guesses: "Guesses", inputs: list[str], top: int) -> None:
    from tlcore.evaluation.guess_tables import guess_records

    prefix = "" if len(inputs) > 1 else _prefix(inputs[0])
    for record in guess_records(guesses, top):
        if "unreadable" not in record:
            ranking = [(one["class"], one["probability"]) for one in record["top"]]
            print(f"{prefix}{record['path']}: {answer_in_words(ranking, sure=record['sure'], far=record['far'])}")


def answer_in_words(ranking: Iterable[tuple[str, float]], *, sure: bool, far: bool | None) -> str:
    """The likeliest classes as `ant 93.1 %, bee 6.9 %`; below the threshold as `not sure (ant 52.0 %, bee 48.0 %)`."""
    from tlcore.evaluation.answers import NOT_SURE
    from tlcore.words import percent

    likeliest = ", ".join(f"{label} {percent(probability)}" for label, probability in ranking)
    answer = likeliest if sure else f"{NOT_SURE} ({likeliest})"
    return f"{answer}; far from all training images" if far else answer


def _prefix(given: str) -> str:
    """What is before the id of an image in its path."""
    from tlcore.data.intake.inputs import kind_of

    return "" if kind_of(given) == "list" else f"{Path(given)}/"


def _in_words(guesses: "Guesses", by: str, took_s: float) -> Iterator[str]:
    from tlcore.words import count, percent, seconds

    total = len(guesses.ids)
    rate = f" in {seconds(took_s)}, {guesses.new / max(took_s, 1e-9):.0f} images/s" if guesses.new >= MANY else ""
    kept = f" {count(guesses.kept)} kept from before, {count(guesses.new)} new{rate}." if guesses.kept else ""
    yield f"{count(total, 'image')} predicted by {by}{'.' if kept else rate + '.'}{kept}"
    if guesses.answers.threshold:
        without = total - int(guesses.sure.sum())
        part = f", {percent(without / total)}" if total else ""
        yield f"Not sure: {count(without, 'image')}{part}, below {percent(guesses.answers.threshold)}."
    if guesses.far is not None:
        yield f"Far from all training images: {count(sum(far is True for far in guesses.far), 'image')}."
    if guesses.skipped:
        yield f"Not readable: {count(len(guesses.skipped), 'file')}."
