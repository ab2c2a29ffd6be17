"""What a run says about itself, as sections of a document: the model card and the report both tell this."""

import math
from typing import TYPE_CHECKING

from tlcore.delivery.document import Block, Bullets, Code, Matrix, Paragraph, Section, Table
from tlcore.delivery.facts import CONFIG_FILE, Facts, Measured, counted_splits
from tlcore.evaluation.calibration import Bounded
from tlcore.evaluation.tables import confused_pairs, confusion_table
from tlcore.evaluation.twins import twin_words
from tlcore.evaluation.words import chosen_on_val_words, expected_words
from tlcore.words import STATES, bounds, count, first_of, interval, percent, points, seconds

if TYPE_CHECKING:
    import pandas as pd

NAMED_CLASSES = 20
LISTED_CLASSES = 100
LISTED_EPOCHS = 40
LISTED_EDITS = 30
LISTED_PAIRS = 15
WIDEST_MATRIX = 20
IN_FINDING = 3
"""Most remarks that are listed of one finding."""


def tell(facts: Facts) -> list[Section]:
    """The sections, in order. Each has a name, so that the report can add its pictures."""
    return [
        Section("In short", _in_short(facts), "short"),
        Section("How good it is", _how_good(facts), "good"),
        Section("Whether its confidence can be trusted", _calibration(facts), "calibration"),
        Section("What it was trained on", _data(facts), "data"),
        Section("The images themselves", _health(facts), "health"),
        Section("How it was trained", _training(facts), "training"),
        Section("Licence and limits", _limits(facts), "limits"),
        Section("All settings", _settings(facts), "settings"),
        Section("How to repeat it", _repeat(facts), "repeat"),
    ]


def headline(measured: Measured) -> str:
    """`Right on 146 of 153 test images: 95.4 % (95 % interval 90.9–97.8).`"""
    found = measured.accuracy
    return (
        f"Right on {count(found.correct)} of {count(found.total)} {measured.split} images: {percent(found.value)} "
        f"(95 % interval {bounds(found.low, found.high)})."
    )


def choice_words(facts: Facts) -> str:
    """How the epoch was chosen, and what that means for its figures."""
    if facts.record is not None and facts.record.imported:
        return f"Epoch {facts.epoch} was not trained here: its weights come from the file {facts.record.imported}."
    epochs = f"{count(len(facts.epochs), 'saved epoch')}"
    if facts.epoch != facts.chosen:
        return f"This is epoch {facts.epoch} of {epochs}, by request. Val would choose epoch {facts.chosen}."
    if facts.run.report_split == "test":
        return f"Epoch {facts.epoch} of {epochs} was chosen on val, without a look at the test images."
    return (
        f"Epoch {facts.epoch} of {epochs} was chosen on val, and there is no test split: the same images chose it and "
        "measured it, which makes the figures too high."
    )


def _in_short(facts: Facts) -> tuple[Block, ...]:
    run, measured = facts.run, facts.measured
    config = run.config
    classes = f"{count(len(run.classes), 'class', 'classes')}: {first_of(run.classes, NAMED_CLASSES)}"
    images = ", ".join(f"{count(number)} {split}" for split, number in counted_splits(facts).items())
    first = f"It tells images apart by {classes}."
    made = (
        f"It was trained from the backbone {config.model.backbone} on the dataset {run.info.dataset.name} "
        f"({images} images)."
    )
    if measured is None:
        good = "It was not measured on the images that are kept for that yet: evaluate the run first."
    else:
        good = f"{headline(measured)} {expected_words(measured.accuracy)}"
    label = facts.label
    given = [Paragraph(f"Its name: {label.name}")] if label.name else []
    given += [Paragraph(f"Note: {label.note}")] if label.note else []
    return (*given, Paragraph(f"{first} {made}"), Paragraph(good), Paragraph(choice_words(facts)))


