"""Evaluate every saved epoch on the test split, and say which one to keep."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.evaluation.result import Evaluation
    from tlcore.runs.folder.run import Run

WIDEST_MATRIX = 12  # with at most this many classes, the whole confusion matrix is printed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--data", metavar="FOLDER", help="where the dataset is now, if it was moved; it is remembered")
    parser.add_argument(
        "--twins", action="store_true", help="look at every image for test images that have a twin in train"
    )
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import ProgressDisplay, note
    from tlcore.delivery.told import report_to_trackers
    from tlcore.evaluation.evaluate import evaluate_run
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.restore import relocate

    found = find_run(arguments.run)
    if arguments.data is not None:
        found = relocate(found, arguments.data)
    with ProgressDisplay() as display:
        evaluation = display.follow(evaluate_run(found, arguments.device))
    for notice in evaluation.notices:
        note(notice)
    if evaluation.engines:
        note(f"Computed by {', and '.join(evaluation.engines)}.")
    if evaluation.skipped:
        note(f"{len(evaluation.skipped)} unreadable images are left out: {evaluation.skipped[0].id} and so on.")
    imported = {record.epoch for record in found.history() if record.imported}
    _show_epochs(evaluation, found.classes, imported)
    show_verdict(evaluation)
    _show_twins(found, evaluation, look=arguments.twins)
    _show_classes(evaluation, found.classes)
    report_to_trackers(found, note)
    return 0


def _show_twins(run: "Run", evaluation: "Evaluation", *, look: bool) -> None:
    """What is known of test images with a twin in train; `look`: find them if nothing is known."""
    from tlcore.cli.display import console, follow_scan, print_table
    from tlcore.evaluation.twins import find_twins, load_twins, twin_accuracy, twin_words
    from tlcore.words import bounds, percent

    twins = load_twins(run)
    if twins is None and look:
        twins = follow_scan(find_twins(run))
    if twins is None:
        console().print("Whether test images have a twin in train is not known: --twins looks at every image.")
        return
    found = {epoch: twin_accuracy(evaluation, epoch, twins) for epoch in evaluation.epochs}
    console().print(twin_words(found[evaluation.best_by_val], evaluation.split))
    if found[evaluation.best_by_val].twins:
        rows = [
            (epoch, percent(one.whole.value), percent(one.without.value), bounds(one.without.low, one.without.high))
            for epoch, one in found.items()
            if one.without is not None
        ]
        columns = ["epoch", "accuracy", "without twins", "95 % interval"]
        print_table(f"Every epoch on {evaluation.split}, without the images that have a twin in train", columns, rows)


def _show_epochs(evaluation: "Evaluation", classes: tuple[str, ...], imported: set[int]) -> None:
    from tlcore.cli.display import print_table
    from tlcore.evaluation.metrics import top_k_accuracy
    from tlcore.words import percent

    top_5 = len(classes) > 5
    rows = []
    for epoch, predictions in evaluation.predictions.items():
        accuracy = evaluation.accuracy(epoch)
        row = [
            f"{epoch}{' imported' if epoch in imported else ''}{' keep' if epoch == evaluation.best_by_val else ''}",
            percent(accuracy.value),
            f"{percent(accuracy.low)} to {percent(accuracy.high)}",
            f"{evaluation.loss(epoch):.4f}",
        ]
        if top_5:
            row.append(percent(top_k_accuracy(predictions.logits_NC, predictions.targets_N, 5)))
        rows.append(row)
    columns = ["epoch", "accuracy", "95 % interval", "loss", *(["top-5 accuracy"] if top_5 else [])]
    images = len(evaluation.targets_N)
    print_table(f"Every epoch on {evaluation.split}, {images} images", columns, rows)


def show_verdict(evaluation: "Evaluation") -> None:
    from tlcore.cli.display import console
    from tlcore.evaluation.words import paired_words
    from tlcore.words import percent

    out = console()
    keep, split = evaluation.best_by_val, evaluation.split
    kept = evaluation.accuracy(keep)
    out.print(
        f"Keep epoch {keep}, chosen on val: {percent(kept.value)} on {split}, "
        f"95 % interval {percent(kept.low)} to {percent(kept.high)} ({kept.correct} of {kept.total} images)."
    )
    if split == "val":
        out.print("val chose the epoch and reports it as well, so this is optimistic: there is no test split.")
    for other, words in ((evaluation.best_on_report, f"the best on {split}"), (0, "the untrained head")):
        if other == keep or other not in evaluation.predictions:
            continue
        accuracy = percent(evaluation.accuracy(other).value)
        out.print(
            f"McNemar against epoch {other}, {words} ({accuracy}): {paired_words(evaluation.compare(other, keep))}."
        )


def _show_classes(evaluation: "Evaluation", classes: tuple[str, ...]) -> None:
    from tlcore.cli.display import print_table
    from tlcore.evaluation.metrics import class_scores, confusion
    from tlcore.words import percent

    keep = evaluation.best_by_val
    logits_NC, targets_N = evaluation.logits(keep), evaluation.targets_N
    rows = [
        (scores.name, percent(scores.precision), percent(scores.recall), percent(scores.f1), scores.support)
        for scores in class_scores(logits_NC, targets_N, classes)
    ]
    print_table(f"Classes in epoch {keep}", ["class", "precision", "recall", "F1", "images"], rows)
    matrix = confusion(logits_NC, targets_N)
    if len(classes) <= WIDEST_MATRIX:
        counts = [(name, *row) for name, row in zip(classes, matrix.tolist(), strict=True)]
        print_table("Confusion: true classes down, predicted across", ["", *classes], counts)
        return
    mistakes = [
        (int(matrix[true, predicted]), classes[true], classes[predicted])
        for true, predicted in zip(*matrix.nonzero(), strict=True)
        if true != predicted
    ]
    worst = [(true, predicted, count) for count, true, predicted in sorted(mistakes, reverse=True)[:10]]
    print_table("Most frequent confusions", ["true class", "predicted", "images"], worst, left=2)
