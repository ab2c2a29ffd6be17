"""A predictor in two steps: images are decoded, resized and cropped one by one, and answered together.

What comes out is what `Predictor.answer` says of the same file.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, image_format
from tlcore.data.pixels.images import decode, upright_size
from tlcore.data.pixels.tensors import to_tensor
from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.refusals import Refused
from tlcore.errors import ImageTooCostly, UnreadableImage
from tlcore.evaluation.answers import Answer
from tlcore.evaluation.predict import Predictor

_MANY = 10_000
"""Images to expect of a service: an engine that saves time over so many is worth its preparation."""


class Classifier:
    """Raises ConfigError for a transform that gives images of different sizes."""

    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self._limits = limits
        self._transform = predictor.transform
        self._operations = predictor.transform.build_operations()
        self.size_px = predictor.transform.output_px()
        """Height and width that the network gets."""
        rest = predictor.transform.model_copy(update={"operations": ()})
        self._predictor = replace(predictor, transform=rest, images=_MANY)
        self._threads = torch.get_num_threads()

    def warm_up(self) -> None:
        """Choose the engine, which the first service of a run on a machine converts, on noise of the network's size."""
        torch.set_num_threads(self._threads)  # of this thread
        noise = torch.randint(0, 256, (2, 3, *self.size_px), generator=torch.Generator().manual_seed(0))
        self._predictor.answer_many(list(noise.to(torch.uint8)))

    @property
    def engine(self) -> str:
        """In words, after the first batch."""
        return self._predictor.engine

    def prepare(self, content: bytes) -> Tensor:
        """An image file as the network's pixels, uint8 (3, H, W). Raises Refused 413, 415, 422."""
        if image_format(content[:HEAD_BYTES]) is None:
            raise Refused(415, f"Not an image, or damaged in its first bytes. Read are {', '.join(FORMATS)}.")
        try:
            width, height = upright_size(content)
            if width * height > self._limits.pixels:
                raise Refused(
                    413,
                    f"Too large: {width} x {height} px, and at most {self._limits.megapixels:g} megapixels are read.",
                )
            image_CHW = to_tensor(decode(content, transform=self._transform).image)
            pixels_CHW: Tensor = self._operations(image_CHW)
        except ImageTooCostly as error:
            raise Refused(413, f"This image is not read: {error}.") from None
        except UnreadableImage as error:
            raise Refused(422, f"This image cannot be read: {error}.") from None
        return pixels_CHW

    def answer(self, images_CHW: Sequence[Tensor]) -> Sequence[Answer]:
        """The answers to images from `prepare`."""
        return self._predictor.answer_many(images_CHW)
