"""Units, counts, states and phases in words, in one place for the command line, the pages and the figures.

Sentences about metrics and tests are in `evaluation.words`.
"""

import html
import math
from collections.abc import Mapping, Sequence

CHANNELS = ("red", "green", "blue")
PHASES: Mapping[str, str] = {
    "prepare": "loading the network",
    "check": "reading the images",
    "compare": "looking for images that are alike",
    "speed": "timing the network",
    "convert": "converting the network for ONNX Runtime, once",
    "features": "computing features",
    "place": "placing the images",
    "train": "training",
    "val": "validating",
    "predict": "evaluating",
    "write": "writing the model",
    "calibrate": "reading training images for int8",
    "certify": "comparing the file's answers with the stored ones",
    "answer": "predicting",
}
STATES: Mapping[str, str] = {
    "queued": "waiting for its turn",
    "running": "running",
    "stopping": "stopping after this epoch",
    "stopped": "stopped",
    "finished": "finished",
    "failed": "failed",
    "interrupted": "interrupted",
}


def percent(fraction: float | None, digits: int = 1) -> str:
    """A fraction in 0-1 as percent: 0.953 is `95.3 %`. `–` if there is none."""
    return "–" if fraction is None else f"{100 * fraction:.{digits}f} %"


def points(difference: float) -> str:
    """A difference of two fractions, in percentage points: `1.2 points`."""
    return f"{100 * difference:.1f} points"


def interval(value: float, low: float, high: float, digits: int = 1) -> str:
    """Three fractions as `95.3 % (93.1–96.8)`."""
    return f"{percent(value, digits)} ({bounds(low, high, digits)})"


def bounds(low: float, high: float, digits: int = 1) -> str:
    """Two fractions as `93.1–96.8`, in percent; empty if there is no interval."""
    return "" if math.isnan(low) else f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def count(number: int, singular: str = "", plural: str = "") -> str:
    """`60,000`; with a noun `1 image`, `60,000 images`. Without a given plural, an s is added to the noun."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{number:,} {noun}" if singular else f"{number:,}"


def first_of(names: Sequence[str], most: int) -> str:
    """The first names of a list: `ants, bees and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def seconds(value: float) -> str:
    """A duration: `350 ms`, `1.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if 0 < value < 0.9995:
        return f"{1000 * value:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(number: float) -> str:
    """A number of bytes: `840 kB`, `5.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.1f} {unit}" if unit == "MB" else f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def shorten(text: object, longest: int) -> str:
    """The text cut to so many characters; if it was cut, the last one is `…`."""
    whole = str(text)
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}…"


def escape_label(name: object, longest: int = 24) -> str:
    """A user's name as text in a figure, cut to so many characters and escaped, because Plotly interprets some HTML."""
    return html.escape(shorten(name, longest))
