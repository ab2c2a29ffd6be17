"""Whether a new model may replace an old one: both answer the same test images, and the new one keeps what was asked.

What is compared is the likeliest class of each image, whatever the threshold of either.
"""

from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.data.dataset import Dataset
from tlcore.data.pixels.digests import MISSING
from tlcore.delivery.contender import Contender, predictions_of
from tlcore.errors import ConfigError, DataError, NotComparable, suggestion
from tlcore.evaluation.compare import compare_predictions
from tlcore.evaluation.metrics import Accuracy, PairedTest, accuracy_of, is_right, wilson_interval
from tlcore.evaluation.words import SIGNIFICANT, paired_words
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.folder.run import Run
from tlcore.words import count, first_of, interval, percent

if TYPE_CHECKING:
    from tlcore.training.events import Progress


@dataclass(frozen=True)
class Rules:
    """What the new model must keep, besides not being worse than the old one beyond chance."""

    min_accuracy: float | None = None
    """Least accuracy, in 0-1."""
    max_broken: int | None = None
    """Most images that the old one gets right and the new one wrong."""
    class_floors: Mapping[str, float] | None = None
    """Class name -> least fraction of its images that are right."""


@dataclass(frozen=True)
class Check:
    """One rule, and whether it is kept."""

    name: str
    """`not worse`, `min accuracy`, `max broken`, or `class NAME`."""
    passed: bool
    words: str


@dataclass(frozen=True)
class Broken:
    """An image that only the old model gets right."""

    image: str
    label: str
    """Its class."""
    taken_for: str
    """The class that the new model gives."""


