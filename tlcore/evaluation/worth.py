"""What edits of a dataset were worth: the record, and how to read it. `measure_worth` makes it. No torch here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.evaluation.metrics import PairedTest, wilson_interval
from tlcore.evaluation.words import paired_words
from tlcore.words import count, percent

Count = Annotated[int, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Changes(_Record):
    """Numbers of images that two versions of a dataset treat differently. `moved`: from another split, or to one."""

    relabelled: Count = 0
    left_out: Count = 0
    moved: Count = 0
    added: Count = 0

    @property
    def total(self) -> int:
        return self.relabelled + self.left_out + self.moved + self.added


class Head(_Record):
    """A head trained on one version of the dataset."""

    edits: Count
    """The version: lines of edits that count, as in `DataConfig.edits`."""
    train_images: Count
    epoch: Count
    """The epoch that its val images chose."""
    correct: Count
    total: Annotated[int, Field(ge=1)]
    """Judged images, of which `correct` are predicted rightly."""

    @property
    def accuracy(self) -> float:
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson_interval(self.correct, self.total)


class JudgedImage(_Record):
    """An image that only one of the two heads predicts rightly."""

    id: str
    label: str
    """After the edits."""
    before: str
    """The class that the head before the edits predicts."""
    after: str


class Worth(_Record):
    format: Literal[1] = 1
    split: str
    """The split of the judged images: `test`, or `val` if there is no test split."""
    before: Head
    after: Head
    mended: tuple[JudgedImage, ...]
    """Images that only the head after the edits predicts rightly."""
    broken: tuple[JudgedImage, ...]
    p_value: Annotated[float, Field(ge=0, le=1)]
    learned: Changes
    """What the edits change in the images that a head learns from, or that choose its epoch."""
    judged: Changes
    """What they change in the images of `split`."""
    backbone: str

    @property
    def test(self) -> PairedTest:
        return PairedTest(len(self.mended), len(self.broken), self.after.total, self.p_value)


def worth_words(worth: Worth) -> tuple[str, ...]:
    """The result in sentences: both accuracies, the test, and what to know about the images that judge."""
    sentences = [
        f"Before the edits {accuracy_words(worth.before)}, after them {accuracy_words(worth.after)}, on the same "
        f"{count(worth.after.total, f'{worth.split} image')}.",
        f"{paired_words(worth.test, fixed='mended')}.",
    ]
    if not worth.learned.total:
        sentences.append(
            "The edits change no image that a head learns from, or that chooses its epoch: both heads are the same."
        )
    sentences += filter(None, (judged_words(worth), _val_words(worth)))
    return tuple(sentences)


def accuracy_words(head: Head) -> str:
    """`93.4 % (89.1 to 96.1)`."""
    low, high = head.interval
    return f"{percent(head.accuracy)} ({100 * low:.1f} to {100 * high:.1f})"


def changes_words(changes: Changes) -> str:
    """`3 relabelled, 1 left out`; empty without changes."""
    words = {"relabelled": "relabelled", "left_out": "left out", "moved": "moved", "added": "added"}
    numbers = {words[name]: number for name, number in changes.model_dump().items() if number}
    return ", ".join(f"{number:,} {word}" for word, number in numbers.items())


def judged_words(worth: Worth) -> str:
    """What it means that the edits changed the judging images themselves; empty if they did not."""
    if not worth.judged.total:
        return ""
    sentence = f"The {worth.split} images themselves were edited ({changes_words(worth.judged)})."
    if worth.judged.relabelled:
        sentence += " Both heads are judged by the mended labels."
    if worth.judged.left_out or worth.judged.moved:
        sentence += f" Images that are in {worth.split} only before or only after the edits count for neither."
    if worth.judged.added:
        sentence += " Images that were added count for both."
    return sentence


def _val_words(worth: Worth) -> str:
    if worth.split != "val":
        return ""
    return "There is no test split: the same images chose the epochs, which makes both figures a little too high."
