"""Train the head before and after the edits of a dataset, and say on the same images what they were worth.

Takes the options of `train`; --edits says which edits count after. Saves no run, unless --keep asks for both.
"""

import argparse
from typing import TYPE_CHECKING

from tlcore.cli.json_lines import follow, print_line
from tlcore.cli.options import config_from
from tlcore.cli.train import add_plan_options, open_data

if TYPE_CHECKING:
    from tlcore.config import ResolvedConfig
    from tlcore.evaluation.worth import Worth

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_options(parser)
    parser.add_argument("--before", type=int, default=0, metavar="N", help="edits that count before (default: 0)")
    parser.add_argument("--keep", action="store_true", help="train both as runs, too")
    parser.add_argument("--json", action="store_true", help="progress, then the result, as one line of JSON each")


def run(arguments: argparse.Namespace) -> int:
    config = config_from(arguments)
    from tlcore.cli.display import ProgressDisplay
    from tlcore.data.catalog import open_dataset
    from tlcore.evaluation.measure_worth import measure_worth

    after, resolved = open_data(arguments, config, draws=True)
    earlier = resolved.data.model_copy(update={"edits": arguments.before})
    before = after.unedited if arguments.before == 0 else open_dataset(earlier)
    work = measure_worth(resolved, before, after)
    if arguments.json:
        worth = follow(work)
        print_line(worth=worth.model_dump(mode="json"))
    else:
        with ProgressDisplay() as display:
            worth = display.follow(work)
        _show(worth)
    if arguments.keep:
        _keep(resolved.model_copy(update={"data": earlier}), resolved)
    return 0


def _show(worth: "Worth") -> None:
    from tlcore.cli.display import console, print_table
    from tlcore.evaluation.worth import accuracy_words, changes_words, worth_words

    rows = [
        (name, head.edits, head.train_images, head.epoch, f"{head.correct} of {head.total}", accuracy_words(head))
        for name, head in (("before", worth.before), ("after", worth.after))
    ]
    columns = ["head", "edits", "train images", "epoch", "right", "accuracy (95 %)"]
    print_table(f"A head on {worth.backbone}, judged on {worth.split}", columns, rows)
    out = console()
    if worth.learned.total:
        out.print(f"Images to learn from and to choose the epoch by: {changes_words(worth.learned)}.", markup=False)
    for sentence in worth_words(worth):
        out.print(sentence, markup=False)
    for title, images in (("Mended", worth.mended), ("Broken", worth.broken)):
        if images:
            listed = [(image.id, image.label, image.before, image.after) for image in images[:SHOWN]]
            more = f", {SHOWN} of {len(images)}" if len(images) > SHOWN else ""
            print_table(f"{title}{more}", ["image", "label", "before", "after"], listed, left=4)


def _keep(*configs: "ResolvedConfig") -> None:
    from tlcore.cli.display import note
    from tlcore.runs.start import train

    for config in configs:
        note(f"Training with {config.data.edits} edits …")
        print(train(config).path, flush=True)