def _how_good(facts: Facts) -> tuple[Block, ...]:
    measured = facts.measured
    if measured is None:
        return (Paragraph("Not measured yet."),)
    found, macro = measured.accuracy, measured.macro
    rows = [
        (f"accuracy on {measured.split}", percent(found.value), bounds(found.low, found.high)),
        ("always the commonest class, for comparison", percent(measured.commonest), ""),
        ("mean recall of the classes", percent(macro.recall), ""),
        ("mean F1 of the classes", percent(macro.f1), ""),
        ("loss (cross-entropy, nats)", f"{measured.loss:.4f}", ""),
    ]
    if measured.top_5 is not None:
        rows.insert(1, ("class among the five likeliest", percent(measured.top_5), ""))
    if measured.split == "test" and (val := _val(facts)):
        rows.insert(1, val)
    blocks: list[Block] = [Table(("figure", "value", "95 % interval"), tuple(rows), note=_optimism(facts, measured))]
    if measured.twins is not None:
        blocks.append(Paragraph(twin_words(measured.twins, measured.split)))
    listed = measured.classes[:LISTED_CLASSES]
    classes = tuple(
        (
            score.name,
            f"{score.support:,}",
            percent(score.recall),
            bounds(score.recall_low, score.recall_high),
            percent(score.precision),
            percent(score.f1),
        )
        for score in listed
    )
    more = len(measured.classes) - len(listed)
    columns = ("class", "images", "recall", "95 % interval", "precision", "F1")
    blocks.append(Table(columns, classes, note=f"And {count(more, 'class', 'classes')} more." if more else ""))
    blocks += _mistakes(facts, measured)
    if measured.unreadable:
        blocks.append(Paragraph(f"{count(measured.unreadable, 'unreadable image')} of {measured.split} did not count."))
    return tuple(blocks)


def _val(facts: Facts) -> tuple[str, str, str] | None:
    rows = facts.epochs[facts.epochs["epoch"] == facts.epoch]
    if rows.empty:
        return None
    row = rows.iloc[0]
    note = chosen_on_val_words(len(facts.epochs)) if facts.epoch == facts.chosen else ""
    label = f"accuracy on val ({note})" if note else "accuracy on val"
    return label, percent(row["val_accuracy"]), bounds(row["val_low"], row["val_high"])


def _optimism(facts: Facts, measured: Measured) -> str:
    if measured.split == "val":
        return (
            "Val chose the epoch and reports it as well, so the accuracy is optimistic, by about "
            f"{points(measured.optimism)}."
        )
    if facts.epoch == facts.chosen:
        return ""
    return (
        "The epoch was not chosen on val. If it was picked for its figures on test, these are optimistic, by up to "
        f"about {points(measured.optimism)}."
    )


def _mistakes(facts: Facts, measured: Measured) -> list[Block]:
    classes = facts.run.classes
    counts = confusion_table(measured.predictions, classes)
    blocks: list[Block] = []
    if len(classes) <= WIDEST_MATRIX:
        blocks.append(Matrix(classes, tuple(tuple(row) for row in counts.to_numpy().tolist())))
    pairs = confused_pairs(counts, LISTED_PAIRS)
    if pairs.empty:
        return [*blocks, Paragraph("It made no mistake on these images.")]
    rows = tuple(
        (str(target), str(predicted), f"{images:,}", percent(share))
        for target, predicted, images, share in zip(
            pairs["target"], pairs["predicted"], pairs["images"], pairs["share"], strict=True
        )
    )
    columns = ("true class", "taken for", "images", "share of the class")
    return [*blocks, Table(columns, rows, left=2, note="The most frequent mistakes.")]


def _calibration(facts: Facts) -> tuple[Block, ...]:
    measured = facts.measured
    if measured is None:
        return (Paragraph("Not measured yet."),)
    explained = (
        "A confidence is well calibrated if of all answers with 90 % confidence 90 of 100 are right. The expected "
        f"calibration error is the distance between the two, on average over {count(measured.accuracy.total)} "
        f"{measured.split} images."
    )
    return (
        Paragraph(explained),
        Paragraph(_temperature(facts, measured)),
        Table(
            ("confidence", "images", "mean confidence", "right (95 % interval)"),
            tuple(
                (
                    f"{100 * low:.0f}–{100 * high:.0f} %",
                    f"{images:,}",
                    percent(confidence),
                    interval(accuracy, least, most),
                )
                for low, high, images, confidence, accuracy, least, most in measured.calibrated.table.itertuples(
                    index=False
                )
            ),
        ),
        Paragraph(threshold_words(facts)),
        *_far(facts),
    )


