"""List the runs, the newest first."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--paths", action="store_true", help="print the folders alone, one a line")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import print_table
    from tlcore.runs.folder.run import Run, list_runs
    from tlcore.system.home import runs_dir
    from tlcore.training.history import best_epoch
    from tlcore.words import percent

    found = list_runs()
    if arguments.paths:
        for item in found:
            print(item.path)
        return 0
    if not found:
        print(f"No runs in {runs_dir()} yet. Make one with: python -m tlcore train --data FOLDER")
        return 0

    def row(item: Run) -> tuple[object, ...]:
        history = item.history()
        last = history[-1].epoch if history else "–"
        best = best_epoch(history) if history else None
        accuracy = next((record.val_accuracy for record in history if record.epoch == best), None)
        config = item.config
        return (
            item.name,
            item.status().state,
            config.strategy.name,
            f"{last}/{config.epochs}",
            "–" if best is None else best,
            percent(accuracy),
        )

    columns = ["run", "state", "strategy", "epochs", "best epoch", "its val accuracy"]
    print_table("Runs", columns, [row(item) for item in found], left=3)
    return 0
