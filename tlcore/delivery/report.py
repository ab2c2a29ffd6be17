"""The report of an epoch: one HTML file to hand over or to print, which needs no network and no script."""

from functools import cache
from pathlib import Path

import numpy as np

from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.delivery.charts import Line, line_chart, reliability_chart
from tlcore.delivery.document import Block, Drawing, Paragraph, Picture, Pictures, Section, as_html
from tlcore.delivery.escaping import in_html
from tlcore.delivery.facts import Facts, Measured, gather_facts
from tlcore.delivery.story import tell
from tlcore.evaluation.answers import are_sure, probabilities
from tlcore.evaluation.metrics import is_right, losses
from tlcore.runs.folder.run import Run
from tlcore.words import count, percent

SHOWN = 12
"""Most images of each kind."""
# the page may load nothing and run nothing, whatever is in its text
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def report_page(run: Run, epoch: int) -> str:
    """The report as HTML. All text from outside is escaped.

    Raises CheckpointError if there is no such epoch, and RecordError if the record of how it answers is damaged.
    """
    facts = gather_facts(run, epoch)
    title = f"{facts.run.name}, epoch {facts.epoch}"
    made = f"Report of an image classifier, written by Transfer Lab {facts.version}."
    created = f" Training began {facts.run.info.created}." if facts.run.info.created else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{in_html(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        f"<header><h1>{in_html(title)}</h1><p>{in_html(made + created)}</p></header>\n"
        f"<main>\n{as_html(_with_pictures(facts))}\n</main>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def _with_pictures(facts: Facts) -> list[Section]:
    """The sections of the card, and what only a page can show beside them."""
    sections = []
    for section in tell(facts):
        more: tuple[Block, ...] = ()
        if section.name == "training" and len(facts.epochs):
            more = _curves(facts)
        elif section.name == "calibration" and facts.measured is not None:
            more = (_reliability(facts, facts.measured),)
        first, *rest = section.blocks
        sections.append(Section(section.title, (first, *more, *rest), section.name))
        if section.name == "good" and facts.measured is not None:
            sections.append(Section("Its best and its worst answers", _examples(facts, facts.measured), "examples"))
    return sections


def _curves(facts: Facts) -> tuple[Block, ...]:
    table = facts.epochs[facts.epochs["imported"] == ""]
    epochs = [float(epoch) for epoch in table["epoch"]]

    def line(split: str, figure: str) -> Line:
        values = [float(value) for value in table[f"{split}_{figure}"]]
        band: tuple[tuple[float, float], ...] = ()
        if figure == "accuracy" and split != "train":
            band = tuple(zip(map(float, table[f"{split}_low"]), map(float, table[f"{split}_high"]), strict=True))
        return Line(split, tuple(zip(epochs, values, strict=True)), band)

    splits = [split for split in ("train", "val", "test") if f"{split}_loss" in table]
    marked = float(facts.epoch) if facts.epoch in epochs else None
    accuracy = line_chart("Accuracy over the epochs", "accuracy", [line(split, "accuracy") for split in splits], marked)
    loss = line_chart("Loss over the epochs", "loss (nats)", [line(split, "loss") for split in splits], marked)
    words = "The dashed line marks the epoch that is told of here. Shaded: 95 % interval."
    return (Drawing(accuracy, f"Accuracy. {words}"), Drawing(loss, "Loss. That of train includes augmentation."))


def _reliability(facts: Facts, measured: Measured) -> Drawing:
    tables = [("uncalibrated", measured.calibration.table)]
    caption = "Confidence against the share that is right, with 95 % intervals; on the dashed line both are equal."
    if facts.answers.temperature != 1:
        tables.append(("calibrated", measured.calibrated.table))
        caption += " Before and after the division by the temperature."
    return Drawing(reliability_chart("Confidence and accuracy", tables), caption)


def _examples(facts: Facts, measured: Measured) -> tuple[Block, ...]:
    """The images with the highest loss, and of each class in turn those with the lowest."""
    if facts.dataset is None:
        return (Paragraph("The images are not there any more, or have changed, so none can be shown."),)
    found = measured.predictions
    loss_N = losses(found.logits_NC, found.targets_N)
    worst = np.argsort(-loss_N, kind="stable")[:SHOWN]
    to_show_N = is_right(found.logits_NC, found.targets_N)
    to_show_N[worst] = False
    best = [row for row in _in_turn(loss_N, found.targets_N) if to_show_N[row]][:SHOWN]
    ids = [found.sample_ids[row] for row in (*worst, *best)]
    jpegs = thumbnails(facts.dataset.source, ids)
    return (
        Paragraph(
            f"The {count(len(worst), 'image')} of {measured.split} with the highest loss: the worst answers first."
        ),
        Pictures(tuple(_picture(facts, measured, row, jpegs) for row in worst)),
        Paragraph("Images with the lowest loss, of each class in turn."),
        Pictures(tuple(_picture(facts, measured, row, jpegs) for row in best)),
    )


def _in_turn(loss_N: np.ndarray, targets_N: np.ndarray) -> list[int]:
    """All images, the one with the lowest loss of each class first, then the second of each class, and so on."""
    order = np.argsort(loss_N, kind="stable")
    place: dict[int, int] = {}
    ranks = []
    for row in order.tolist():
        target = int(targets_N[row])
        place[target] = place.get(target, -1) + 1
        ranks.append((place[target], row))
    return [row for _, row in sorted(ranks, key=lambda pair: pair[0])]


def _picture(facts: Facts, measured: Measured, row: int, jpegs: dict[str, bytes]) -> Picture:
    found, classes = measured.predictions, facts.run.classes
    probabilities_NC = probabilities(found.logits_NC[row : row + 1], facts.answers)
    predicted, target = int(probabilities_NC[0].argmax()), int(found.targets_N[row])
    title = classes[target] if predicted == target else f"{classes[target]}, taken for {classes[predicted]}"
    told = f"{'right' if predicted == target else 'wrong'}, {percent(float(probabilities_NC[0, predicted]))}"
    if not are_sure(probabilities_NC, facts.answers)[0]:
        told += ": not sure"
    name = found.sample_ids[row]
    return Picture(jpegs.get(name, b""), title, (told, name))