def _temperature(facts: Facts, measured: Measured) -> str:
    answers, change = facts.answers, measured.change
    if answers.temperature == 1:
        return f"The probabilities are as the network gives them, not calibrated: the error is {_error(change.before)}."
    text = f"The logits are divided by the temperature {answers.temperature:.3g}"
    if answers.temperature_low is not None and answers.temperature_high is not None:
        text += f" (95 % interval {answers.temperature_low:.3g}–{answers.temperature_high:.3g})"
    return (
        f"{text}, fitted on {count(answers.images, 'val image')}. Before that the error is {_error(change.before)}, "
        f"and after it {_error(change.after)}. The table is with it."
    )


def _error(found: Bounded) -> str:
    return f"{points(found.value)} (95 % interval {bounds(found.low, found.high)})"


def _far(facts: Facts) -> tuple[Block, ...]:
    if facts.answers.far_distance is None:
        return ()
    return (Paragraph("It warns of an image that is unlike everything it was trained on."),)


def threshold_words(facts: Facts) -> str:
    """What the kept threshold does on the report split, in sentences."""
    answers, measured = facts.answers, facts.measured
    if answers.threshold == 0:
        return "It has no threshold: it always answers with a class, however unsure it is."
    text = f"Below a probability of {percent(answers.threshold)} its answer is “not sure”"
    if answers.wish is not None:
        wished = (
            f"{percent(answers.wish.value)} of the answers right"
            if answers.wish.kind == "right"
            else f"at most {percent(answers.wish.value)} unanswered"
        )
        text += f", which was chosen on val for the wish: {wished}"
    if measured is None:
        return f"{text}."
    answered, right = measured.answered, measured.answered_right
    text += f". On {measured.split} it answers {interval(answered.value, answered.low, answered.high)} of the images"
    return f"{text}, and {interval(right.value, right.low, right.high)} of those are right." if right else f"{text}."


def _data(facts: Facts) -> tuple[Block, ...]:
    info = facts.run.info.dataset
    splits = counted_splits(facts)
    total = sum(splits.values())
    text = f"The dataset {info.name}: {count(total, 'image')}, {count(len(info.classes), 'class', 'classes')}."
    blocks: list[Block] = [Paragraph(text)]
    listed = info.classes[:LISTED_CLASSES]
    rows = [
        (name, *(f"{facts.counts[split][name]:,}" if split in facts.counts else "–" for split in splits))
        for name in listed
    ]
    rows.append(("all", *(f"{number:,}" for number in splits.values())))
    more = len(info.classes) - len(listed)
    note = f"And {count(more, 'class', 'classes')} more." if more else ""
    blocks.append(Table(("class", *splits), tuple(rows), note=note))
    skipped = len(facts.run.skipped_ids())
    if skipped:
        blocks.append(Paragraph(f"{count(skipped, 'image')} of train and val could not be read and did not count."))
    if info.notes:
        blocks.append(Bullets(info.notes[:LISTED_EDITS]))
    return tuple(blocks)


def _health(facts: Facts) -> tuple[Block, ...]:
    health = facts.health
    blocks: list[Block] = []
    if health.note:
        blocks.append(Paragraph(health.note))
    if health.looked and not health.findings:
        blocks.append(Paragraph("Every image was checked, and nothing was found that is wrong."))
    if health.findings:
        blocks.append(Paragraph("Every image was checked. This was found:"))
        blocks.append(
            Table(
                ("finding", "severity", "images", "such as"),
                tuple(
                    (
                        finding.title,
                        finding.severity,
                        f"{finding.images:,}" if finding.images else "",
                        "; ".join(dict.fromkeys(group.note for group in finding.groups[:IN_FINDING] if group.note)),
                    )
                    for finding in health.findings
                ),
                left=4,
            )
        )
    return (*blocks, *_edits(facts))


def _edits(facts: Facts) -> tuple[Block, ...]:
    summary = facts.run.info.dataset.edits
    if not facts.edits:
        if summary.get("in_effect"):
            return (Paragraph(f"{count(summary['in_effect'], 'edit')} of the dataset were in effect."),)
        return (Paragraph("The dataset was used as its files and folders say, without edits."),)
    number = len(facts.edits)
    text = f"{count(number, 'edit')} of the dataset {'was' if number == 1 else 'were'} in effect; the files stayed as "
    text += "they are."
    items = [edit.words + (f" ({edit.why})" if edit.why else "") for edit in facts.edits[:LISTED_EDITS]]
    if number > len(items):
        items.append(f"and {count(number - len(items))} more")
    return Paragraph(text), Bullets(tuple(items))


