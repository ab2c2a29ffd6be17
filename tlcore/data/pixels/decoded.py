"""What decoding the bytes of an image gives."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # opening a dataset does without Pillow
    from PIL import Image


class Decoded(NamedTuple):
    image: "Image.Image"
    """Upright, RGB."""
    format: str
    """The format of the content, a name in `formats.FORMATS`; empty for an image that is not in a file."""
    turned: bool
    """Whether EXIF said that the pixels in the file must be rotated or mirrored."""
    bytes: int
    """Size as it was before decoding."""
