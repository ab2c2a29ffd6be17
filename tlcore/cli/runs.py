"""List the runs, the newest first."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--paths", action="store_true", help="print the folders alone, one a line")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import note, print_table
    from tlcore.runs.folder.run import Run, list_runs, split_readable
    from tlcore.system.home import runs_dir
    from tlcore.training.history import best_record
    from tlcore.words import percent

    found = list_runs()
    if arguments.paths:
        for item in found:
            print(item.path)
        return 0
    if not found:
        print(f"No runs in {runs_dir()} yet. Make one with: python -m tlcore train --data FOLDER")
        return 0
    readable, unreadable = split_readable(found)

    def row(item: Run) -> tuple[object, ...]:
        if item.name in unreadable:
            return (item.name, "unreadable", "–", "–", "–", "–")
        history, config = item.history(), item.config
        best = best_record(history) if history else None
        return (
            item.name,
            item.status().state,
            config.strategy.name,
            f"{history[-1].epoch if history else '–'}/{config.epochs}",
            "–" if best is None else best.epoch,
            "–" if best is None else percent(best.val_accuracy),
        )

    columns = ["run", "state", "strategy", "epochs", "best epoch", "its val accuracy"]
    print_table("Runs", columns, [row(item) for item in found], left=3)
    if any(len(item.history()) > 1 for item in readable):
        print("The best epoch is chosen as the highest on val, so its val accuracy is a little too high.")
    for problem in [*unreadable.values(), *(problem for item in readable for problem in item.problems())]:
        note(problem)
    return 0
