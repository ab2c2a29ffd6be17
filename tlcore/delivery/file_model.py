"""What every exported model is to the code that runs it: images in, logits, probabilities and answers out.

N images, C classes.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import ImageSource, Sample
from tlcore.data.pixels.colour import rows_of
from tlcore.errors import UnreadableImage
from tlcore.evaluation.metrics import Logits
from tlcore.transforms.spec import TransformSpec

if TYPE_CHECKING:
    from torch import Tensor

Images = npt.NDArray[Any]
"""What a file takes: normalised float32 (N, 3, H, W), or uint8 RGB (N, height, width, 3) if it prepares images."""
NO_ANSWER = -1
"""In place of a class for an image whose largest probability is below the threshold."""
_BATCH = 16


@dataclass(frozen=True)
class Outputs:
    logits_NC: Logits
    probabilities_NC: npt.NDArray[np.float32]
    answers_N: npt.NDArray[np.int64]
    """The index of the class, or NO_ANSWER."""


class FileModel(Protocol):
    @property
    def transform(self) -> TransformSpec: ...

    @property
    def prepares(self) -> bool:
        """Whether the transform is a part of the file, so that it takes images of any size."""
        ...

    @property
    def precision(self) -> str:
        """`fp32` or `int8`."""
        ...

    def run(self, images: Images) -> Outputs: ...


def input_of(model: FileModel, source: ImageSource, sample_id: str) -> Images:
    """One image of a source as the file takes it, with a leading axis of 1.

    For a file without the transform, it is unpacked as the run does. For one with it, all pixels of the file are used,
    upright, as any other program would give them. Raises UnreadableImage.
    """
    if model.prepares:
        return rows_of(source.decode(sample_id).image)[None]
    return prepared(model.transform, source.load(sample_id, model.transform))


def prepared(transform: TransformSpec, image_CHW: "Tensor") -> Images:
    """A uint8 RGB image as a batch of one that the transform has prepared."""
    values: npt.NDArray[np.float32] = transform.build()(image_CHW)[None].contiguous().numpy()
    return values


def run_split(
    model: FileModel, source: ImageSource, samples: Sequence[Sample]
) -> Generator[int, None, tuple[Outputs | None, dict[str, str]]]:
    """The outputs for the readable ones of these images, in order; and by sample id why others cannot be read.

    No outputs if none can be read. Yields the number of finished images.
    """
    parts: list[Outputs] = []
    unreadable: dict[str, str] = {}
    waiting: list[Images] = []
    batch = 1 if model.prepares else _BATCH  # images of different sizes do not fit into a batch
    for done, sample in enumerate(samples, start=1):
        try:
            waiting.append(input_of(model, source, sample.id))
        except UnreadableImage as error:
            unreadable[sample.id] = str(error)
        if waiting and (len(waiting) == batch or done == len(samples)):
            parts.append(model.run(np.concatenate(waiting)))
            waiting = []
            yield done
    if not parts:
        return None, unreadable
    together = Outputs(
        np.concatenate([part.logits_NC for part in parts]),
        np.concatenate([part.probabilities_NC for part in parts]),
        np.concatenate([part.answers_N for part in parts]),
    )
    return together, unreadable
