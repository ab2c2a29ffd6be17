"""The standing of a race in sentences, for the command line and the page."""

from tlcore.evaluation.words import p_value_words
from tlcore.race.remaining import share_done
from tlcore.race.standing import Row, Standing
from tlcore.words import PHASES, count, interval, seconds


def method_words(standing: Standing) -> str:
    """What was measured, on which images, and what was left alone."""
    splits = " and ".join(standing.splits)
    kept_out = "The test images were not looked at."
    if "val" not in standing.splits:
        kept_out = "The images of val were not looked at: without a test split, they report how good a run is."
    return (
        f"A new head on frozen features, trained as a run trains it by default: {standing.folds} times on all but one "
        f"part of the {count(standing.images, 'image')} of {splits}, and tested on that part. {kept_out}"
    )


def speed_words(standing: Standing) -> str:
    """How to read the milliseconds."""
    return (
        "Milliseconds are for the network alone, without reading the image, in batches on this machine "
        f"({standing.machine}): on another one, or beside other work, they differ, and so may their order."
    )


def verdict_words(standing: Standing) -> str:
    """Which candidates the data cannot tell apart, and the suggestion; empty if none has finished."""
    if not standing.finished:
        return ""
    best, *others = standing.finished
    if not others:
        return f"{best.candidate.label} is the only one that finished."
    tied = [row.candidate.label for row in others if row.place == "tied"]
    images = count(best.total, "image")
    if not tied:
        return f"{best.candidate.label} is better than every other one here: {images} are enough to tell."
    text = f"{images} are too few to tell {_listed(tied)} from the best, {best.candidate.label}."
    if standing.suggestion is None:
        return text
    which = "fewest parameters of these"
    return f"{text} Suggestion: {standing.suggestion.label}, which has the {which}."


def test_words(standing: Standing) -> str:
    """How the candidates were compared; empty if there was nothing to compare."""
    others = len(standing.finished) - 1
    if others < 1:
        return ""
    times = "" if others == 1 else f", its p-value times {others}, the number of comparisons (Bonferroni)"
    return (
        f"Each is compared with the best one on the same images by McNemar's exact test{times}. Not to be told apart "
        "does not mean equally good: the intervals show how far apart they may be."
    )


def left_out_words(standing: Standing, listed: int) -> list[str]:
    """A line for each image that was left out, at most so many, and one that counts the others."""
    lines = [f"{image.id}: {image.reason}" for image in standing.left_out[:listed]]
    more = len(standing.left_out) - listed
    return [*lines, f"and {more} more"] if more > 0 else lines


def step_progress(
    candidate: str, number: int, of: int, phase: str, done: int, total: int, remaining_s: float | None = None
) -> tuple[float, str]:
    """The share of a race that is done, in 0-1, and what is going on, from the parts of a step."""
    counted = f", {done:,} of {count(total, 'image')}" if phase == "features" else ""
    left = remaining_words(remaining_s)
    words = f"{candidate} ({number} of {of}): {PHASES[phase]}{counted}{f', {left}' if left else ''}"
    return (number - 1 + share_done(phase, done, total)) / of, words


def remaining_words(remaining_s: float | None) -> str:
    """`about 3 min 05 s left`; empty if it is not known."""
    return "" if remaining_s is None else f"about {seconds(max(round(remaining_s), 1))} left"


def place_words(row: Row) -> str:
    """How a row stands against the best one: `not told apart, p = 0.31`."""
    words = {"best": "the best", "tied": "not told apart", "behind": "worse", "failed": "failed"}[row.place]
    return words if row.p_value is None else f"{words}, {p_value_words(row.p_value)}"


def accuracy_words(row: Row) -> str:
    """`95.1 % (91.6–97.2)`."""
    return interval(row.accuracy, row.low, row.high)


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
