"""Load images from the two kinds of sources: image files under a folder, and arrays in memory. `images` decodes."""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlcore.data.pixels.decoded import Decoded
from tlcore.data.pixels.digests import DIGEST_BYTES, MISSING, file_digests, path_of
from tlcore.data.pixels.formats import HEAD_BYTES, image_format
from tlcore.errors import UnreadableImage
from tlcore.words import size

if TYPE_CHECKING:
    import torch

    from tlcore.transforms.spec import TransformSpec


_ESCAPES = "leads out of the image folder by a symbolic link"
MAX_FILE_BYTES = 400_000_000
"""A larger file is not read. The limit is that of `cost.MAX_UNPACKED_BYTES`."""


class Encoded:
    """A source whose images are in an image format: `read` gives their bytes, and the rest follows."""

    def read(self, sample_id: str) -> bytes:
        """The bytes of one image. Raises UnreadableImage."""
        raise NotImplementedError

    def load(self, sample_id: str, transform: "TransformSpec | None" = None) -> "torch.Tensor":
        """One image as uint8 RGB of shape (3, H, W), unpacked as the transform says. Raises UnreadableImage."""
        from tlcore.data.pixels.tensors import to_tensor

        return to_tensor(self.decode(sample_id, transform=transform).image)

    def decode(
        self, sample_id: str, at_least_px: int | None = None, transform: "TransformSpec | None" = None
    ) -> Decoded:
        """The same as a PIL image, without torch, as in `images.decode`. Raises UnreadableImage."""
        from tlcore.data.pixels.images import decode

        return decode(self.read(sample_id), at_least_px, transform)


@dataclass(frozen=True)
class FileSource(Encoded):
    """Image files under `root`; an id is a file's path relative to it."""

    root: Path
    confined: bool = False
    """Reject files that a symbolic link places outside `root`. For ids that come from somebody else."""

    def read(self, sample_id: str) -> bytes:
        """The bytes of one file; only the first bytes if it does not begin like an image. Raises UnreadableImage."""
        path = os.path.join(self.root, sample_id)
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
                raise UnreadableImage("not a plain file")
            if status.st_size > MAX_FILE_BYTES:
                raise UnreadableImage(
                    f"too large: a file of {size(status.st_size)}, and at most {size(MAX_FILE_BYTES)} are read"
                )
            if self.confined and self._escapes(sample_id):
                raise UnreadableImage(_ESCAPES)
            with open(path, "rb") as file:
                head = file.read(HEAD_BYTES)
                return head if image_format(head) is None else head + file.read()  # read on only if it is an image
        except FileNotFoundError:
            raise UnreadableImage("file not found") from None
        except OSError as error:
            raise UnreadableImage(f"cannot be read: {error.strerror or type(error).__name__}") from None
        except ValueError:  # a NUL byte in the name
            raise UnreadableImage("not a file name") from None

    def digests(self, sample_ids: Sequence[str]) -> list[str]:
        """Content digest per file, in hex; `digests.MISSING` for one that cannot be read."""
        allowed = self._inside(sample_ids) if self.confined else list(sample_ids)
        known = dict(zip(allowed, file_digests(self.root, allowed), strict=True))
        return [known.get(name, MISSING) for name in sample_ids]

    def stamps(self, sample_ids: Sequence[str]) -> list[str]:
        """Size and times per file: cheap, and different after a file is written again. No file is read."""
        prefix = os.path.join(self.root, "")  # joined once: 60,000 files take 0.2 s; joining would be half of it
        return [_stamp(path_of(self.root, prefix, name)) for name in sample_ids]

    def file(self, sample_id: str) -> Path:
        """The path of an image. Raises UnreadableImage for one that leads out of `root`, if that is not allowed."""
        if self.confined and self._escapes(sample_id):
            raise UnreadableImage(_ESCAPES)
        return self.root / sample_id

    @property
    def place(self) -> str:
        return f"files {os.path.realpath(self.root)}"

    def _escapes(self, name: str) -> bool:
        real = os.path.realpath(os.path.join(self.root, name))
        return not Path(real).is_relative_to(os.path.realpath(self.root))

    def _inside(self, names: Sequence[str]) -> list[str]:
        """The paths that stay inside `root`. Each folder is checked once, because resolving links takes 30 µs."""
        outside = {folder for folder in {os.path.dirname(name) for name in names} if self._escapes(folder)}
        return [
            name
            for name in names
            if os.path.dirname(name) not in outside
            and not (os.path.islink(os.path.join(self.root, name)) and self._escapes(name))
        ]


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Images in memory. An id is `part/index`, like `train/00017`."""

    parts: Mapping[str, np.ndarray]
    """Name -> uint8 of shape (N, H, W), for grey images, or (N, H, W, 3). Nobody changes them."""
    _digests: dict[str, str] = field(default_factory=dict, repr=False)
    """Those computed so far: an edit needs all, and 60,000 images take most of a second."""

    def load(self, sample_id: str, transform: "TransformSpec | None" = None) -> "torch.Tensor":
        """A copy of one image as uint8 RGB of shape (3, H, W). Raises UnreadableImage for an unknown id."""
        import torch

        image = torch.from_numpy(self._array(sample_id).copy())
        return image.expand(3, -1, -1).contiguous() if image.ndim == 2 else image.permute(2, 0, 1)

    def decode(
        self, sample_id: str, at_least_px: int | None = None, transform: "TransformSpec | None" = None
    ) -> Decoded:
        """The same as a PIL image, without torch. Raises UnreadableImage."""
        from PIL import Image

        array = self._array(sample_id)
        return Decoded(Image.fromarray(array).convert("RGB"), "", False, array.nbytes)

    def stamps(self, sample_ids: Sequence[str]) -> list[str]:
        """The digests serve as stamps: images in memory are read quickly."""
        return self.digests(sample_ids)

    def file(self, sample_id: str) -> None:
        """None: the images are in no files of their own."""
        return None

    @property
    def place(self) -> str:
        return f"arrays {[(name, images.shape) for name, images in self.parts.items()]}"

    def digests(self, sample_ids: Sequence[str]) -> list[str]:
        """Digest of each image's shape and bytes, in hex; `digests.MISSING` for an unknown id."""
        known = self._digests
        for sample_id in sample_ids:
            if sample_id not in known:
                known[sample_id] = self._digest(sample_id)
        return [known[sample_id] for sample_id in sample_ids]

    def _array(self, sample_id: str) -> np.ndarray:
        part, _, index = sample_id.rpartition("/")
        images = self.parts.get(part)
        if images is None or not index.isdecimal() or int(index) >= len(images):
            raise UnreadableImage("no such image in this dataset")
        image: np.ndarray = images[int(index)]
        return image

    def _digest(self, sample_id: str) -> str:
        try:
            image = self._array(sample_id)
        except UnreadableImage:
            return MISSING
        return hashlib.blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=DIGEST_BYTES).hexdigest()


def _stamp(path: str) -> str:
    """Empty for a file that does not exist."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
