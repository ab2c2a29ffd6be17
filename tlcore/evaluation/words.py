"""What the figures of an evaluation say, in sentences, for the command line and the pages alike."""

from tlcore.evaluation.metrics import PairedTest
from tlcore.evaluation.selection import Selection
from tlcore.words import count, percent, points

SIGNIFICANT = 0.05


def p_value_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def paired_words(test: PairedTest) -> str:
    """`12 images fixed, 4 broken, p = 0.08: not distinguishable with 98 images`."""
    if test.fixed + test.broken == 0:
        return f"no image fixed, none broken: the same ones are right, of {count(test.total, 'image')}"
    verdict = "distinguishable" if test.p_value < SIGNIFICANT else "not distinguishable"
    counts = f"{count(test.fixed, 'image')} fixed, {test.broken} broken"
    return f"{counts}, {p_value_words(test.p_value)}: {verdict} with {count(test.total, 'image')}"


def many_candidates_words(candidates: int) -> str | None:
    """What to think of a p-value when the two were picked from so many; None for two."""
    if candidates <= 2:
        return None
    return (
        f"There are {candidates} epochs to pick the two from. The best of many looks better than it is, and its "
        "p-value comes out too small: it holds only for two that were picked before anybody saw their figures."
    )


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
