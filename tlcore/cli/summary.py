"""The tables printed before a training (what will happen) and after it (how it went)."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

import psutil

from tlcore.cli.display import console, note, print_table
from tlcore.data.dataset import Skipped
from tlcore.evaluation.metrics import wilson_interval
from tlcore.evaluation.words import chosen_on_val_words
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_record
from tlcore.training.plan import Plan
from tlcore.training.preview.group_table import group_rows
from tlcore.training.preview.projection import project
from tlcore.words import percent, seconds, size

LISTED = 10  # unreadable images named on screen; the run folder lists all


def show_plan(plan: Plan, dry_run: bool) -> None:
    """Print the plan: data, device, and, for a dry run, layer groups, batches, time and disk space."""
    out = console()
    config, dataset = plan.config, plan.dataset
    splits = ", ".join(f"{len(dataset.split(name))} {name}" for name in dataset.split_names)
    out.print(f"data     {dataset.name}: {len(dataset.classes)} classes, {splits}", markup=False)
    out.print(f"model    {config.model.backbone}, {config.strategy.name}, weights {config.model.weights}", markup=False)
    out.print(f"device   {plan.choice.words}", markup=False)
    for notice in plan.notices:
        out.print(f"note     {notice}", markup=False)
    if not dry_run:
        return
    rows = [
        (row.name, f"{row.parameters:,}", row.trained, "–" if row.learning_rate is None else f"{row.learning_rate:.2g}")
        for row in group_rows(plan)
    ]
    print_table("Layer groups, from stem to head", ["group", "parameters", "", "learning rate"], rows)
    out.print("Training transform:\n" + config.train_transform.source(), markup=False)
    projection = project(plan)
    disk = projection.disk
    out.print(
        f"{projection.batches_per_epoch} batches of {config.batch_size} per epoch, {config.epochs} epochs.\n"
        f"Projected time {seconds(projection.seconds)}: {projection.seconds_are}.\n"
        f"Projected disk {size(disk.run_bytes)} for the run, {size(disk.cache_bytes)} in the cache."
    )


def print_projection(plan: Plan) -> None:
    """One line of JSON. `start_s`: seconds that this process took so far; a worker takes as long before it trains."""
    start_s = time.time() - psutil.Process().create_time()
    print(json.dumps({"projection": asdict(project(plan)), "start_s": start_s}), flush=True)


def show_skipped(images: Sequence[Skipped]) -> None:
    counted = "1 unreadable image is" if len(images) == 1 else f"{len(images)} unreadable images are"
    note(f"{counted} left out, listed in left_out.json:")
    for image in images[:LISTED]:
        note(f"  {image.id}: {image.reason}")
    if len(images) > LISTED:
        note(f"  and {len(images) - LISTED} more")


def show_epochs(run: Run, plan: Plan) -> None:
    """Print the table of epochs and which one to keep."""
    history = run.history()
    if not history:
        return
    best = best_record(history)
    rows = [
        (
            f"{record.epoch}{' imported' if record.imported else ''}{' best' if record is best else ''}",
            "–" if record.train_loss is None else f"{record.train_loss:.4f}",
            percent(record.train_accuracy),
            f"{record.val_loss:.4f}",
            percent(record.val_accuracy),
            "–" if record.imported else f"{record.learning_rates['head']:.2g}",
            seconds(record.seconds),
        )
        for record in history
    ]
    columns = ["epoch", "train loss", "train accuracy", "val loss", "val accuracy", "learning rate", "time"]
    out = console()
    print_table("Epochs", columns, rows)
    images = len({sample.id for sample in plan.dataset.split("val")} - run.skipped_ids())
    low, high = wilson_interval(round(best.val_accuracy * images), images)
    out.print(
        f"Best on val: epoch {best.epoch} with {percent(best.val_accuracy)} (95 % interval {percent(low)} to "
        f"{percent(high)}), {chosen_on_val_words(len(history))}."
    )
    if len(history) > 1:
        told = "The test split tells." if plan.dataset.report_split == "test" else "There is no test split to tell."
        out.print(f"On new images expect a little less. {told}")
