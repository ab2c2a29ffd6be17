"""The results of an evaluation as sentences, for the command line and the pages."""

from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.metrics import Accuracy, PairedTest, confusion
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.selection import Selection, select_epoch
from tlcore.words import count, percent, points

SIGNIFICANT = 0.05
WIDE = 0.15
"""If the interval is at least this wide, the verdict says that there are few images."""


@dataclass(frozen=True)
class Verdict:
    """How good a run is, in sentences for somebody who sees such figures for the first time."""

    headline: str
    reading: str
    """How to read the headline: what accuracy to expect on other images."""
    keep: str
    """Which epoch to keep, and why that one."""
    mistakes: str
    """The most frequent mistake."""


def verdict_of(evaluation: Evaluation, classes: tuple[str, ...]) -> Verdict:
    """The verdict on the epoch chosen on val."""
    selection = select_epoch(evaluation)
    found = selection.by_val_accuracy
    new = "new" if evaluation.split == "test" else evaluation.split
    commonest = int(np.bincount(evaluation.targets_N).max())
    headline = f"Right on {count(found.correct)} of {count(found.total)} {new} images: {percent(found.value)}"
    reading = expected_words(found)
    if found.high - found.low > WIDE:
        reading += f" That range is wide, because {count(found.total, 'image')} are few to measure with."
    if evaluation.split == "val":
        reading += (
            f" There is no test split: the same images chose the epoch, which makes the figure too high, by about "
            f"{points(selection.optimism)}."
        )
    reading += f" To answer with the commonest class every time would be right on {count(commonest)}."
    chosen = "the best one on val, chosen without a look at the test images"
    keep = f"Keep epoch {selection.by_val}, {chosen if evaluation.split == 'test' else 'the best one on val'}."
    if selection.by_val == 0:
        keep = "No trained epoch is better on val than the untrained head: change the settings, and train again."
    return Verdict(headline, reading, keep, _mistakes_words(evaluation, selection.by_val, classes))


def expected_words(found: Accuracy) -> str:
    """`On other images of this kind, expect 91 to 98 %.`"""
    return f"On other images of this kind, expect {100 * found.low:.0f} to {percent(found.high, 0)}."


def _mistakes_words(evaluation: Evaluation, epoch: int, classes: tuple[str, ...]) -> str:
    counts_CC = confusion(evaluation.logits(epoch), evaluation.targets_N)
    mistakes_CC = counts_CC.copy()
    np.fill_diagonal(mistakes_CC, 0)
    true, predicted = np.unravel_index(int(mistakes_CC.argmax()), mistakes_CC.shape)
    most, wrong = int(mistakes_CC[true, predicted]), int(mistakes_CC.sum())
    if wrong == 0:
        return "It made no mistake on them."
    of_class = count(int(counts_CC[true].sum()), "image")
    return (
        f"Of its {count(wrong, 'mistake')}, the commonest is to take {classes[true]} for {classes[predicted]}: "
        f"{count(most)} of {of_class} of {classes[true]}."
    )


def p_value_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def paired_words(test: PairedTest, fixed: str = "fixed") -> str:
    """`12 images fixed, 4 broken, p = 0.08: not distinguishable with 98 images`."""
    if test.fixed + test.broken == 0:
        return f"no image {fixed}, none broken: the same ones are right, of {count(test.total, 'image')}"
    verdict = "distinguishable" if test.p_value < SIGNIFICANT else "not distinguishable"
    counts = f"{count(test.fixed, 'image')} {fixed}, {test.broken} broken"
    return f"{counts}, {p_value_words(test.p_value)}: {verdict} with {count(test.total, 'image')}"


def frozen_is_enough_words(strategies: tuple[str, str], test: PairedTest) -> str | None:
    """What it means that a frozen run and a fine-tuning run, in any order, cannot be told apart; None for other pairs,
    and if they can."""
    if set(strategies) != {"feature_extraction", "fine_tuning"} or test.p_value < SIGNIFICANT:
        return None
    return (
        "These images do not show that fine-tuning is better than the frozen network. Without more images, the frozen "
        "one is the choice: it trains in a fraction of the time."
    )


def many_candidates_words(candidates: int) -> str | None:
    """How to read a p-value if the two were picked from this many; None for two."""
    if candidates <= 2:
        return None
    return (
        f"There are {candidates} epochs to pick the two from. The best of many looks better than it is, and its "
        "p-value comes out too small: it holds only for two that were picked before anybody saw their figures."
    )


def chosen_on_val_words(candidates: int) -> str:
    """A note for the val accuracy of the epoch that val chose out of this many: it is optimistic."""
    if candidates == 1:
        return "the only one"
    return f"chosen as the highest of {candidates} on these very images"


def selection_words(selection: Selection) -> str:
    """How optimistic it would be to report the best epoch on the report split."""
    split = selection.split
    if split == "val":
        return (
            "val chose the epoch and reports it as well, because there is no test split: the accuracy is optimistic, "
            f"by about {points(selection.optimism)}."
        )
    if selection.best == selection.by_val:
        return f"The epoch that val chose is also the best one on {split}: nothing was gained by looking there."
    optimism = (
        f"About {points(selection.optimism)} of its {percent(selection.best_accuracy.value)} are owed to having been "
        f"chosen, out of {selection.candidates} epochs, on the very images that measure it."
    )
    if selection.difference == 0:
        return f"On {split} epoch {selection.best} gets as many images right, with a lower loss. {optimism}"
    return (
        f"Epoch {selection.best} looks {points(selection.difference)} better on {split}, but only a look at {split} "
        f"could have told. {optimism}"
    )
