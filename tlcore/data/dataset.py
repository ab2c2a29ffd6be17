"""What a dataset is: named classes, samples in splits, and a source of their pixels. No disk access here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tlcore.errors import ConfigError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import torch

    from tlcore.data.edits.apply import AppliedEdits
    from tlcore.data.pixels.decoded import Decoded
    from tlcore.transforms.spec import TransformSpec

SPLITS = ("train", "val", "test")
_RANK = {split: index for index, split in enumerate(SPLITS)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One image with its target."""

    id: str
    """Posix path relative to the root of the source; for images in an array, a text such as `train/00017`."""
    target: int
    """Index into `Dataset.classes`."""
    split: str
    group: str = ""
    """Images with the same text belong together, such as those of one animal. Empty: the image is by itself."""


def in_order(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """The samples in the order of a `Dataset`."""
    return tuple(sorted(samples, key=lambda sample: (_RANK[sample.split], sample.target, sample.id)))


@dataclass(frozen=True, slots=True)
class Skipped:
    """One image that cannot be used, and why."""

    id: str
    reason: str


class ImageSource(Protocol):
    """Where pixels come from. Can be pickled, so that worker processes can load images."""

    def load(self, sample_id: str, transform: "TransformSpec | None" = None) -> "torch.Tensor":
        """One image as uint8 RGB of shape (3, H, W), unpacked as this transform says; without one, in full.

        Raises UnreadableImage, whose text is only the reason.
        """
        ...

    def decode(
        self, sample_id: str, at_least_px: int | None = None, transform: "TransformSpec | None" = None
    ) -> "Decoded":
        """The same image as a PIL image, without torch, as in `images.decode`. Raises UnreadableImage."""
        ...

    def digests(self, sample_ids: Sequence[str]) -> list[str]:
        """A digest of the content of each sample, in hex; a special value for a file that cannot be read."""
        ...

    def stamps(self, sample_ids: Sequence[str]) -> list[str]:
        """A text per sample that is cheap to get and changes when the sample changes. It may differ for a copy."""
        ...

    def file(self, sample_id: str) -> "Path | None":
        """The image's own file, which may be gone; None for an image in no file of its own. Raises UnreadableImage for
        a file that may not be read."""
        ...

    @property
    def place(self) -> str:
        """Identifies the place of the images. Stamps of two sources can be compared if this is equal."""
        ...


@dataclass(frozen=True)
class Dataset:
    """Samples ordered by split (train, val, test), then class, then id. The order on disk does not matter."""

    name: str
    classes: tuple[str, ...]
    samples: tuple[Sample, ...]
    source: ImageSource
    notes: tuple[str, ...] = ()
    """Sentences for the user: what was created, ignored or assumed."""
    made_splits: tuple[str, ...] = ()
    """The splits that were made here because the data lacks them. Empty: all splits come from the data."""
    made_notes: tuple[str, ...] = ()
    """Those of the notes that say how the splits were made, and how far they are from what was asked for."""
    group_columns: tuple[str, ...] = ()
    """The columns of a table that may say which images belong together, the likeliest first."""
    edits: "AppliedEdits | None" = None
    """The edits that were applied to it; None if it has none."""

    @property
    def accepted(self) -> Mapping[str, frozenset[str]]:
        """Kind of finding -> ids of the images that it is fine for, by its edits."""
        return {} if self.edits is None else self.edits.accepted

    @property
    def left_out(self) -> Mapping[str, Sample]:
        """Id of each image that its edits leave out, and the image as it would come back."""
        return {} if self.edits is None else self.edits.left_out

    @property
    def edits_version(self) -> int:
        """The number of edits that it has, undone ones included."""
        return 0 if self.edits is None else self.edits.version

    @property
    def unedited(self) -> "Dataset":
        """The dataset as its files and folders say, without edits."""
        return self if self.edits is None else self.edits.unedited

    def split(self, name: str) -> tuple[Sample, ...]:
        """The samples of one split; empty if the dataset lacks it. Raises ConfigError for an unknown name."""
        if name not in SPLITS:
            raise ConfigError(f"No split named {name!r}. {suggestion(name, SPLITS)}")
        return tuple(sample for sample in self.samples if sample.split == name)

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits that have samples, in the order train, val, test."""
        present = {sample.split for sample in self.samples}
        return tuple(name for name in SPLITS if name in present)

    @property
    def report_split(self) -> str:
        """The split whose results are reported: `test`, or `val` if there is no test split."""
        return "test" if "test" in self.split_names else "val"

    def class_counts(self, split: str) -> dict[str, int]:
        """Samples per class of one split, in class order, zeros included."""
        counts = [0] * len(self.classes)
        for sample in self.split(split):
            counts[sample.target] += 1
        return dict(zip(self.classes, counts, strict=True))

    def counts_table(self) -> "pd.DataFrame":
        """Columns `split`, `class` and `images`, zeros included: what `figures.dataset.plot_class_counts` draws."""
        import pandas as pd

        rows = [(split, *counted) for split in self.split_names for counted in self.class_counts(split).items()]
        return pd.DataFrame(rows, columns=["split", "class", "images"])

    def with_classes(self, classes: Sequence[str]) -> "Dataset":
        """The same samples with the classes in another order. If these are other classes, the dataset is unchanged."""
        if tuple(classes) == self.classes or sorted(classes) != sorted(self.classes):
            return self
        target = {name: index for index, name in enumerate(classes)}
        samples = (replace(sample, target=target[self.classes[sample.target]]) for sample in self.samples)
        return replace(self, classes=tuple(classes), samples=in_order(samples))