def _training(facts: Facts) -> tuple[Block, ...]:
    table = facts.epochs
    total_s = float(table["seconds"].sum())
    device = facts.run.info.device
    text = f"{count(len(table), 'saved epoch')}, epoch 0 being the untrained head, in {seconds(total_s)}"
    text += f" on: {device}." if device else "."
    if facts.state != "finished":
        text += (
            f" The training is not at its end: {STATES[facts.state]}, {count(facts.run.config.epochs)} epochs planned."
        )
    shown = table
    note = ""
    if len(table) > LISTED_EPOCHS:
        step = math.ceil(len(table) / LISTED_EPOCHS)
        shown = table[(table["epoch"] % step == 0) | (table["epoch"] == facts.epoch)]
        note = f"Every {step}th epoch, and the one told of here."
    test = facts.run.report_split == "test"
    rows = []
    for _, row in shown.iterrows():
        told = f"{row['epoch']:.0f}{' ←' if row['epoch'] == facts.epoch else ''}"
        cells = [_number(row["train_loss"]), _share(row["train_accuracy"]), _number(row["val_loss"])]
        cells.append(_with_bounds(row, "val"))
        if test:
            cells.append(_with_bounds(row, "test"))
        rows.append((told, *cells))
    columns = (
        "epoch",
        "train loss",
        "train accuracy",
        "val loss",
        "val accuracy",
        *(["test accuracy"] if test else []),
    )
    return Paragraph(text), Table(columns, tuple(rows), note=note)


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _share(value: float) -> str:
    return percent(None if math.isnan(value) else value)


def _with_bounds(row: "pd.Series[float]", split: str) -> str:
    if math.isnan(row[f"{split}_accuracy"]):
        return "–"
    return interval(row[f"{split}_accuracy"], row[f"{split}_low"], row[f"{split}_high"])


def licence_words(facts: Facts) -> str:
    """The licence of the weights that training began with, in a sentence."""
    weights = facts.run.config.model.weights
    if weights == "none":
        return "Training began with random values, so no licence of other weights applies."
    if facts.licence is None:
        return "The licence of the weights that training began with is not known here: ask where they come from."
    warning = f" Take care: {facts.licence.warning}." if facts.licence.warning else ""
    return f"Licence of the weights that training began with: {facts.licence.words}.{warning}"


def _limits(facts: Facts) -> tuple[Block, ...]:
    return (
        Paragraph(licence_words(facts)),
        Bullets(
            (
                "The figures hold for images of the same kind as those of the dataset: the same cameras, places and "
                "habits. On other images it can be much worse.",
                f"It knows {count(len(facts.run.classes), 'class', 'classes')}, and can answer with one of them also "
                "for an image that shows something else.",
                "It was not tested for decisions about people, or for any use in which a mistake does harm.",
            )
        ),
    )


def _settings(facts: Facts) -> tuple[Block, ...]:
    rows = tuple((setting.section, setting.label, setting.value) for setting in facts.settings)
    return (Table(("part", "setting", "value"), rows, left=3),)


def _repeat(facts: Facts) -> tuple[Block, ...]:
    run = facts.run
    versions = {"Transfer Lab": facts.version, **run.info.versions}
    text = f"Save the settings below as {CONFIG_FILE}, in the folder that holds the dataset, and run this there:"
    told = [
        ("run", run.name),
        ("epoch", str(facts.epoch)),
        ("created", run.info.created or "–"),
        ("seed", str(run.config.seed)),
        ("fingerprint of the dataset", run.info.dataset.fingerprint),
        ("versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
    ]
    if run.info.recipe:
        told.append(("recipe", run.info.recipe))
    words = (
        "On the same kind of machine, with these versions, the same numbers come out. The fingerprint is over the "
        "name, the content, the class and the split of each image: the run.json of the repeated run has the same one, "
        "or its images are not the same."
    )
    if run.config.data.edits:
        words += (
            f" The dataset has {count(run.config.data.edits, 'edit')} in its list, undone ones included, which are not "
            "in this document: take the mended set that `edits export` writes, and set `edits` to 0."
        )
    return (
        Table(("what", "value"), tuple(told), left=2),
        Paragraph(text),
        Code(facts.command),
        Paragraph(words),
        Code(facts.config),
    )
