"""What one line of a log of edits says, and which lines are in effect after undo, redo and discard. No disk access.

To add an action: a class here with its own `action`, in `Line`; how it changes a dataset is in `apply`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.words import count

FORMAT: Literal[1] = 1
"""Format of a line. It increases when an older version would misread a line."""
MAX_IMAGES = 100_000
"""Most images of one line."""
MAX_TEXT = 2_000
"""Longest reason or note, in characters."""

ImageId = Annotated[str, Field(min_length=1, max_length=4_096)]
Content = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Digest of the content of an image, as `ImageSource.digests` gives it."""
Label = Annotated[str, Field(min_length=1, max_length=4_096)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # built at first use: 30 ms less per start


class EditedImage(_Record):
    """One image as it was when the edit was made."""

    id: ImageId
    content: Content
    before: Annotated[str, Field(max_length=4_096)] = ""
    """The label or the split that it had, if the edit changes that."""


class _Line(_Record):
    format: Literal[1] = FORMAT
    at: Annotated[str, Field(max_length=40)] = ""
    """Local time with its UTC offset, in ISO 8601."""


class _OfImages(_Line):
    why: Text = ""
    images: Annotated[tuple[EditedImage, ...], Field(min_length=1, max_length=MAX_IMAGES)]
    copies: dict[Content, tuple[ImageId, ...]] = {}
    """All images with the same content at that time, for contents that more than one image had. Those that are not in
    `images` are never meant, even if an image of the line is gone."""


class AddedImage(EditedImage):
    label: Label


class Add(_OfImages):
    """Photographs from elsewhere, which are kept beside the log, with a label each."""

    action: Literal["add"] = "add"
    split: Literal["train", "val", "test"] = "train"
    images: Annotated[tuple[AddedImage, ...], Field(min_length=1, max_length=MAX_IMAGES)]


class Relabel(_OfImages):
    action: Literal["relabel"] = "relabel"
    label: Label


class Exclude(_OfImages):
    action: Literal["exclude"] = "exclude"


class Include(_OfImages):
    """Images that were left out come back with the label and the split that they had."""

    action: Literal["include"] = "include"


class Move(_OfImages):
    action: Literal["move"] = "move"
    split: Literal["train", "val", "test"]


class Accept(_OfImages):
    """A finding is fine for these images."""

    action: Literal["accept"] = "accept"
    finding: Annotated[str, Field(pattern=r"^\w{1,60}$")]


class Note(_OfImages):
    action: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class Undo(_Line):
    action: Literal["undo"] = "undo"


class Redo(_Line):
    action: Literal["redo"] = "redo"


class Discard(_Line):
    action: Literal["discard"] = "discard"


ImagesLine = Add | Relabel | Exclude | Include | Move | Accept | Note
Line = Annotated[ImagesLine | Undo | Redo | Discard, Field(discriminator="action")]


@dataclass(frozen=True)
class History:
    """What the lines of a log come to. Lines are numbered from 1."""

    in_effect: tuple[int, ...]
    """The lines in effect, in their order."""
    last: int | None
    """The line that the next undo takes back; None: there is nothing to undo."""
    undone: int | None
    """The line that the next redo brings back; None: there is nothing to redo."""


_State = tuple[int, "_State"] | None  # the last line in effect, and the state before it


def fold(lines: Sequence["Line | None"]) -> History:
    """Follow undo, redo and discard. A line that is None is damaged: it counts as a number, and does nothing.

    Undo takes back the last action, redo brings it back until there is a new action. Discarding everything is an action
    as well, and can be undone.
    """
    states: list[_State] = [None]
    made: list[int] = []  # the line that led to each state but the first
    undone: list[tuple[int, _State]] = []
    for number, line in enumerate(lines, 1):
        if isinstance(line, Undo):
            if made:
                undone.append((made.pop(), states.pop()))
        elif isinstance(line, Redo):
            if undone:
                again, state = undone.pop()
                made.append(again)
                states.append(state)
        elif line is not None:
            made.append(number)
            states.append(None if isinstance(line, Discard) else (number, states[-1]))
            undone.clear()
    numbers = []
    state = states[-1]
    while state is not None:
        number, state = state
        numbers.append(number)
    return History(tuple(reversed(numbers)), made[-1] if made else None, undone[-1][0] if undone else None)


def line_words(line: "Line") -> str:
    """The action of a line in words, as a part of a sentence: `3 images relabelled as bee`."""
    if isinstance(line, Discard):
        return "all edits discarded"
    if isinstance(line, Undo | Redo):
        return line.action
    images = count(len(line.images), "image")
    if isinstance(line, Add):
        return f"{images} added to {line.split}"
    if isinstance(line, Relabel):
        return f"{images} relabelled as {line.label}"
    if isinstance(line, Exclude):
        return f"{images} left out"
    if isinstance(line, Include):
        return f"{images} brought back"
    if isinstance(line, Move):
        return f"{images} moved to {line.split}"
    if isinstance(line, Accept):
        return f"{images} accepted: {line.finding.replace('_', ' ')}"
    return f"a note on {images}"


def after_words(line: "Line") -> str:
    """What the images of a line are or get: a label, a split, the name of a finding, or the text of a note.

    Empty for added images, which have a label each.
    """
    if isinstance(line, Relabel):
        return line.label
    if isinstance(line, Move):
        return line.split
    if isinstance(line, Exclude):
        return "left out"
    if isinstance(line, Include):
        return "brought back"
    if isinstance(line, Accept):
        return line.finding
    return line.text if isinstance(line, Note) else ""
