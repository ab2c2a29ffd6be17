"""From a decoded image to a tensor. Apart from `images`, which an exported bundle without torch contains."""

from typing import TYPE_CHECKING

from PIL import Image

from tlcore.data.pixels.colour import rows_of

if TYPE_CHECKING:
    import torch


def to_tensor(image: Image.Image) -> "torch.Tensor":
    """An RGB image as uint8 of shape (3, H, W), a view of memory in the order H, W, 3."""
    import torch

    return torch.from_numpy(rows_of(image)).permute(2, 0, 1)