@dataclass(frozen=True)
class Verdict:
    old: str
    new: str
    run: str
    """The run whose images these are."""
    split: str
    images: int
    old_accuracy: Accuracy
    new_accuracy: Accuracy
    test: PairedTest
    fixed: tuple[str, ...]
    """Ids of the images that only the new one gets right."""
    broken: tuple[Broken, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        return {"passed": self.passed, **asdict(self)}


def gate(old: Contender, new: Contender, rules: Rules, device: str = "auto") -> "Generator[Progress, None, Verdict]":
    """Compare two models on the report split of the new one's run; of the old one's, if the new one is a file whose
    run is not here.

    Raises ConfigError for a rule about a class that there is not; NotComparable, with the reason, for other classes,
    and if one was trained on images that the other is tested on; DataError if the images are gone.
    """
    from tlcore.runs.restore import reopen_dataset

    reference = new.origin or old.origin
    if reference is None:
        raise NotComparable(
            f"The runs of {old.title} and {new.title} are not on this machine, and only a run knows its test images. "
            "Give one of the two as a run."
        )
    for name in rules.class_floors or {}:
        if name not in reference.classes:
            raise ConfigError(f"There is no class {name!r}. {suggestion(name, reference.classes)}")
    dataset, changed = reopen_dataset(reference)
    notes = [*changed]
    for contender in (old, new):
        notes += _check_unseen(contender, reference, dataset)
    if reference.report_split == "val":
        notes.append(
            f"{reference.name} has no test split: these are the val images that chose its epoch, so its accuracy is "
            "optimistic."
        )
    before = yield from predictions_of(old, reference, dataset, unchanged=not changed, device=device)
    after = yield from predictions_of(new, reference, dataset, unchanged=not changed, device=device)
    return _verdict(old, new, reference, rules, before, after, notes)


def _verdict(
    old: Contender,
    new: Contender,
    reference: Run,
    rules: Rules,
    before: Predictions,
    after: Predictions,
    notes: list[str],
) -> Verdict:
    classes = reference.classes
    comparison = compare_predictions(before, after, classes, classes)
    shared = {*before.sample_ids} & {*after.sample_ids}
    kept = np.array([sample_id in shared for sample_id in after.sample_ids])
    targets_N, guesses_N = after.targets_N[kept], after.logits_NC[kept].argmax(1)
    right_N = guesses_N == targets_N
    was_right_N = is_right(before.logits_NC, before.targets_N)[[name in shared for name in before.sample_ids]]
    if comparison.unshared:
        notes.append(f"Left out: {count(comparison.unshared, 'image')} that only one of the two could read.")
    places = {str(name): place for place, name in enumerate(np.array(after.sample_ids, dtype=object)[kept])}
    broken = tuple(
        Broken(name, classes[targets_N[places[name]]], classes[guesses_N[places[name]]]) for name in comparison.broken
    )
    accuracy = accuracy_of(right_N)
    checks = [
        Check(
            "not worse",
            comparison.test.fixed >= comparison.test.broken or comparison.test.p_value >= SIGNIFICANT,
            f"not worse beyond chance, by McNemar's test: {paired_words(comparison.test)}",
        )
    ]
    if rules.min_accuracy is not None:
        words = f"accuracy {percent(accuracy.value)}, at least {percent(rules.min_accuracy)} asked for"
        checks.append(Check("min accuracy", accuracy.value >= rules.min_accuracy, words))
    if rules.max_broken is not None:
        words = f"{count(len(broken), 'image')} broken, at most {rules.max_broken} allowed"
        checks.append(Check("max broken", len(broken) <= rules.max_broken, words))
    for name, floor in (rules.class_floors or {}).items():
        of_class_N = targets_N == classes.index(name)
        checks.append(_class_check(name, floor, int(right_N[of_class_N].sum()), int(of_class_N.sum())))
    return Verdict(
        old=old.title,
        new=new.title,
        run=reference.name,
        split=reference.report_split,
        images=len(right_N),
        old_accuracy=accuracy_of(was_right_N),
        new_accuracy=accuracy,
        test=comparison.test,
        fixed=comparison.fixed,
        broken=broken,
        checks=tuple(checks),
        notes=tuple(notes),
    )


def _class_check(name: str, floor: float, right: int, images: int) -> Check:
    if not images:
        return Check(f"class {name}", False, f"{name}: no image to measure it with")
    found = interval(right / images, *wilson_interval(right, images))
    words = f"{name}: {right} of {images} right, {found}, at least {percent(floor)} asked for"
    return Check(f"class {name}", right / images >= floor, words)


def _check_unseen(contender: Contender, reference: Run, dataset: Dataset) -> list[str]:
    """Notes on whether the contender was trained on images of the reference's report split.

    Raises NotComparable if it was.
    """
    from tlcore.runs.restore import reopen_dataset

    if contender.fingerprint == reference.info.dataset.fingerprint:
        return []
    unknown = f"Whether {contender.title} was trained on some of these images is not known"
    if contender.origin is None:
        return [f"{unknown}: its run is not on this machine."]
    try:
        theirs, changed = reopen_dataset(contender.origin)
    except DataError as error:
        return [f"{unknown}: {error}"]
    trained, tested = _contents(theirs, "train", "val"), _contents(dataset, reference.report_split)
    if seen := sorted(tested[content] for content in trained.keys() & tested.keys()):
        raise NotComparable(
            f"{contender.title} was trained with {count(len(seen), 'image')} of the {reference.report_split} split of "
            f"{reference.name}: {first_of(seen, 3)}. It would look better than it is. Train both on the same splits."
        )
    notes = [f"{changed[0]} Whether it had seen these test images is judged by what is there now."] if changed else []
    theirs_tested, ours_trained = _contents(theirs, theirs.report_split), _contents(dataset, "train")
    if shared := theirs_tested.keys() & ours_trained.keys():
        notes.append(
            f"{count(len(shared), 'image')} of the {theirs.report_split} split of {contender.origin.name} trained "
            f"{reference.name}. They are not used here, but the figures of the two on their own splits do not compare."
        )
    return notes


def _contents(dataset: Dataset, *splits: str) -> dict[str, str]:
    """Content of each readable image of these splits -> its id."""
    ids = [sample.id for split in splits for sample in dataset.split(split)]
    return {digest: name for digest, name in zip(dataset.source.digests(ids), ids, strict=True) if digest != MISSING}
